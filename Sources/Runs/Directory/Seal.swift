import Basics
import Foundation

/// Checksums of the files that the program reads back, and what these files belong to. The one place where both are written and
/// checked.
///
/// | file | its seal |
/// | --- | --- |
/// | JSON | two last keys, `belongs_to` and `sha256` (of everything before that key); in a list a last element with them |
/// | JSON lines | two last keys of a line, its number `line` and `check`: 16 digits of the SHA-256 of owner, number and line |
/// | YAML | two last lines of comment, what the file belongs to and the SHA-256 of everything before |
///
/// Files of versions without seals have none, and are read all the same. Where a folder says that it was made with seals, a file that
/// lacks one is damaged.
package enum Seal {
  /// What is wrong with a file.
  package enum Flaw: ReportableError, Equatable {
    /// Its bytes are not what was written, with the reason to think so.
    case damaged(String)
    /// It is whole, and belongs to something else.
    case foreign(owner: String)

    package var fault: Fault {
      switch self {
      case .damaged(let reason): Fault(reason)
      case .foreign(let owner): Fault("it belongs to \(owner)")
      }
    }
  }

  /// What a file says.
  package struct Opened {
    /// Without the seal.
    package var content: [UInt8]
    /// What it belongs to; `nil` where it has no seal.
    package var owner: String?

    package var isSealed: Bool { owner != nil }
  }

  static let mismatch = "its checksum does not match: it was damaged, or changed by hand"
  static let missing = "it has lost its checksum: it was damaged, or changed by hand"
  private static let digits = Array("0123456789abcdef".utf8)

  // MARK: Templates

  /// Whether the last bytes are those of a template in which `?` stands for any hexadecimal digit: `nil` where they are nothing like it,
  /// `false` where they are nearly.
  private static func matches(_ bytes: some RandomAccessCollection<UInt8>, _ template: String) -> Bool? {
    let pattern = Array(template.utf8)
    let tail = Array(bytes.suffix(pattern.count))
    guard tail.count == pattern.count else { return nil }
    let hits = zip(tail, pattern).count { byte, wanted in wanted == UInt8(ascii: "?") ? digits.contains(byte) : byte == wanted }
    return hits == pattern.count ? true : hits >= pattern.count - 8 ? false : nil
  }

  private static func quoted(_ text: String) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    return (try? encoder.encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
  }

  private static func unquoted(_ text: some Sequence<UInt8>) -> String? {
    try? JSONDecoder().decode(String.self, from: Data(text))
  }

  // MARK: JSON

  private static let ownerKey = "\"belongs_to\" : "
  private static let hashKey = "\"sha256\" : \""
  private static let hex = String(repeating: "?", count: 64)

  private struct Shape {
    /// Before the keys, where there is something before them; the keys' indentation; what closes the file.
    var opening, indentation, closing, bare: String

    static let object = Shape(opening: "", indentation: "  ", closing: "\n}\n", bare: "\n}\n")
    static let list = Shape(opening: "  {\n", indentation: "    ", closing: "\n  }\n]\n", bare: "\n]\n")

    /// The last bytes of a sealed file.
    var tail: String { "\(indentation)\(hashKey)\(hex)\"\(closing)" }
  }

  /// JSON as `JSONEncoder` prints it prettily, with a seal.
  package static func seal(json: [UInt8], owner: String) -> [UInt8] {
    let body = json.reversed().drop { $0 == 10 || $0 == 32 }.reversed() as [UInt8]
    guard let last = body.last, last == UInt8(ascii: "}") || last == UInt8(ascii: "]") else { return json }
    let shape = last == UInt8(ascii: "}") ? Shape.object : Shape.list
    let inner = body.dropLast().reversed().drop { $0 == 10 || $0 == 32 }.reversed() as [UInt8]
    let isEmpty = inner.last == UInt8(ascii: "{") && inner.count == 1 || inner.last == UInt8(ascii: "[") && inner.count == 1
    let start =
      inner + Array("\(isEmpty ? "" : ",")\n\(shape.opening)\(shape.indentation)\(ownerKey)\(quoted(owner)),\n".utf8)
    return start + Array("\(shape.indentation)\(hashKey)\(SHA256.hex(start))\"\(shape.closing)".utf8)
  }

  /// Looks at a JSON file.
  package static func open(json bytes: [UInt8]) throws(Flaw) -> Opened {
    for shape in [Shape.object, .list] {
      let tail = shape.tail
      guard let isWhole = matches(bytes, tail) else { continue }
      guard isWhole else { throw .damaged(mismatch) }
      let start = Array(bytes.dropLast(tail.utf8.count))
      let stored = bytes[(start.count + shape.indentation.utf8.count + hashKey.utf8.count)...].prefix(64)
      guard Array(SHA256.hex(start).utf8) == Array(stored) else { throw .damaged(mismatch) }
      // What is before the key is as it was written: the line of the owner ends it.
      let lines = start.dropLast().lastIndex(of: 10) ?? 0
      let key = Array((shape.indentation + ownerKey).utf8)
      let line = start[(lines + 1)...].dropLast(2)
      guard line.starts(with: key), let owner = unquoted(line.dropFirst(key.count)) else { throw .damaged(mismatch) }
      var content = Array(start[..<lines])
      if !shape.opening.isEmpty { content.removeLast(min(content.count, shape.opening.utf8.count)) }
      if content.last == UInt8(ascii: ",") { content.removeLast() }
      return Opened(content: content + Array(shape.bare.utf8), owner: owner)
    }
    return Opened(content: bytes, owner: nil)
  }

  // MARK: Text

  private static let textTail = "# sha256 of all lines above: \(hex)\n"
  private static let textOwner = "# belongs to: "

  /// YAML with a seal in two lines of comment.
  package static func seal(yaml: String, owner: String) -> [UInt8] {
    let start = Array("\(yaml.hasSuffix("\n") ? yaml : yaml + "\n")\(textOwner)\(quoted(owner))\n".utf8)
    return start + Array(textTail.replacing(hex, with: SHA256.hex(start)).utf8)
  }

  /// Looks at a YAML file.
  package static func open(yaml bytes: [UInt8]) throws(Flaw) -> Opened {
    guard let isWhole = matches(bytes, textTail) else { return Opened(content: bytes, owner: nil) }
    let start = Array(bytes.dropLast(textTail.utf8.count))
    guard isWhole, Array(SHA256.hex(start).utf8) == Array(bytes.dropLast().suffix(64)) else { throw .damaged(mismatch) }
    let lines = start.dropLast().lastIndex(of: 10).map { $0 + 1 } ?? 0
    guard start[lines...].starts(with: Array(textOwner.utf8)),
      let owner = unquoted(start[lines...].dropLast().dropFirst(textOwner.utf8.count))
    else { throw .damaged(mismatch) }
    return Opened(content: Array(start[..<lines]), owner: owner)
  }

  // MARK: Lines

  private static let lineTail = ",\"check\":\"????????????????\"}"

  private static func check(_ start: some Sequence<UInt8>, owner: String) -> String {
    String(SHA256.hex(Array(owner.utf8) + [10] + Array(start)).prefix(16))
  }

  /// A line of JSON, an object, with a seal; without a line end.
  package static func seal(line: [UInt8], number: Int, owner: String) -> [UInt8] {
    let start = line.dropLast() + Array("\(line.count > 2 ? "," : "")\"line\":\(number)".utf8)
    return start + Array(lineTail.replacing("????????????????", with: check(start, owner: owner)).utf8)
  }

  /// A line and its number; `nil` where it has no seal.
  package static func open(line bytes: some RandomAccessCollection<UInt8>, owner: String) throws(Flaw) -> (
    content: [UInt8], number: Int
  )? {
    guard let isWhole = matches(bytes, lineTail) else { return nil }
    let start = Array(bytes.dropLast(lineTail.utf8.count))
    guard isWhole, Array(check(start, owner: owner).utf8) == Array(bytes.dropLast(2).suffix(16)) else { throw .damaged(mismatch) }
    let key = Array("\"line\":".utf8)
    let tail = start.reversed().prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }.reversed() as [UInt8]
    guard let number = Int(String(decoding: tail, as: UTF8.self)), start.dropLast(tail.count).suffix(key.count).elementsEqual(key)
    else { throw .damaged(mismatch) }
    var content = Array(start.dropLast(tail.count + key.count))
    if content.last == UInt8(ascii: ",") { content.removeLast() }
    return (content + [UInt8(ascii: "}")], number)
  }

  // MARK: Owners

  /// A short text that stands for a value: the first digits of the SHA-256 of its JSON.
  package static func digest(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(SHA256.hex((try? encoder.encode(value)).map(Array.init) ?? []).prefix(12))
  }
}
