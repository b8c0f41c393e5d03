import ArchPrior
import Foundation
import Testing

/// Where a comparison keeps its runs: what an earlier one left is replaced, what others put there stays.
@Suite struct ComparisonRunsTests {
  @Test(
    arguments: [
      // As a full disk leaves it, before the first file of a run has its name.
      (["lock": "1 now here\n", ".provenance.json.tmp-12-34": "{"], true), (["lock": ""], true), ([:], true),
      (["provenance.json": #"{"configurationDigest": "a", "machine": {}}"#], true),
      (["notes.txt": "mine"], false), (["results/notes.txt": "mine"], false), (["provenance.json": #"{"mine": 1}"#], false),
      (["configuration.yaml": "mine: 1\n", "provenance.json": #"{"mine": 1}"#], false),
    ] as [([String: String], Bool)]) func halfBegunRunsAreReplaced(files: [String: String], isOurs: Bool) throws
  {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent("archprior-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: root) }
    let run = root.appendingPathComponent("t-nas")
    for folder in ["results", "checkpoints"] {
      try FileManager.default.createDirectory(at: run.appendingPathComponent(folder), withIntermediateDirectories: true)
    }
    for (name, text) in files { try Data(text.utf8).write(to: run.appendingPathComponent(name)) }
    if isOurs {
      #expect(throws: Never.self) { try ComparisonRuns.check(root.path, .usual()) }
    } else {
      let error = #expect(throws: RunError.self) { try ComparisonRuns.check(root.path, .usual()) }
      #expect(error?.message.contains("t-nas") == true, "\(error as Any)")
    }
  }
}
