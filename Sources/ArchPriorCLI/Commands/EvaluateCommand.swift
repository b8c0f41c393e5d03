import ArchPrior
import ArgumentParser
import Foundation
import Messages

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure a run's accuracy on tasks of unseen classes, with 95 % confidence intervals.",
    discussion: "Writes RUN/results/evaluation.json. A data set that the run did not train on is used whole.")

  /// Which classes tasks are drawn from.
  enum Split: String, ExpressibleByArgument, CaseIterable {
    case test, validation
  }

  @Argument(help: ArgumentHelp("The folder of a run.", valueName: "run"))
  var folder: String

  @Option(help: "A data set to evaluate on; may be repeated. All of the run's meta-test data where it is left out.")
  var dataset: [String] = []

  @Option(help: "Tasks of each kind; the configuration's evaluation.tasks where it is left out.")
  var tasks: Int?

  @Option(help: "Classes to draw tasks from: test or validation.")
  var split: Split = .test

  @OptionGroup var set: SetOption
  @OptionGroup var threads: ThreadOption
  @OptionGroup var dry: DryRunOption
  @OptionGroup var json: JSONOption

  /// Tasks of one kind, and how a learner is evaluated on some of them.
  private struct Source {
    var name: String
    var evaluate: (TrainedPrior.Learner, Int, @escaping @Sendable (Int) -> Void) throws -> FewShotEvaluation
  }

  /// What an evaluation would take, from a few tasks of each kind.
  struct Plan: Codable {
    struct Row: Codable {
      var learner: String
      var tasksFrom: String
      var tasks: Int
      /// Estimated, on all threads.
      var seconds: Double
    }

    var rows: [Row]
    var threads: Int
    /// The largest resident memory of this process up to the end of the trial, in bytes.
    var peakMemory: Int?
    /// Where the result would be written.
    var output: String
  }

  struct Row: Codable {
    var learner: String
    var tasksFrom: String
    var tasks: Int
    var mean: Double
    var lower: Double
    var upper: Double
    var secondsPerTask: Double
    var batchNorm: String
    /// Task by task, for comparisons on the same tasks.
    var accuracies: [Double]
  }

  func validate() throws {
    try Bounds.check("tasks", tasks, from: 2, to: 1_000_000)
    guard dataset.isEmpty || split == .test else {
      throw ValidationError("--dataset goes with --split test only")
    }
  }

  func run() throws {
    let directory = try RunDirectory.read(folder)
    let settings = try directory.configuration.setting(forEvaluation: set.overrides)
    let data = try StudyData(settings)
    let prior = try TrainedPrior(run: directory, configuration: settings, imageShape: data.imageShape)
    let count = tasks ?? settings.evaluation.tasks
    let sources = try self.sources(prior, data)
    if dry.dryRun { return try Heartbeat.during("trying some tasks") { try printPlan(prior, sources, count) } }
    Interruption.watch()
    let rows = try sources.flatMap { try evaluate(prior, $0, count) }
    try directory.writeResult(rows, named: "evaluation")
    if json.json { return try Output.json(rows) }
    print(
      Output.table(
        ["learner", "tasks from", "tasks", "accuracy", "per task"],
        rows.map { row in
          [
            row.learner, row.tasksFrom, "\(row.tasks)", Output.percent(row.mean, (row.upper - row.lower) / 2),
            String(format: "%.3f s", row.secondsPerTask),
          ]
        }))
    print("\nbatch norm: \(settings.batchNorm.rawValue)")
  }

  private func printPlan(_ prior: TrainedPrior, _ sources: [Source], _ count: Int) throws {
    let threads = threads.resolved(prior.configuration.threads)
    var plan = Plan(rows: [], threads: threads, output: "\(folder)/results/evaluation.json")
    for source in sources {
      for learner in prior.learners {
        // The first tasks wait for memory, and for the images.
        _ = try source.evaluate(learner, 2) { _ in }
        let trial = try source.evaluate(learner, min(count, 2 * threads)) { _ in }
        plan.rows.append(
          .init(
            learner: learner.name, tasksFrom: source.name, tasks: count,
            seconds: trial.secondsPerTask * Double(count) / Double(threads)))
      }
    }
    plan.peakMemory = ProcessMemory.peak
    if json.json { return try Output.json(plan) }
    print(
      Output.table(
        ["learner", "tasks from", "tasks", "time"],
        plan.rows.map { [$0.learner, $0.tasksFrom, "\($0.tasks)", "about " + ProgressState.duration($0.seconds)] }))
    let memory = plan.peakMemory.map { String(format: ", peak memory of the trial %.0f MB", Double($0) / 1e6) } ?? ""
    let seconds = plan.rows.reduce(0) { $0 + $1.seconds }
    print(
      "\nabout \(ProgressState.duration(seconds)) on \(threads) threads\(memory); would write \(plan.output); nothing was written"
    )
  }

  private func sources(_ prior: TrainedPrior, _ data: StudyData) throws -> [Source] {
    switch split {
    case .validation: return [source(prior, "meta-validation", data.metaValidation, data.maker)]
    case .test where dataset.isEmpty: return data.metaTest.map { source(prior, $0.name, $0.tasks, data.maker) }
    case .test: return try dataset.map { try source(prior, on: $0, data) }
    }
  }

  /// On the meta-test classes of one data set: those held back of a training set, all of any other.
  private func source(_ prior: TrainedPrior, on name: String, _ data: StudyData) throws -> Source {
    var pools = data.datasets.pools(MetaTest.self).filter { $0.dataset.name == name }
    var maker = data.maker
    if pools.isEmpty {
      guard !data.datasets.members.contains(where: { $0.dataset.name == name }) else {
        throw CommandError("the run holds no classes of \(name) back for testing", help: "name another data set")
      }
      let pack = try NamedDataset.load(name, folder: prior.configuration.data.path)
      let shape = prior.imageShape
      let fitting = pack.uniform(
        height: shape[0], width: shape[1], channels: shape[2], fit: prior.configuration.data.fit)
      let whole = try SplitDatasets([.init(dataset: fitting, split: .whole(fitting, as: .metaTest))])
      pools = whole.pools(MetaTest.self)
      maker = try whole.episodeMaker()
    }
    let task = prior.configuration.task
    let large = pools.map { $0.droppingClasses(withFewerImagesThan: task.shot + task.query) }
    // With too few left, the error names what there is.
    if large.allSatisfy({ $0.distinguishableClasses >= task.way }) { pools = large }
    let tasks = try TaskDistribution<MetaTest>(
      sources: pools, shape: TaskShape(way: task.way, shot: task.shot, queriesPerClass: task.query),
      seed: prior.configuration.seed)
    return source(prior, name, tasks, maker)
  }

  private func source<S: SplitTag>(
    _ prior: TrainedPrior, _ name: String, _ tasks: TaskDistribution<S>, _ maker: EpisodeMaker
  ) -> Source {
    let threads = threads.resolved(prior.configuration.threads)
    return Source(name: name) { learner, count, progress in
      try prior.evaluate(learner, on: tasks, maker: maker, count: count, threads: threads, progress: progress)
    }
  }

  private func evaluate(_ prior: TrainedPrior, _ source: Source, _ count: Int) throws -> [Row] {
    try prior.learners.map { learner in
      let display = CountDisplay(label: "\(learner.name) on \(source.name)", total: count)
      defer { display.finish() }
      let evaluation = try source.evaluate(learner, count) { _ in
        display.step()
        guard Interruption.isRequested else { return }
        // Half an evaluation is worth nothing, and the tasks are quickly drawn again.
        display.finish()
        ErrorReport.exit(with: CommandError("stopped; nothing was written", help: "start anew with: \(Advice.again)", code: 1))
      }
      let interval = try Sample(evaluation.accuracies).confidenceInterval()
      return Row(
        learner: learner.name, tasksFrom: source.name, tasks: count, mean: evaluation.mean, lower: interval.lower,
        upper: interval.upper, secondsPerTask: evaluation.secondsPerTask,
        batchNorm: prior.configuration.batchNorm.rawValue, accuracies: evaluation.accuracies)
    }
  }
}
