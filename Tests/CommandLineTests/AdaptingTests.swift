import ArchPrior
import Foundation
import Testing

/// `adapt` and `evaluate` on a run that is far too small to learn anything: what they depend on, what they keep, and what they take.
@Suite struct AdaptingTests {
  private struct Adapted: Decodable {
    struct Prediction: Decodable, Equatable {
      var file: String
      var predicted: String
      var probability: Double
      var probabilities: [Double]
    }
    struct Subject: Decodable {
      var learner: String
      var steps: Int
      var batchNorm: String
      var overrides: [String]
    }
    var predictions: [Prediction]
    var batchNorm: String
    var subject: Subject
    var genotype: String?
  }

  /// A run that all tests of a suite look at.
  private static func run(in folder: borrowing TemporaryFolder, _ set: [String] = []) throws -> String {
    try folder.write(WorkflowTests.configuration, to: "tiny.yaml")
    let run = folder.file("run")
    let trained = try Program.run(["meta-train", folder.file("tiny.yaml"), "--output", run] + set.flatMap { ["--set", $0] })
    try #require(trained.code == 0, "\(trained.error)")
    return run
  }

  private static func adapted(_ arguments: [String]) throws -> Adapted {
    let outcome = try Program.run(["adapt"] + arguments + ["--json"])
    try #require(outcome.code == 0, "\(arguments): \(outcome.error)")
    return try JSONDecoder().decode(Adapted.self, from: Data(outcome.output.utf8))
  }

  /// Leaves one picture of a task's query, in a folder of its own.
  private static func only(_ file: String, of task: String, in folder: String) throws -> String {
    let manager = FileManager.default
    try? manager.removeItem(atPath: folder)
    let place = folder + "/query/" + URL(fileURLWithPath: file).deletingLastPathComponent().lastPathComponent
    try manager.createDirectory(atPath: place, withIntermediateDirectories: true)
    try manager.copyItem(atPath: task + "/support", toPath: folder + "/support")
    try manager.copyItem(atPath: file, toPath: place + "/" + URL(fileURLWithPath: file).lastPathComponent)
    return folder
  }

