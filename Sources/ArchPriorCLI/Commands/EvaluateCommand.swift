import ArchPrior
import ArgumentParser
import Foundation

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
  @OptionGroup var json: JSONOption

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
    guard tasks.map({ $0 >= 2 && $0 <= 1_000_000 }) ?? true else { throw ValidationError("--tasks must be 2 or more") }
    guard dataset.isEmpty || split == .test else {
      throw ValidationError("--dataset goes with --split test alone")
    }
  }

  func run() throws {
    let directory = try RunDirectory.read(folder)
    let settings = try directory.configuration.setting(forEvaluation: set.overrides)
    let data = try StudyData(settings)
    let prior = try TrainedPrior(run: directory, configuration: settings, imageShape: data.imageShape)
    Interruption.watch()
    var rows: [Row] = []
    switch split {
    case .validation: rows = try evaluate(prior, "meta-validation", data.metaValidation, data.maker)
    case .test where dataset.isEmpty:
      for test in data.metaTest { rows += try evaluate(prior, test.name, test.tasks, data.maker) }
    case .test:
      for name in dataset { rows += try evaluate(prior, on: name, data) }
    }
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

  /// On the meta-test classes of one data set: those held back of a training set, all of any other.
  private func evaluate(_ prior: TrainedPrior, on name: String, _ data: StudyData) throws -> [Row] {
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
    return try evaluate(prior, name, tasks, maker)
  }

  private func evaluate<S: SplitTag>(
    _ prior: TrainedPrior, _ from: String, _ tasks: TaskDistribution<S>, _ maker: EpisodeMaker
  ) throws -> [Row] {
    let count = self.tasks ?? prior.configuration.evaluation.tasks
    return try prior.learners.map { learner in
      let display = CountDisplay(label: "\(learner.name) on \(from)", total: count)
      defer { display.finish() }
      let evaluation = try prior.evaluate(
        learner, on: tasks, maker: maker, count: count, threads: threads.resolved(prior.configuration.threads)
      ) { _ in
        display.step()
        guard Interruption.isRequested else { return }
        // Half an evaluation is worth nothing, and the tasks are quickly drawn again.
        display.finish()
        ErrorReport.exit(with: CommandError("stopped; nothing was written", help: "call it again to start anew", code: 1))
      }
      let interval = try Sample(evaluation.accuracies).confidenceInterval()
      return Row(
        learner: learner.name, tasksFrom: from, tasks: count, mean: evaluation.mean, lower: interval.lower,
        upper: interval.upper, secondsPerTask: evaluation.secondsPerTask,
        batchNorm: prior.configuration.batchNorm.rawValue, accuracies: evaluation.accuracies)
    }
  }
}
