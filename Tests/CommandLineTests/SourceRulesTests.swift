import Basics
import Foundation
import Testing

/// Rules that the sources keep and no compiler checks.
@Suite struct SourceRulesTests {
  /// The only ways to change files are `ByteFile`, `FileCalls`, `Journal` and what is built on them; each of these files says why it is here.
  private static let allowed = [
    "Sources/Basics/Files/ByteFile.swift", "Sources/Basics/Files/FileCalls.swift",
    "Sources/Basics/Files/TemporaryName.swift",
    // Locks are no content.
    "Sources/Runs/Directory/RunLock.swift",
    // Removes below an open folder.
    "Sources/Runs/Directory/HeldFolder.swift",
    // Renames a run aside, whole.
    "Sources/Experiments/Comparison/ComparisonRuns.swift",
    // Opens /dev/null where a standard stream is closed.
    "Sources/Runs/Progress/StandardStream.swift",
    // A cache that SQLite writes.
    "Sources/Runs/Index/IndexFile.swift", "Sources/Runs/Index/RunIndex.swift",
  ]

  @Test func filesAreWrittenInOneWay() throws {
    let patterns = [
      #"\.write\(to: *URL"#, #"\.write\(toFile"#, #"options: *\.atomic"#, #"FileHandle\(for(Writing|Updating)"#, #"createFile\("#,
      #"\bfopen\("#,
      #"OutputStream\("#, #"\.removeItem\("#, #"\.moveItem\("#, #"\.copyItem\("#, #"\.replaceItem"#,
      #"(^|[^.\w])(unlink|rename|rmdir|truncate)\("#,
      #"O_(WRONLY|RDWR|CREAT|TRUNC)"#,
    ].map { try? Regex($0) }.compactMap { $0 }
    #expect(patterns.count == 13)
    // One of these words is in every match; looking for a word is quick.
    let words = [
      "write", "atomic", "FileHandle", "createFile", "fopen", "OutputStream", "Item", "unlink", "rename", "rmdir", "truncate",
      "O_",
    ]
    let descriptors = ["Journal.swift", "TensorBoardWriter.swift", "RunDirectory+Evaluations.swift"]
    var found: [String] = []
    let root = Program.project + "/Sources"
    for name in try FileManager.default.subpathsOfDirectory(atPath: root) where name.hasSuffix(".swift") {
      guard !Self.allowed.contains("Sources/\(name)") else { continue }
      let text = try String(contentsOfFile: "\(root)/\(name)", encoding: .utf8)
      for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
        // Both go through FileCalls, whose flags these are.
        if descriptors.contains(where: name.hasSuffix), line.contains("calls.opened") { continue }
        guard words.contains(where: line.contains), !line.trimmingCharacters(in: .whitespaces).hasPrefix("//") else { continue }
        if patterns.contains(where: { line.firstMatch(of: $0) != nil }) { found.append("\(name):\(number + 1): \(line)") }
      }
    }
    #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
  }
}
