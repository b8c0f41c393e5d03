import Basics
import Foundation
import Testing

/// What people read of errors of the system's libraries.
@Suite struct FailureTextTests {
  private struct Row: Codable {
    var accuracy: Double
    var tasks: Int
    var name: String
    var isDone: Bool
    var inner: [Inner]
    struct Inner: Codable { var seeds: [Int] }
  }

  private static let good = #"{"accuracy": 0.5, "tasks": 3, "name": "x", "isDone": true, "inner": [{"seeds": [1]}]}"#

  @Test(arguments: [
    (#""tasks": 3, "#, "", "'[0].tasks' is missing"), (#""seeds": [1]"#, #""seed": 1"#, "'[0].inner[0].seeds' is missing"),
    ("0.5", "\"a\"", "'[0].accuracy' is not a number"), ("0.5", "null", "'[0].accuracy' is null instead of a number"),
    ("3", "\"3\"", "'[0].tasks' is not a whole number in range"), ("true", "1", "'[0].isDone' is not true or false"),
    (#""x""#, "7", "'[0].name' is not a text"), ("[1]", "{}", "'[0].inner[0].seeds' is not a list"),
    (#"{"seeds": [1]}"#, "[]", "'[0].inner[0]' is not an object"),
  ]) func aFieldIsNamed(part: String, instead: String, text: String) {
    let json = "[" + Self.good.replacingOccurrences(of: part, with: instead) + "]"
    #expect(Self.text { _ = try JSONDecoder().decode([Row].self, from: Data(json.utf8)) } == text)
  }

  @Test(arguments: ["", "[1", "{\"a\": }", "nonsense", "\u{0}", "[1] 2", "{\"a\" 1}"]) func whatIsNoJSONIsCalledSo(json: String)
    throws
  {
    let text = try #require(Self.text { _ = try JSONDecoder().decode([Row].self, from: Data(json.utf8)) })
    #expect(text.hasPrefix("not JSON"), "\(text)")
    Self.expectNothingInside(text)
  }

  @Test func numbersThatDoNotFitAreNamed() throws {
    for number in ["1e400", "99999999999999999999", "2.5"] {
      let json = "[" + Self.good.replacingOccurrences(of: "3", with: number) + "]"
      let text = try #require(Self.text { _ = try JSONDecoder().decode([Row].self, from: Data(json.utf8)) })
      #expect(text.contains("[0].tasks") || text.hasPrefix("not JSON"), "\(text)")
      Self.expectNothingInside(text)
    }
  }

  @Test func numbersThatJSONCannotHoldAreNamed() throws {
    let text = try #require(Self.text { _ = try JSONEncoder().encode(["a": ["b": Double.nan]]) })
    #expect(text == "'a.b' is nan, which JSON cannot hold")
  }

  /// The operating system's own words, from a call of the operating system.
  @Test func filesHaveTheSystemsReason() throws {
    let missing = "/nonexistent-\(UUID().uuidString)/x"
    let file = FileManager.default.temporaryDirectory.path + "/failure-\(UUID().uuidString)"
    try Data().write(to: URL(fileURLWithPath: file))
    defer { try? FileManager.default.removeItem(atPath: file) }
    let calls: [(String, () throws -> Void)] = [
      (String(cString: strerror(ENOENT)), { _ = try Data(contentsOf: URL(fileURLWithPath: missing)) }),
      (String(cString: strerror(ENOENT)), { try Data().write(to: URL(fileURLWithPath: missing), options: .atomic) }),
      (String(cString: strerror(ENOENT)), { _ = try FileManager.default.contentsOfDirectory(atPath: missing) }),
      (String(cString: strerror(ENOENT)), { try FileManager.default.removeItem(atPath: missing) }),
      (
        String(cString: strerror(ENOTDIR)),
        { try FileManager.default.createDirectory(atPath: file + "/x", withIntermediateDirectories: true) }
      ),
      (String(cString: strerror(ENOSPC)), { try Data("x".utf8).write(to: URL(fileURLWithPath: "/dev/full")) }),
    ]
    for (reason, call) in calls {
      let text = try #require(Self.text(of: call))
      #expect(text == reason)
    }
  }

  @Test func foundationsCodesHaveTheSystemsReason() {
    for (code, number) in [
      (CocoaError.Code.fileWriteOutOfSpace, ENOSPC), (.fileWriteVolumeReadOnly, EROFS), (.fileWriteNoPermission, EACCES),
      (.fileReadNoPermission, EACCES), (.fileWriteFileExists, EEXIST), (.fileWriteUnknown, EIO),
    ] { #expect(FailureText.of(CocoaError(code)) == String(cString: strerror(number))) }
    #expect(FailureText.of(POSIXError(.EMFILE)) == String(cString: strerror(EMFILE)))
    Self.expectNothingInside(FailureText.of(NSError(domain: NSCocoaErrorDomain, code: 9999)))
  }

  private static func text(of body: () throws -> Void) -> String? {
    do {
      try body()
      return nil
    } catch { return FailureText.of(error) }
  }

  /// Nobody outside knows these words.
  private static func expectNothingInside(_ text: String) {
    for word in ["Error", "Domain", "Optional", "CodingKey", "Context", "Swift", "debugDescription"] {
      #expect(!text.contains(word), "\(text)")
    }
  }
}
