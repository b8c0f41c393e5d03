import Basics
import Datasets
import Foundation
import NeuralNetworks
import Runs
import TestSupport
import Testing

/// What evaluations say they are of, where they are kept, and which are held against each other.
@Suite struct EvaluationTests {
  private static func conditions(
    shot: Int = 1, batchNorm: String = "transductive", sha256: String = "ab", tasksSeen: Int = 100
  ) -> EvaluationConditions {
    EvaluationConditions(
      tasks: .init(
        way: 5, shot: shot, queriesPerClass: 15, split: "test", datasets: [.init(name: "thai", sha256: sha256)], seed: 1),
      learner: .init(
        trainedWay: 5, steps: 5, batchNorm: batchNorm, overrides: shot == 1 ? [] : ["task.shot=\(shot)"], tasksSeen: tasksSeen,
        configurationDigest: "cd"))
  }

  private static func row(_ conditions: EvaluationConditions?, mean: Double = 0.5, tasks: Int = 4) -> RunSummary.Evaluation {
    var row = RunSummary.Evaluation(
      learner: "prior", tasksFrom: "thai", tasks: tasks, mean: mean, lower: mean - 0.1, upper: mean + 0.1,
      conditions: conditions)
    row.accuracies = [mean, mean]
    return row
  }

  private func make(_ path: String) throws -> RunDirectory {
    let configuration = Configuration()
    return try RunDirectory.create(
      at: path, configuration: configuration,
      provenance: Provenance(configuration: configuration, datasets: [], machine: .current(kernels: "test")))
  }

  @Test func noEvaluationReplacesAnother() throws {
    let folder = try TemporaryFolder()
    let run = try make(folder.file("run"))
    #expect(try run.writeEvaluation([Self.row(Self.conditions())]) == "evaluation")
    // Made again, it takes its own place, with other seconds.
    #expect(try run.writeEvaluation([Self.row(Self.conditions(), mean: 0.6)]) == "evaluation")
    let others = try [
      Self.row(Self.conditions(shot: 5)), Self.row(Self.conditions(batchNorm: "support-statistics")),
      Self.row(Self.conditions(), tasks: 9), Self.row(Self.conditions(sha256: "ef")),
    ].map { try run.writeEvaluation([$0]) }
    #expect(Set(others).count == 4 && others.allSatisfy { $0.hasPrefix("evaluation-") && $0.count == 19 })
    let summary = RunSummary(folder: run.path)
    #expect(summary.evaluations.count == 5 && summary.evaluations[0].mean == 0.6)
    #expect(Set(summary.evaluations.compactMap(\.file)) == Set(others + ["evaluation"]))
    #expect(summary.evaluations.contains { $0.conditions?.shot == 5 })
  }

  /// Names that people give folders, and what they could be confused with.
  static let hostileNames = [
    "", ".", "..", "/", "a/b", "a\\b", "../../evil", "a\nb", "a\u{0}b", "\u{202E}a", "-rf", ".hidden", "~", "a b", "a-b", "a-b-",
    "caf\u{e9}", "cafe\u{301}", "A", "a", String(repeating: "x", count: 300), String(repeating: "x", count: 301),
    String(repeating: "\u{e4}", count: 5000), "con", "\u{1F600}",
  ]

