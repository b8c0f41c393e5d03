import ArchPrior
import Datasets
import Foundation

/// All kinds of files that are read back, and the folders in which they lie.
struct RecordKinds: Sendable {
  /// Where the samples are made.
  let root: String
  let data: StudyData
  let configuration: ArchPrior.Configuration

  static let yaml = """
    name: fuzzed
    seed: 5
    threads: 1
    method: maml
    conv4: {filters: 4}
    data: {sources: [glyphs-greek], image_size: 14}
    task: {way: 3, shot: 1, query: 2}
    inner: {steps: 1, test_steps: 1}
    outer: {meta_batch: 2}
    budget: {tasks: 16}
    evaluation: {tasks: 4, validation_every: 8, validation_tasks: 2}
    checkpoint_every: 8
    """

  private var run: String { root + "/run" }
  private static let subject = "tested on greek"

  /// Makes the samples.
  init(root: String) throws {
    self.root = root
    configuration = try ArchPrior.Configuration(yaml: Self.yaml)
    data = try StudyData(configuration)
    guard !FileManager.default.fileExists(atPath: root + "/made") else { return }
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    let training = try PriorRun(configuration, in: root + "/run", threads: 1)
    _ = try training.train()
    let evaluation = RunSummary.Evaluation(learner: "conv-4", tasksFrom: "greek", tasks: 2, mean: 0.5, lower: 0.25, upper: 0.75)
    try training.run.writeResult([evaluation], named: "evaluation")
    let record = StudyResults.Record(
      .init(method: "maml", regime: .itself, training: "all", seed: 5), test: "greek", shot: 1, accuracies: [0.25, 0.5, 0.75],
      cost: .init(secondsPerTask: 0.125, parameters: 503, multiplyAdds: 1_000))
    try training.run.writeResult(record, named: "test-greek-3way1shot", about: Self.subject)
    try RecordSearches.make(in: root)
    try RecordSupernets.make(in: root)
    try RecordStudies.make(in: root)
    try FileManager.default.createDirectory(atPath: root + "/index", withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: root + "/run", toPath: root + "/index/run")
    _ = try RunIndex(root: root + "/index").runs()
    FileManager.default.createFile(atPath: root + "/made", contents: nil)
  }

  /// The kinds, with the folder of their sample below the root.
  func all() throws -> [(kind: RecordKind, sample: String)] {
    var kinds = runKinds().map { ($0, "run") }
    kinds.append((index(), "index"))
    kinds += try RecordSearches.kinds(root)
    kinds += try RecordSupernets.kinds(root)
    kinds += RecordStudies.kinds()
    return kinds
  }

  private func runKinds() -> [RecordKind] {
    let checkpoint = "checkpoints/tasks-000000000016.checkpoint"
    let (configuration, shape) = (configuration, data.imageShape)
    @Sendable func describe(_ checkpoint: Checkpoint) throws -> String {
      let stages = try PriorRun.stages(of: checkpoint, configuration, imageShape: shape)
      return "\(stages) \(checkpoint.tasksSeen) \(SHA256.hex(checkpoint.arrays.flatMap(\.bytes)))"
    }
    let whole = (try? Data(contentsOf: URL(fileURLWithPath: "\(run)/\(checkpoint)"))).map(Array.init) ?? []
    var kinds = [
      RecordKind(name: "checkpoint", file: checkpoint, leavesAllElse: true, names: ["checkpoint"]) { folder in
        .init(result: try describe(RunDirectory.read(folder).latestCheckpoint()), said: [])
      },
      RecordKind(
        name: "checkpoint, checksums put right", file: checkpoint, isChecked: false, leavesAllElse: true, names: ["checkpoint"],
        wrap: { Self.signed(header: $0, sections: whole) }, unwrap: { Self.header(of: $0).map { Array($0.header) } ?? $0 },
        use: { folder in .init(result: try describe(RunDirectory.read(folder).latestCheckpoint()), said: []) }),
    ]
    for file in [
      "configuration.yaml", "provenance.json", "log.jsonl", "results/meta-training.json", "results/evaluation.json",
      "results/timing.json", "results/test-greek-3way1shot.json", "lock",
    ] {
      kinds.append(
        RecordKind(name: "run: \(file)", file: file, isChecked: file != "lock", leavesAllElse: true) { folder in
          try Self.everything(folder)
        })
    }
    kinds.append(
      RecordKind(
        name: "run: log.jsonl, checksums put right", file: "log.jsonl", isChecked: false,
        wrap: { Self.resealedLines($0, owner: RunDirectory.identity(of: configuration, data.provenance)) },
        unwrap: { Array(String(decoding: $0, as: UTF8.self).split(separator: "\n").map(Self.bare).joined(separator: "\n").utf8) }
      ) { folder in try Self.resumed(folder) })
    kinds.append(RecordKind(name: "run: log.jsonl, resumed", file: "log.jsonl") { folder in try Self.resumed(folder) })
    kinds.append(
      RecordKind(name: "run: TensorBoard events", file: "tensorboard/events.out.tfevents.run", isChecked: false) { folder in
        let run = try RunDirectory.resume(folder)
        try run.tensorBoard().rewind(toStep: 8)
        return .init(result: "", said: [])
      })
    for (file, type) in [("results/meta-training.json", "outcome"), ("provenance.json", "provenance")] {
      kinds.append(
        RecordKind(
          name: "run: \(file), checksum put right", file: file, isChecked: false,
          wrap: { Seal.seal(json: $0, owner: RunDirectory.identity(of: configuration, data.provenance)) },
          unwrap: { (try? Seal.open(json: $0).content) ?? $0 }
        ) { folder in type == "outcome" ? try Self.everything(folder) : try Self.everything(folder) })
    }
    return kinds
  }