  @Test(arguments: ["t-nas", "maml", "proto-net"]) func onePictureIsClassifiedAsAmongAll(method: String) throws {
    let folder = try TemporaryFolder()
    let run = try Self.run(in: folder, ["method=\(method)", "conv4={filters: 4, downsampling: stride}"])
    try WorkflowTests.writeTask(folder.file("task"), classes: 3)
    let all = try Self.adapted([run, "--task", folder.file("task")])
    #expect(all.batchNorm == "support-statistics" && all.predictions.count == 6)
    #expect(
      all.predictions.allSatisfy { abs($0.probabilities.reduce(0, +) - 1) < 1e-5 && $0.probabilities.max() == $0.probability })
    for prediction in all.predictions {
      let alone = try Self.only(prediction.file, of: folder.file("task"), in: folder.file("alone"))
      let one = try Self.adapted([run, "--task", alone])
      try #require(one.predictions.count == 1)
      #expect(one.predictions[0].predicted == prediction.predicted)
      #expect(abs(one.predictions[0].probability - prediction.probability) < 1e-4)
    }
    let transductive = try Program.run(["adapt", run, "--task", folder.file("task"), "--batch-norm", "transductive"])
    // Prototypical networks take no step.
    #expect(
      transductive.output.contains(method == "proto-net" ? "learner: conv-4\n" : ", 1 inner step\n"), "\(transductive.output)")
    #expect(transductive.output.contains("batch norm: transductive, 6 query pictures see each other"), "\(transductive.error)")
    #expect(!transductive.error.contains("warning"))
    let lone = try Program.run(["adapt", run, "--task", folder.file("alone"), "--set", "batch_norm=transductive"])
    #expect(lone.code == 0 && lone.output.contains("batch norm: transductive, of one query picture alone"))
    #expect(
      lone.error.contains("warning: 1 query picture for 3 classes") && lone.error.contains("--batch-norm support-statistics"))
  }

  @Test func anyNumberOfClassesAnyLearnerAnySetting() throws {
    let folder = try TemporaryFolder()
    let run = try Self.run(in: folder)
    for (classes, note) in [(2, "the other outputs stay unused"), (3, ""), (4, "groups of 3")] {
      try WorkflowTests.writeTask(folder.file("of-\(classes)"), classes: classes)
      let outcome = try Program.run(["adapt", run, "--task", folder.file("of-\(classes)"), "--threads", "1"])
      #expect(outcome.code == 0 && outcome.output.contains("accuracy: "), "\(outcome.error)")
      #expect(note.isEmpty ? !outcome.error.contains("trained on tasks") : outcome.error.contains(note), "\(outcome.error)")
    }
    let task = ["--task", folder.file("of-3")]
    for (arguments, learner, steps) in [
      ([], "prior", 1), (["--learner", "frozen"], "prior, θ frozen", 1), (["--learner", "decoded"], "decoded", 1),
      (["--set", "inner.test_steps=3"], "prior", 3), (["--learner", "decoded", "--set", "decoded.test_steps=2"], "decoded", 2),
    ] {
      let result = try Self.adapted([run] + task + arguments)
      #expect(result.subject.learner == learner && result.subject.steps == steps && result.genotype != nil)
    }
    for (arguments, message) in [
      (["--learner", "nobody"], "there are: prior, frozen, decoded"), (["--set", "task.shot=2"], "the task's folder says"),
      (["--set", "inner.steps=2"], "is settled since the run was trained"), (["--set", "seed=3"], "is settled"),
      (["--set", "batch_norm=transductive", "--batch-norm", "transductive"], "say the same"),
      (["--batch-norm", "mine"], "'mine'"),
      (["--threads", "-1"], "--threads"),
    ] {
      let outcome = try Program.run(["adapt", run] + task + arguments)
      #expect(outcome.code == 2 && outcome.error.contains(message), "\(arguments): \(outcome.error)")
    }
    for (arguments, key, learner) in [
      (["--set", "decoded.test_steps=2"], "decoded.test_steps", "prior"),
      (["--learner", "decoded", "--set", "inner.test_steps=2"], "inner.test_steps", "decoded"),
      (["--learner", "frozen", "--set", "inner.architecture_rate=2"], "inner.architecture_rate", "prior, θ frozen"),
    ] {
      let outcome = try Program.run(["adapt", run, "--dry-run"] + task + arguments)
      #expect(outcome.code == 0 && outcome.error.contains("note: --set \(key) has no effect on \(learner)"), "\(outcome.error)")
    }
    let used = try Program.run(
      ["adapt", run, "--dry-run", "--set", "inner.test_steps=2", "--fit", "crop", "--background", "white"] + task)
    #expect(!used.error.contains("--set") && used.error.contains("note: --background has no effect"), "\(used.error)")
    struct Row: Decodable {
      var learner: String
      var conditions: EvaluationConditions
    }
    for (arguments, way, shot, policy) in [
      (["--ways", "5", "--shots", "2"], 5, 2, "transductive"), (["--ways", "2", "--split", "validation"], 2, 1, "transductive"),
      (["--set", "task.way=4", "--batch-norm", "support-statistics"], 4, 1, "support-statistics"),
    ] {
      let outcome = try Program.run(["evaluate", run, "--tasks", "2", "--learner", "decoded", "--json"] + arguments)
      try #require(outcome.code == 0, "\(arguments): \(outcome.error)")
      let rows = try JSONDecoder().decode([Row].self, from: Data(outcome.output.utf8))
      #expect(rows.allSatisfy { $0.learner == "decoded" && $0.conditions.way == way && $0.conditions.shot == shot })
      #expect(rows.allSatisfy { $0.conditions.batchNorm == policy && !$0.conditions.datasets.isEmpty })
    }
  }

  @Test func nothingIsOverwrittenAndNothingIsLost() throws {
    let folder = try TemporaryFolder()
    let run = try Self.run(in: folder)
    func results() throws -> Set<String> { Set(try FileManager.default.contentsOfDirectory(atPath: run + "/results")) }
    try WorkflowTests.writeTask(folder.file("a/t0"), classes: 3)
    try WorkflowTests.writeTask(folder.file("b/t0"), classes: 2)
    for (task, options) in [("a/t0", []), ("b/t0", []), ("a/t0", ["--learner", "decoded"]), ("a/t0", [])] {
      let outcome = try Program.run(["adapt", run, "--task", folder.file(task)] + options)
      #expect(outcome.code == 0, "\(outcome.error)")
      let saved = try #require(outcome.output.split(separator: "\n").last { $0.hasPrefix("saved: ") }?.dropFirst(7))
      #expect(FileManager.default.fileExists(atPath: String(saved)))
    }
    #expect(try results().count { $0.hasPrefix("adaptation-t0") } == 3)
    #expect(try results().contains("adaptation-t0.json"))
    for options in [[], ["--shots", "2"], ["--set", "inner.test_steps=2"], []] {
      #expect(try Program.run(["evaluate", run, "--tasks", "2", "--dataset", "glyphs-thai"] + options).code == 0)
    }
    #expect(try results().count { $0.hasPrefix("evaluation") } == 3)
    let shown = try Program.run(["runs", "show", run])
    for text in ["3-way 1-shot, 2 queries, 1 steps, transductive", "3-way 2-shot", "2 steps"] {
      #expect(shown.output.contains(text), "\(shown.output)")
    }
    for (task, learner, pictures) in [("a/t0", "prior ", 6), ("b/t0", "prior ", 4), ("a/t0", "decoded ", 6)] {
      let line = shown.output.split(separator: "\n").first {
        $0.hasPrefix("adaptation of \(learner)") && $0.contains(" \(folder.file(task)): \(pictures) pictures, ")
      }
      #expect(line?.hasSuffix(" %") == true, "\(task) \(learner): \(shown.output)")
    }

    // A run whose results cannot be written: said before the work, and the result is printed.
    try FileManager.default.removeItem(atPath: run + "/results")
    try folder.write("no folder", to: "run/results")
    for (command, printed) in [
      (["adapt", run, "--task", folder.file("a/t0")], "accuracy: "), (["evaluate", run, "--tasks", "2"], "decoded"),
      (["adapt", run, "--task", folder.file("a/t0"), "--json"], "\"predictions\""),
    ] {
      let outcome = try Program.run(command)
      #expect(outcome.code == 1 && outcome.output.contains(printed) && !outcome.output.contains("saved:"), "\(outcome.error)")
      #expect(outcome.error.contains("cannot write to results/") && outcome.error.contains("the result will be printed"))
      #expect(outcome.error.contains("error: the result was printed, and not kept"), "\(outcome.error)")
      let elsewhere = try Program.run(command + ["--output", folder.file("elsewhere-\(command[0]).json")])
      #expect(elsewhere.code == 0, "\(elsewhere.error)")
    }
  }

  @Test func oneTaskIsRefusedAtOnce() throws {
    let folder = try TemporaryFolder()
    let run = try Self.run(in: folder)
    let start = Date()
    let outcome = try Program.run(["evaluate", run, "--set", "evaluation.tasks=1"])
    #expect(outcome.code == 2 && outcome.error.contains("--set: evaluation.tasks: must be from 2"), "\(outcome.error)")
    #expect(outcome.output.isEmpty && Date().timeIntervalSince(start) < 10)
  }

  /// What a comparison leaves is a run like any other, on the same classes: evaluated again it has the comparison's own accuracies.
  @Test func aComparisonLeavesRunsThatAdaptAndEvaluate() throws {
    let folder = try TemporaryFolder()
    let output = folder.file("it's quick")
    let compared = try Program.run(["compare", "--output", output, "--minutes", "0.01", "--tasks", "3"])
    try #require(compared.code == 0, "\(compared.error)")
    let line = try #require(compared.output.split(separator: "\n").first { $0.hasPrefix("runs: ") })
    #expect(line.contains("archprior adapt ") && line.contains("--task FOLDER"))
    let results = try ComparisonResults(
      json: Data(contentsOf: URL(fileURLWithPath: output + "/results.json")), file: "results.json")
    for column in ["unseen characters", "unseen scripts", "parameters", "multiply-adds", "adapting", "meta-training"] {
      #expect(compared.output.contains(column))
    }
    #expect(results.methods.count >= 4 && results.splits.count == 2)
    #expect(results.methods.allSatisfy { method in method.evaluations.allSatisfy { $0.tasks == 3 } })
    let report = try String(contentsOfFile: output + "/report.html", encoding: .utf8)
    #expect(report.contains("</html>") && results.methods.allSatisfy { report.contains($0.name) })
    struct Row: Decodable {
      var learner: String
      var tasksFrom: String
      var accuracies: [Double]
    }
    for (name, methods) in [
      (
        "t-nas",
        ["prior": "T-NAS adapted (w and θ)", "prior, θ frozen": "T-NAS prior, θ frozen", "decoded": "decoded network, MAML"]
      ),
      ("random", ["network": "random genotype, MAML"]), ("conv-4", ["conv-4": "MAML conv-4"]),
    ] {
      let run = output + "/runs/" + name
      let evaluated = try Program.run(["evaluate", run, "--json"])
      try #require(evaluated.code == 0, "\(evaluated.error)")
      let rows = try JSONDecoder().decode([Row].self, from: Data(evaluated.output.utf8))
      #expect(Set(rows.map(\.learner)) == Set(methods.keys))
      for row in rows {
        let method = try #require(results.methods.first { $0.name == methods[row.learner] })
        #expect(method.evaluation(on: row.tasksFrom)?.accuracies == row.accuracies, "\(name) \(row.learner)")
      }
      try WorkflowTests.writeTask(folder.file("task"), classes: 4)
      #expect(try Program.run(["adapt", run, "--task", folder.file("task")]).code == 0)
      #expect(RunSummary(folder: run).status == .finished && RunSummary(folder: run).tasksSeen > 0)
    }
    // Made again, it leaves what was adapted since; once the first run has its successor, the rest need not be waited for.
    let kept = output + "/runs/t-nas-before-1/results/adaptation-task.json"
    let again = try Program.run(["compare", "--output", output, "--minutes", "0.01", "--tasks", "3"], signal: SIGTERM) {
      FileManager.default.fileExists(atPath: kept)
    }
    #expect(again.code != 0 && FileManager.default.fileExists(atPath: kept), "\(again.error)")
  }
}