  /// Every name has a file of its own in the folder, also what looks like the file of another one.
  @Test func everyNameHasItsOwnResult() throws {
    let folder = try TemporaryFolder()
    let run = try make(folder.file("run"))
    var names = Self.hostileNames
    // The files that the names get, as names.
    for _ in 0..<2 {
      names += names.map { String(URL(fileURLWithPath: run.resultPath($0)).lastPathComponent.dropLast(5)) }.filter {
        name in !names.contains { Array($0.utf8) == Array(name.utf8) }
      }
    }
    #expect(names.count > Self.hostileNames.count + 10)
    for (number, name) in names.enumerated() { try run.writeResult([number], named: name) }
    for (number, name) in names.enumerated() {
      #expect(try run.readResult([Int].self, named: name) == [number], "\(name.prefix(40))")
      let path = run.resultPath(name)
      #expect(
        URL(fileURLWithPath: path).deletingLastPathComponent().path == URL(fileURLWithPath: run.path + "/results").path
          && path.utf8.count < run.path.utf8.count + 220)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: run.path + "/results").count == names.count)
  }

  /// A digest that begins as another's, as a folder can be called, takes nobody's place; earlier versions' names are still read.
  @Test func aResultIsNeverAnothers() throws {
    let folder = try TemporaryFolder()
    let run = try make(folder.file("run"))
    let digest = String(repeating: "0123abcd", count: 8)
    var names: [String] = []
    for number in 0..<5 {
      let name = run.resultName("adaptation-a/b", digest: digest) { (try? run.readResult([Int].self, named: $0)) == [number] }
      try run.writeResult([number], named: name)
      names.append(name)
    }
    #expect(Set(names).count == 5)
    for (number, name) in names.enumerated() {
      #expect(try run.readResult([Int].self, named: name) == [number])
      #expect(
        run.resultName("adaptation-a/b", digest: digest) { (try? run.readResult([Int].self, named: $0)) == [number] } == name)
    }
    try run.writeResult(["old"], named: PathName.component("c/d"))
    #expect(try run.readResult([String].self, named: "c/d") == ["old"])
    #expect(run.resultName("c/d", digest: digest) { _ in false } != "c/d")
  }

  /// Files of before there were conditions are read, and kept.
  @Test func oldEvaluationsStay() throws {
    let folder = try TemporaryFolder()
    let run = try make(folder.file("run"))
    struct Old: Encodable {
      var learner = "prior", tasksFrom = "thai", tasks = 4, mean = 0.5, lower = 0.4, upper = 0.6, secondsPerTask = 0.1
      var batchNorm = "transductive", accuracies = [0.5, 0.5]
    }
    try run.writeResult([Old()], named: "evaluation")
    #expect(try run.writeEvaluation([Self.row(Self.conditions())]) != "evaluation")
    let found = try run.evaluations()
    #expect(found.map(\.conditions) == [nil, Self.conditions()] && found[0].batchNorm == "transductive")
  }

  @Test func onlyLikeIsHeldAgainstLike() throws {
    let folder = try TemporaryFolder()
    let (a, b) = (try make(folder.file("a")), try make(folder.file("b")))
    try a.writeEvaluation([Self.row(Self.conditions())])
    try b.writeEvaluation([Self.row(Self.conditions(shot: 5), mean: 0.9)])
    var lines = try RunDifference(a.path, b.path).results
    #expect(lines.count == 2)
    #expect(lines[0].second == "–" && lines[1].first == "–")
    #expect(lines.allSatisfy { $0.key.contains("unlike: shots 1 and 5") }, "\(lines)")
    // The same question, asked of both.
    try b.writeEvaluation([Self.row(Self.conditions(), mean: 0.7)])
    lines = try RunDifference(a.path, b.path).results
    #expect(lines.map(\.first) == ["50.00 ± 10.00 % (95 %, 4 tasks)", "–"])
    #expect(lines[0].second == "70.00 ± 10.00 % (95 %, 4 tasks)" && !lines[0].key.contains("unlike"))
  }

  /// An evaluation after an interrupt is not held against one of the end, whatever their order.
  @Test func anOlderCheckpointIsNotTheNewest() throws {
    let folder = try TemporaryFolder()
    func made(_ name: String, _ evaluations: [(tasksSeen: Int, mean: Double)]) throws -> RunSummary {
      let run = try make(folder.file(name))
      try run.save(Checkpoint(configuration: run.configuration, tasksSeen: 440))
      for item in evaluations {
        try run.writeEvaluation([Self.row(Self.conditions(tasksSeen: item.tasksSeen), mean: item.mean)])
      }
      return RunSummary(folder: run.path)
    }
    let end = try made("end", [(440, 0.5)])
    let both = try made("both", [(112, 0.3), (440, 0.5)])
    #expect(both.evaluations.map { both.tasksSeen(before: $0) } == [112, nil])
    let lines = try RunDifference(both.path, end.path).results
    #expect(lines.map(\.first) == ["30.00 ± 10.00 % (95 %, 4 tasks)"] && lines.map(\.second) == ["–"], "\(lines)")
    #expect(lines.allSatisfy { $0.key.hasSuffix(" (after 112 tasks)") }, "\(lines)")
    // After as many tasks, they are alike.
    let better = try made("better", [(112, 0.4)])
    let older = try RunDifference(both.path, better.path).results
    #expect(older.map(\.second) == ["40.00 ± 10.00 % (95 %, 4 tasks)", "–"], "\(older)")
    #expect(older[0].key.hasSuffix(", transductive (after 112 tasks)"), "\(older)")
    let unlike = try RunDifference(end.path, better.path).results
    #expect(unlike.map(\.first) == ["50.00 ± 10.00 % (95 %, 4 tasks)", "–"], "\(unlike)")
    #expect(unlike.allSatisfy { $0.key.hasSuffix(" (unlike: the second run had seen 112 tasks)") }, "\(unlike)")
  }

  /// Inner steps belong to a method (prototypical networks have none), and so does the network: they are shown, and the accuracies compared.
  @Test func stepsOfAMethodKeepNothingApart() throws {
    let folder = try TemporaryFolder()
    let (a, b) = (try make(folder.file("a")), try make(folder.file("b")))
    var none = Self.conditions()
    none.steps = 0
    var other = Self.row(none, mean: 0.7)
    other.learner = "network"
    try a.writeEvaluation([Self.row(Self.conditions())])
    try b.writeEvaluation([other])
    let lines = try RunDifference(a.path, b.path).results
    #expect(lines.map(\.key) == ["prior and network on thai, 5-way 1-shot, 15 queries, 5 and 0 steps, transductive"])
    #expect(lines[0].first == "50.00 ± 10.00 % (95 %, 4 tasks)" && lines[0].second == "70.00 ± 10.00 % (95 %, 4 tasks)")
    // Of two, the one with as many steps is taken.
    try b.writeEvaluation([Self.row(Self.conditions(), mean: 0.5)])
    try b.writeEvaluation([Self.row(none, mean: 0.6)])
    let three = try RunDifference(a.path, b.path).results
    #expect(three.allSatisfy { !$0.key.contains("5 and 0") }, "\(three)")
  }

  /// Runs that differ are not the same, in whatever digit.
  @Test func noDifferenceIsPassedOver() throws {
    let folder = try TemporaryFolder()
    struct Outcome: Encodable {
      struct Point: Encodable {
        var tasks = 8
        var queryLoss = 1.0, queryAccuracy = 0.5, validationAccuracy = 0.25
      }
      var finished = true, batchNorm = "transductive", genotype = "normal[a]"
      var prior = [Point(), Point(tasks: 16)], decoded = [Point()]
    }
    func made(_ name: String, _ tasks: Int = 16, _ change: (inout Outcome) -> Void = { _ in }, mean: Double = 0.5) throws
      -> String
    {
      let run = try make(folder.file(name))
      var outcome = Outcome()
      change(&outcome)
      try run.writeResult(outcome, named: "meta-training")
      try run.writeEvaluation([Self.row(Self.conditions(), mean: mean)])
      try run.save(
        Checkpoint(
          configuration: run.configuration, tasksSeen: 24, counters: ["prior.tasks": tasks, "decoded.tasks": 24 - tasks]))
      return run.path
    }
    let first = try made("first")
    #expect(try RunDifference(first, made("same")).results.isEmpty)
    func keys(_ other: String) throws -> [String] { try RunDifference(first, other).results.map(\.key) }
    #expect(try keys(made("a") { $0.genotype = "normal[b]" }) == ["genotype"])
    #expect(try keys(made("b", 20)) == ["tasks of prior", "tasks of decoded"])
    #expect(try keys(made("c") { $0.prior[1].validationAccuracy += 1e-7 }) == ["meta-validation of prior"])
    #expect(try keys(made("d") { $0.decoded[0].queryAccuracy = 0.5001 }) == ["query accuracy of decoded"])
    #expect(try keys(made("e") { $0.prior[0].queryLoss = 2 }) == ["learning curve of prior"])
    let line = try RunDifference(first, made("f", mean: 0.500001)).results
    #expect(line.map(\.first) == ["50.0000 %"] && line.map(\.second) == ["50.0001 %"])
  }

  @Test func conditionsAreNamed() {
    let first = Self.conditions()
    #expect(EvaluationConditions.unlike(first, first).isEmpty)
    #expect(EvaluationConditions.unlike(first, nil) == ["one does not say what it was of"])
    #expect(
      EvaluationConditions.unlike(first, Self.conditions(batchNorm: "support-statistics"))
        == ["batch norm transductive and support-statistics"])
    #expect(EvaluationConditions.unlike(first, Self.conditions(sha256: "00")) == ["data sets of other pictures"])
    var other = first
    other.overrides = ["inner.weight_rate=0.5"]
    #expect(EvaluationConditions.unlike(first, other) == ["inner.weight_rate as trained and 0.5"])
    #expect(other.text == "5-way 1-shot, 15 queries, 5 steps, transductive, inner.weight_rate=0.5")
  }

  @Test func placesThatCannotBeWrittenAreFoundBefore() throws {
    let folder = try TemporaryFolder()
    let run = try make(folder.file("run"))
    try run.checkResultsAreWritable()
    #expect(try FileManager.default.contentsOfDirectory(atPath: run.path + "/results").isEmpty)
    try FileManager.default.removeItem(atPath: run.path + "/results")
    try folder.write("no folder", to: "run/results")
    #expect(throws: RunError.self) { try run.checkResultsAreWritable() }
  }

  @Test func whatMayBeSetIsSaid() throws {
    var run = Configuration()
    run.task.trainWay = [2, 5]
    #expect(try run.setting(forEvaluation: ["task.way=3"]).task.way == 3)
    #expect(
      try run.setting(forEvaluation: ["task.way=3", "task.shot=2", "threads=2"]).overrides(of: run) == [
        "task.way=3", "task.shot=2",
      ])
    for text in ["inner.steps=3", "seed=4", "task.train_way=[2, 3]"] {
      #expect(throws: ConfigurationError.self, "\(text)") { try run.setting(forEvaluation: [text]) }
    }
    #expect(try run.setting(forAdaptation: ["batch_norm=support-statistics"]).batchNorm == .supportStatistics)
    for (text, reason) in [
      ("task.way=3", "says how many classes there are"), ("task.shot=2", "says how many pictures there are"),
      (" task.query =2", "says how many pictures there are"), ("evaluation.tasks=7", "there is one task"),
      ("seed=4", "is settled since the run was trained"),
    ] {
      let error = #expect(throws: ConfigurationError.self, "\(text)") { try run.setting(forAdaptation: [text]) }
      #expect(error?.problem.contains(reason) == true, "\(text): \(error as Any)")
    }
  }

  @Test func numbersThatAreTooSmallAreRefusedAtOnce() throws {
    let error = #expect(throws: ConfigurationError.self) { try Configuration(yaml: "evaluation: {tasks: 1}") }
    #expect(error?.key == "evaluation.tasks" && error?.problem == "must be from 2 to 1000000, not 1")
    // Prototypes have no outputs that could be too few.
    let yaml = "task: {way: 5, train_way: [20, 20]}"
    #expect(throws: ConfigurationError.self) { try Configuration(yaml: yaml) }
    #expect(try Configuration(yaml: "method: proto-net\n" + yaml).task.trainWay == [20, 20])
  }
}
