import ArchPrior
import ArgumentParser
import Basics
import Foundation

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure a run's accuracy on tasks of unseen classes, with 95 % confidence intervals.",
    discussion: """
      Writes RUN/results/evaluation.json, or evaluation-DIGEST.json beside it where that holds an evaluation of something else \
      (other tasks, shots, ways, steps or statistics). A data set that the run did not train on is used whole; one \
      that holds pictures which the run was trained on is refused, or used without their classes.
      """)

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

  @Option(help: "Classes of a task, also others than the run was trained on; the same as --set task.way=N.")
  var ways: Int?

  @Option(help: "Support images a class; the same as --set task.shot=N.")
  var shots: Int?

  @Option(
    help: "Only this learner of the run (prior, frozen, decoded, conv-4, network); may be repeated. All where it is left out.")
  var learner: [String] = []

  @Option(help: "A file for the result as JSON, in place of one in RUN/results.")
  var output: String?

  @Flag(help: "Leave classes out whose pictures the run was trained or selected on, where --dataset has such; refused otherwise.")
  var dropShared = false

  @OptionGroup var policy: PolicyOption
  @OptionGroup var set: TrainedSetOption
  @OptionGroup var threads: ThreadOption
  @OptionGroup var dry: DryRunOption
  @OptionGroup var json: JSONOption

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

  func validate() throws {
    try Bounds.check("tasks", tasks, from: 2, to: 1_000_000)
    guard dataset.isEmpty || split == .test else {
      throw ValidationError("--dataset goes with --split test only")
    }
    guard !dropShared || !dataset.isEmpty else { throw ValidationError("--drop-shared goes with --dataset only") }
    try Bounds.check("ways", ways, from: 2, to: 1000)
    try Bounds.check("shots", shots, from: 1, to: 1000)
    _ = try overrides()
  }

  private func overrides() throws -> [String] {
    try set.with([
      ("task.way", "--ways", ways.map { "\($0)" }), ("task.shot", "--shots", shots.map { "\($0)" }),
      ("batch_norm", "--batch-norm", policy.batchNorm?.rawValue),
    ])
  }

  func run() throws {
    let directory = try RunDirectory.read(folder)
    // Before anything is read that takes time.
    let file = try OutputFile.output(output, .evaluation, of: directory)
    let settings = try directory.configuration.setting(forEvaluation: try overrides())
    let data = try StudyData(directory.configuration)
    let prior = try TrainedPrior(run: directory, configuration: settings, imageShape: data.imageShape)
    let count = tasks ?? settings.evaluation.tasks
    let learners = learner.isEmpty ? prior.learners : try learner.map { try prior.learner(named: $0) }
    try checkData(directory, data)
    let sources = try self.sources(prior, data)
    let wanted = sources.flatMap { source in
      learners.map { learner in
        RunSummary.Evaluation(
          learner: learner.name, tasksFrom: source.name, tasks: count, mean: 0, lower: 0, upper: 0,
          conditions: conditions(source, learner, prior, directory), classesLeftOut: source.classesLeftOut)
      }
    }
    let place = ResultPlace(file, in: directory, named: directory.evaluationName(for: wanted), isDryRun: dry.dryRun)
    if let note = learners.lazy.compactMap({ prior.note(on: $0) }).first { Output.note("note: \(note)") }
    for note in prior.notes(onIdle: set, learners) { Output.note("note: \(note)") }
    if dry.dryRun {
      return try Heartbeat.during("trying some tasks") { try printPlan(prior, learners, sources, count, place) }
    }
    Interruption.watch()
    let rows = try sources.flatMap { source in
      try learners.map { try evaluate(prior, $0, source, count, directory) }
    }
    // Printed first: keeping it waits where the disk is full.
    if json.json {
      try Output.json(rows)
    } else {
      print(
        Output.table(
          ["learner", "tasks from", "tasks", "accuracy", "per task"],
          rows.map { row in
            [
              row.learner, row.tasksFrom, "\(row.tasks)", Output.percent(row.mean, (row.upper - row.lower) / 2),
              String(format: "%.3f s", row.secondsPerTask ?? 0),
            ]
          }))
      let task = settings.task
      print("\ntasks: \(task.way)-way \(task.shot)-shot, \(task.query) query images a class")
      print(settings.batchNorm.line(queries: task.way * task.query))
    }
    try place.keep(rows)
    if !json.json { print("saved: \(place.path)") }
  }

  private func printPlan(
    _ prior: TrainedPrior, _ learners: [TrainedPrior.Learner], _ sources: [Source], _ count: Int, _ place: ResultPlace
  ) throws {
    let threads = threads.resolved(prior.configuration.threads)
    var plan = Plan(rows: [], threads: threads, output: place.path)
    for source in sources {
      for learner in learners {
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
      "\nabout \(ProgressState.duration(seconds)) on \(counted(threads, "thread"))\(memory); would write \(plan.output); nothing was written"
    )
  }

  private func evaluate(
    _ prior: TrainedPrior, _ learner: TrainedPrior.Learner, _ source: Source, _ count: Int, _ run: RunDirectory
  ) throws -> RunSummary.Evaluation {
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
    var row = RunSummary.Evaluation(
      learner: learner.name, tasksFrom: source.name, tasks: count, mean: evaluation.mean, lower: interval.lower,
      upper: interval.upper, conditions: conditions(source, learner, prior, run), classesLeftOut: source.classesLeftOut)
    row.accuracies = evaluation.accuracies
    row.secondsPerTask = evaluation.secondsPerTask
    return row
  }
}

extension TrainedPrior {
  /// What people should know of keys that they set and that none of the learners depends on.
  func notes(onIdle set: some KeyOverrides, _ learners: [Learner]) -> [String] {
    Configuration.learnerKeys.filter { key in set.sets(key) && !learners.contains { depends($0, on: key) } }.map {
      "--set \($0) has no effect on \(learners.map(\.name).joined(separator: ", "))"
    }
  }

  /// What people should know of how a learner meets tasks of another number of classes than it was trained on.
  func note(on learner: Learner) -> String? {
    let way = configuration.task.way
    guard way != trainedWay, learner.model.hasClassOutputs else { return nil }
    let trained = "the run was trained on tasks of \(trainedWay) classes"
    guard way > trainedWay, let groups = ClassGroups(classes: way, size: trainedWay) else {
      return way < trainedWay ? "\(trained); for \(way), the other outputs stay unused" : nil
    }
    return
      "\(trained); for \(way), it is adapted to \(groups.groups.count) groups of \(trainedWay), whose answers are put together"
  }
}