  /// A line without its seal.
  private static func bare(_ line: Substring) -> String {
    (line.range(of: ",\"line\":").map { String(line[..<$0.lowerBound]) + "}" }) ?? String(line)
  }

  private static func resealedLines(_ bytes: [UInt8], owner: String) -> [UInt8] {
    bytes.split(separator: 10).enumerated().flatMap { Seal.seal(line: Array($1), number: $0 + 1, owner: owner) + [10] }
  }

  /// Everything that is said of a run.
  private static func everything(_ folder: String) throws -> RecordKind.Outcome {
    var said: [String] = []
    var summary = RunSummary(folder: folder)
    if let problem = summary.problem { said.append(problem) }
    (summary.bytes, summary.path) = (0, "")
    var parts = [summary.status == .killed ? "killed" : "\(summary)"]
    func part(_ read: () throws -> Any) {
      do { parts.append("\(try read())") } catch { said.append("\(error)") }
    }
    part { try RunDirectory.read(folder).provenance() }
    part { try RunDirectory.read(folder).readResult(PriorRun.Outcome.self, named: "meta-training") }
    part { try RunDirectory.read(folder).readResult([RunSummary.Evaluation].self, named: "evaluation") }
    part { try RunDirectory.read(folder).readResult(PriorRun.Timing.self, named: "timing").sorted { $0.key < $1.key } }
    part {
      try RunDirectory.read(folder).readResult(StudyResults.Record.self, named: "test-greek-3way1shot", about: subject)
    }
    return .init(result: parts.joined(separator: "\n"), said: said)
  }

  /// What going on with a run makes of its journal.
  private static func resumed(_ folder: String) throws -> RecordKind.Outcome {
    let run = try RunDirectory.resume(folder)
    let (lines, notes) = try PriorRun.journal(of: run, upTo: 16)
    return .init(result: lines.joined(separator: "\n"), said: run.notes + notes)
  }

  private func index() -> RecordKind {
    RecordKind(name: "index.sqlite", file: "index.sqlite", isChecked: false, names: ["index"]) { folder in
      let index = try RunIndex(root: folder)
      let runs = try index.runs().map { "\($0.name) \($0.status) \($0.tasksSeen) \($0.validationAccuracy ?? -1)" }
      return .init(result: runs.joined(separator: "\n"), said: index.rebuilt.map { ["index: \($0)"] } ?? [])
    }
  }

  /// The header of a whole checkpoint, and what comes after it.
  private static func header(of bytes: [UInt8]) -> (header: ArraySlice<UInt8>, rest: ArraySlice<UInt8>)? {
    guard bytes.count > 48 else { return nil }
    let length = bytes[12..<16].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length <= bytes.count - 48 else { return nil }
    return (bytes[48..<(48 + length)], bytes[(48 + length)...])
  }

  /// A checkpoint with another header, whose checksums are right.
  private static func signed(header: [UInt8], sections whole: [UInt8]) -> [UInt8] {
    guard let rest = Self.header(of: whole)?.rest else { return whole }
    let digits = Array(SHA256.hex(header).utf8).map { $0 < 58 ? $0 - 48 : $0 - 87 }
    var result = Array(whole[..<12]) + withUnsafeBytes(of: UInt32(header.count).littleEndian, Array.init)
    result += stride(from: 0, to: 64, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    result += header + rest
    let total = withUnsafeBytes(of: UInt64(result.count).littleEndian, Array.init)
    result.replaceSubrange((result.count - 8)..., with: total)
    return result
  }
}
