import Basics
import Datasets
import Foundation
import Runs
import TestSupport
import Testing

/// Runs with damaged files: named, never removed, and gone on with where a checkpoint is good.
@Suite struct DamagedRunTests {
  private func make(_ path: String, seed: UInt64 = 1, digest: String = "00ff") throws {
    var configuration = Configuration()
    configuration.seed = seed
    let run = try RunDirectory.create(
      at: path, configuration: configuration,
      provenance: Provenance(
        configuration: configuration, datasets: [.init(name: "latin", sha256: digest)],
        machine: Machine.current(kernels: "baseline"), date: Date(timeIntervalSince1970: 0)))
    try run.save(Checkpoint(configuration: configuration, tasksSeen: 8))
    try run.journal().append(["tasks": 8])
    try run.writeResult(["finished": true], named: "meta-training")
  }

  private func flip(_ file: String, in folder: TemporaryFolder) throws {
    var bytes = try ByteFile.read(folder.file(file), limit: 1 << 20)
    bytes[bytes.count / 3] ^= 4
    try Data(bytes).write(to: URL(fileURLWithPath: folder.file(file)))
  }

  @Test(arguments: ["results/meta-training.json", "provenance.json", "configuration.yaml"])
  func aDamagedRunIsNamedAndNeverPruned(file: String) throws {
    let folder = try TemporaryFolder()
    try make(folder.file("run"))
    #expect(RunSummary(folder: folder.file("run")).status == .finished)
    try flip("run/\(file)", in: folder)
    let summary = RunSummary(folder: folder.file("run"))
    #expect(summary.status == .damaged && summary.problem?.contains(file) == true, "\(summary)")
    #expect(RunPruning(rule: .wholeRuns(Set(RunSummary.Status.allCases))).plan([summary]).isEmpty)
    #expect(RunPruning(rule: .olderCheckpoints).plan([summary]).isEmpty)
  }

  @Test func aDamagedJournalIsNamedInTheList() throws {
    let folder = try TemporaryFolder()
    try make(folder.file("run"))
    try flip("run/log.jsonl", in: folder)
    #expect(RunSummary(folder: folder.file("run")).problem?.hasPrefix("log.jsonl: line 1 is damaged") == true)
  }

  @Test func aDamagedConfigurationComesBackFromTheCheckpoint() throws {
    let folder = try TemporaryFolder()
    try make(folder.file("run"), seed: 7)
    let whole = try folder.read("run/configuration.yaml")
    try flip("run/configuration.yaml", in: folder)
    #expect(throws: RunError.self) { try RunDirectory.read(folder.file("run")) }
    let run = try RunDirectory.resume(folder.file("run"))
    #expect(run.configuration.seed == 7 && run.notes.count == 1 && run.notes[0].contains("configuration.yaml.damaged-1"))
    #expect(try folder.read("run/configuration.yaml") == whole)
    #expect(try run.latestCheckpoint().tasksSeen == 8)
  }

  @Test func damagedResultsArePutAside() throws {
    let folder = try TemporaryFolder()
    try make(folder.file("run"))
    try flip("run/results/meta-training.json", in: folder)
    let run = try RunDirectory.resume(folder.file("run"))
    #expect(run.notes.count == 1 && run.notes[0].contains("results/meta-training.json"))
    #expect(FileManager.default.fileExists(atPath: folder.file("run/results/meta-training.json.damaged-1")))
  }

  /// Files of a run with another seed, or with other data under the same name, are refused by name.
  @Test(arguments: [(2, "00ff"), (1, "0123")]) func filesOfOtherRunsAreRefused(seed: Int, digest: String) throws {
    let folder = try TemporaryFolder()
    try make(folder.file("a"))
    try make(folder.file("b"), seed: UInt64(seed), digest: digest)
    for file in ["results/meta-training.json", "checkpoints/tasks-000000000008.checkpoint", "provenance.json"] {
      try FileManager.default.removeItem(atPath: folder.file("a/\(file)"))
      try FileManager.default.copyItem(atPath: folder.file("b/\(file)"), toPath: folder.file("a/\(file)"))
    }
    let run = try RunDirectory.read(folder.file("a"))
    #expect { try run.readResult([String: Bool].self, named: "meta-training") } throws: {
      "\($0)".contains("belongs to something else")
    }
    #expect { try run.provenance() } throws: { "\($0)".contains("belongs to something else") }
    #expect(throws: CheckpointError.self) { try run.latestCheckpoint() }
  }

  /// Runs of before there were checksums: nothing is refused.
  @Test func runsOfBeforeAreRead() throws {
    let folder = try TemporaryFolder()
    try make(folder.file("run"))
    for file in ["configuration.yaml", "provenance.json", "results/meta-training.json", "log.jsonl"] {
      let text = try folder.read("run/\(file)")
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      let plain: String
      switch file {
      case "configuration.yaml": plain = lines.filter { !$0.hasPrefix("#") }.joined(separator: "\n")
      case "log.jsonl": plain = "{\"tasks\":8}\n"
      case "provenance.json":
        plain = lines.filter { !$0.contains("belongs_to") && !$0.hasPrefix("  \"sha256\"") }.joined(separator: "\n")
          .replacing("\"0.1.0\",", with: "\"0.1.0\"")
      default: plain = "{\n  \"finished\" : true\n}\n"
      }
      try folder.write(plain, to: "run/\(file)")
    }
    let summary = RunSummary(folder: folder.file("run"))
    #expect(summary.status == .finished && summary.isChecked == false && summary.problem == nil, "\(summary)")
    // Its checkpoint names an owner that the run of before does not know; it is taken.
    #expect(try RunDirectory.resume(folder.file("run")).latestCheckpoint().tasksSeen == 8)
  }

  /// Counters beyond what a run can have, behind checksums that are right.
  @Test(arguments: [
    ("tasksSeen", Int.max), ("counters.prior.tasks", Int.max), ("counters.prior.tasks", -1), ("tasksSeen", 1 << 52),
  ])
  func impossibleCountersAreNamed(key: String, number: Int) throws {
    var checkpoint = Checkpoint(configuration: Configuration(), tasksSeen: 4, counters: ["prior.tasks": 4])
    if key == "tasksSeen" { checkpoint.tasksSeen = number } else { checkpoint.counters["prior.tasks"] = number }
    let bytes = try checkpoint.encoded()
    #expect { try Checkpoint(decoding: bytes) } throws: { "\($0)".contains("'\(key)' is \(number)") }
  }
}
