import ArchPrior
import Foundation
import Testing

/// The commands one after the other, as a user gives them, on a run that is far too small to learn anything.
@Suite struct WorkflowTests {
  static let configuration = """
    name: tiny
    seed: 5
    space: {channels: 2, nodes: 1, stem: pooled-twice}
    data: {sources: [glyphs-greek], holdout_sources: [glyphs-thai]}
    task: {way: 3, shot: 1, query: 2}
    inner: {steps: 1, test_steps: 1}
    outer: {meta_batch: 2}
    budget: {tasks: 24}
    decoded: {tasks: 8, steps: 1, test_steps: 1, meta_batch: 2}
    evaluation: {tasks: 4, validation_every: 8, validation_tasks: 2}
    checkpoint_every: 4
    """

  static func checkpoint(_ run: String) throws -> Data {
    let path = try #require(try RunDirectory.read(run).checkpoints().last)
    return try Data(contentsOf: URL(fileURLWithPath: path))
  }

  @Test func trainEvaluateAdapt() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.configuration, to: "tiny.yaml")
    let run = folder.file("run")
    let trained = try Program.run(["meta-train", folder.file("tiny.yaml"), "--output", run, "--json"])
    try #require(trained.code == 0, "\(trained.error)")
    struct Outcome: Decodable {
      var finished: Bool
      var genotype: String
    }
    let outcome = try JSONDecoder().decode(Outcome.self, from: Data(trained.output.utf8))
    #expect(outcome.finished)
    #expect(trained.error.contains("memory: about "))
    #expect(try Genotype(parsing: outcome.genotype).text == outcome.genotype)

    let refused = try Program.run(["meta-train", folder.file("tiny.yaml"), "--output", run])
    #expect(refused.code == 2 && refused.error.contains("holds a run already") && refused.error.contains("--resume"))

    let evaluated = try Program.run(["evaluate", run, "--json", "--dataset", "glyphs-thai", "--dataset", "glyphs-hebrew"])
    try #require(evaluated.code == 0, "\(evaluated.error)")
    struct Row: Decodable {
      var learner: String
      var tasksFrom: String
      var tasks: Int
      var mean: Double
      var lower: Double
      var upper: Double
    }
    let rows = try JSONDecoder().decode([Row].self, from: Data(evaluated.output.utf8))
    #expect(Set(rows.map(\.learner)) == ["prior", "prior, θ frozen", "decoded"])
    #expect(Set(rows.map(\.tasksFrom)) == ["glyphs-thai", "glyphs-hebrew"])
    #expect(rows.allSatisfy { $0.tasks == 4 && $0.lower <= $0.mean && $0.mean <= $0.upper && (0...1).contains($0.mean) })

    try Self.writeTask(folder.file("task"), classes: 3)
    try Self.dryRunsWriteNothing(run, folder)
    let adapted = try Program.run(["adapt", run, "--task", folder.file("task"), "--output", folder.file("result.json")])
    try #require(adapted.code == 0, "\(adapted.error)")
    #expect(adapted.output.contains("accuracy: ") && adapted.output.contains("genotype: normal["))
    struct Adapted: Decodable {
      struct Prediction: Decodable { var predicted: String }
      var classes: [String]
      var predictions: [Prediction]
    }
    let result = try JSONDecoder().decode(
      Adapted.self, from: Data(contentsOf: URL(fileURLWithPath: folder.file("result.json"))))
    #expect(result.classes == ["a", "b", "c"] && result.predictions.count == 6)
    #expect(result.predictions.allSatisfy { result.classes.contains($0.predicted) })
    // Of runs that have ended, only checkpoints go.
    let pruned = try Program.run(["runs", "prune", "--root", folder.path])
    #expect(pruned.output.contains("\nolder checkpoints of 1 run, "), "\(pruned)")
    #expect(pruned.output.hasSuffix(" MB, would be removed; --yes removes them\n"), "\(pruned)")
  }

  /// Dry runs say what would be done, and leave every file as it was.
  private static func dryRunsWriteNothing(_ run: String, _ folder: borrowing TemporaryFolder) throws {
    func files() throws -> [String: Data] {
      let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
      return Dictionary(uniqueKeysWithValues: names.map { ($0, FileManager.default.contents(atPath: folder.file($0)) ?? Data()) })
    }
    let before = try files()
    let commands: [([String], [String])] = [
      (["evaluate", run, "--dataset", "glyphs-thai"], ["glyphs-thai", "decoded", "would write \(run)/results/evaluation-"]),
      (
        ["adapt", run, "--task", folder.file("task")],
        ["6 images to classify, 6 of them with a label", "results/adaptation-task.json"]
      ),
      (
        ["compare", "--output", folder.file("comparison"), "--minutes", "1"],
        ["t-nas ", "1:00 of meta-training", "would write \(folder.file("comparison"))/results.json"]
      ),
    ]
    for (command, said) in commands {
      let plan = try Program.run(command + ["--dry-run"])
      #expect(plan.code == 0 && plan.output.contains("nothing was written"), "\(command): \(plan.error)")
      for text in said { #expect(plan.output.contains(text), "\(command): \(plan.output)") }
      let json = try Program.run(command + ["--dry-run", "--json"])
      #expect(json.code == 0)
      _ = try JSONSerialization.jsonObject(with: Data(json.output.utf8))
    }
    #expect(try files() == before)
  }

  @Test func aStoppedOrKilledRunEndsInTheSameBytes() throws {
    let folder = try TemporaryFolder()
    // Long enough to be stopped on the way.
    let configuration = Self.configuration.replacingOccurrences(of: "budget: {tasks: 24}", with: "budget: {tasks: 400}")
      .replacingOccurrences(of: "checkpoint_every: 4", with: "checkpoint_every: 40")
      .replacingOccurrences(of: "validation_every: 8", with: "validation_every: 100")
    try folder.write(configuration, to: "tiny.yaml")
    let train = ["meta-train", folder.file("tiny.yaml"), "--output"]
    let whole = folder.file("whole")
    #expect(try Program.run(train + [whole, "--threads", "2"]).code == 0)
    for (name, signal) in [("stopped", SIGINT), ("killed", SIGKILL)] {
      let run = folder.file(name)
      let first = try Program.run(train + [run, "--threads", "1"], signal: signal) {
        ((try? RunDirectory.read(run).checkpoints()) ?? []).count > 0
      }
      #expect(first.code != 0)
      if signal == SIGINT {
        #expect(first.code == 1)
        #expect(first.error.contains("help: go on with: archprior meta-train --resume --output \(run)\n"))
      }
      let second = try Program.run(train + [run, "--resume"])
      #expect(second.code == 0, "\(second.error)")
      #expect(try Self.checkpoint(run) == Self.checkpoint(whole), "\(name)")
      let outcome = try RunDirectory.read(run).readResult(PriorRun.Outcome.self, named: "meta-training")
      #expect(outcome.prior.last?.tasks == 400 && outcome.decoded.last?.tasks == 8)
      #expect(outcome.prior.map(\.tasks) == outcome.prior.map(\.tasks).sorted() && outcome.prior.count >= 10)
    }
    // Another inner loop is another training.
    try folder.write(configuration.replacingOccurrences(of: "inner: {steps: 1", with: "inner: {steps: 2"), to: "tiny.yaml")
    let other = try Program.run(train + [whole, "--resume"])
    #expect(other.code == 1 && other.error.contains("inner.steps: 2 here, 1 there"), "\(other.error)")
  }

  @Test func aStoppedEvaluationWritesNothing() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.configuration, to: "tiny.yaml")
    let run = folder.file("run")
    #expect(try Program.run(["meta-train", folder.file("tiny.yaml"), "--output", run]).code == 0)
    let start = Date()
    let stopped = try Program.run(["evaluate", run, "--tasks", "1000000", "--threads", "2"], signal: SIGINT) {
      Date().timeIntervalSince(start) > 2.5
    }
    #expect(stopped.code == 1 && stopped.output.isEmpty)
    #expect(
      stopped.error.hasSuffix(
        "error: stopped; nothing was written\nhelp: start anew with: archprior evaluate \(run) --tasks 1000000 --threads 2\n"),
      "\(stopped.error)")
    #expect(stopped.error.components(separatedBy: "error: ").count == 2)
    #expect(!FileManager.default.fileExists(atPath: run + "/results/evaluation.json"))
    // An adaptation has nothing to save: the signal ends it, not without a word.
    try Self.writeTask(folder.file("task"), classes: 3)
    let again = Date()
    let adapting = ["adapt", run, "--task", folder.file("task"), "--set", "inner.test_steps=10000", "--json"]
    // Who runs the tests may have had SIGINT ignored, which is then left so.
    let adapted = try Program.run(adapting, signal: SIGTERM) { Date().timeIntervalSince(again) > 0.5 }
    #expect(adapted.code == SIGTERM && adapted.output.isEmpty && adapted.error.hasSuffix("error: interrupted\n"), "\(adapted)")
  }

  @Test func doctorFindsThisMachineFit() throws {
    let outcome = try Program.run(["doctor"])
    #expect(outcome.code == 0, "\(outcome.output)")
    #expect(outcome.output.split(separator: "\n").allSatisfy { $0.hasPrefix("ok ") })
  }

  @Test func dataSetsAreListed() throws {
    let outcome = try Program.run(["datasets", "list", "--json"])
    struct Row: Decodable {
      var name: String
      var classes: Int
      var images: Int
    }
    let rows = try JSONDecoder().decode([Row].self, from: Data(outcome.output.utf8))
    let thai = try #require(rows.first { $0.name == "glyphs-thai" })
    #expect(thai.images == 20 * thai.classes && thai.classes >= 20)
  }

  /// A task of Greek letters: one support and two query images a class.
  static func writeTask(_ path: String, classes: Int) throws {
    let pack = try DatasetPack.read(Program.project + "/datasets/glyphs/greek.archpack").dataset
    for index in 0..<classes {
      let name = String(UnicodeScalar(UInt8(97 + index)))
      for (part, images) in [("support", 0..<1), ("query", 1..<3)] {
        let folder = "\(path)/\(part)/\(name)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for image in images {
          let pixels = try #require(
            PixelImage(
              height: pack.height, width: pack.width, channels: pack.channels,
              pixels: Array(pack.image(image, ofClass: index * 5))))
          try Data(try pixels.pngBytes()).write(to: URL(fileURLWithPath: "\(folder)/\(image).png"))
        }
      }
    }
  }
}
