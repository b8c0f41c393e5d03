import ArchPrior
import ArgumentParser
import Foundation

/// What the choice of batch norm statistics and of the number of classes costs, on the unseen classes of finished runs.
struct AdaptingCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "adapting",
    abstract: "What it costs to classify pictures one at a time, and to adapt to more or fewer classes than were trained on.",
    discussion: "Prints Markdown tables of finished runs, and writes them to OUTPUT/summary.md.")

  @Argument(help: ArgumentHelp("Folders of finished runs.", valueName: "run"))
  var runs: [String]
  @Option(help: "Tasks of each kind.")
  var tasks = 100
  @Option(help: "Support images a class.")
  var shot = 1
  @Option(help: "Query images a class.")
  var query = 10
  @Option(help: "Numbers of classes, separated by commas.")
  var ways = "3,5,10,20"
  @Flag(help: "Only the table of numbers of classes.")
  var onlyWays = false
  @Option(help: "Threads; 0 for as many as there are cores.")
  var threads = 0
  @Option(help: "The folder of summary.md.")
  var output = "Benchmarks/adapting"

  private struct Subject {
    var title: String
    var directory: RunDirectory
    var configuration: Configuration
    var data: StudyData
    var reference: Tensor

    init(_ folder: String, shot: Int, query: Int) throws {
      directory = try RunDirectory.read(folder)
      configuration = try directory.configuration.setting(forEvaluation: ["task.shot=\(shot)", "task.query=\(query)"])
      data = try StudyData(configuration)
      title = "\(configuration.name), \(directory.configuration.method.rawValue)"
      let (maker, validation) = (data.maker, data.metaValidation)
      let episodes = try (0..<4).map { try maker.episode(validation.description(at: $0)) }
      reference = concatenate(episodes.map { FewShotTask($0).queryImages }, axis: 0)
    }

    func prior(way: Int? = nil) throws -> TrainedPrior {
      var settings = configuration
      settings.task.way = way ?? settings.task.way
      return try TrainedPrior(run: directory, configuration: settings, imageShape: data.imageShape)
    }

    /// The run's unseen classes in tasks of some number of them.
    func tasks(way: Int) throws -> TaskDistribution<MetaTest> {
      let names = Set(data.metaTest.flatMap(\.datasets))
      let shape = try TaskShape(way: way, shot: configuration.task.shot, queriesPerClass: configuration.task.query)
      let pools = data.datasets.pools(MetaTest.self).filter {
        names.contains($0.dataset.name) && $0.distinguishableClasses >= way
      }
      return try TaskDistribution(
        sources: pools.map { $0.droppingClasses(withFewerImagesThan: shape.imagesPerClass) }, shape: shape,
        seed: configuration.seed)
    }
  }

  func run() throws {
    guard tasks >= 2 else { throw ValidationError("--tasks must be 2 or more") }
    let subjects = try runs.map { try Subject($0, shot: shot, query: query) }
    var lines = [
      "<!-- archprior-network-bench adapting: \(tasks) tasks, \(shot)-shot, \(query) query images a class -->", "",
      "## Whose statistics", "",
      "| run | learner | statistics | accuracy | against transductive, all at once | a task |",
      "| --- | --- | --- | --- | --- | --- |",
    ]
    func add(_ line: String) {
      lines.append(line)
      say(line)
    }
    for subject in subjects where !onlyWays { for row in try policies(subject) { add(row) } }
    lines += [
      "", "## How many classes", "",
      "Support statistics.", "", "| run | learner | " + counts.map { "\($0) ways" }.joined(separator: " | ") + " |",
      "| --- | --- |" + String(repeating: " --- |", count: counts.count),
    ]
    for subject in subjects { for row in try ways(subject) { add(row) } }
    try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
    try (lines.joined(separator: "\n") + "\n").write(toFile: output + "/summary.md", atomically: true, encoding: .utf8)
  }

  private var counts: [Int] { ways.split(separator: ",").compactMap { Int($0) } }

  private func policies(_ subject: Subject) throws -> [String] {
    let prior = try subject.prior()
    let tasks = try subject.tasks(way: subject.configuration.task.way)
    var rows: [String] = []
    for learner in prior.learners where learner.shortName != "frozen" {
      let model = learner.model
      var kinds: [(String, any AdaptableModel, BatchNormPolicy)] = [
        ("transductive, all at once", model, .transductive),
        ("transductive, one at a time", OneAtATime(base: model), .transductive),
        ("support-statistics, all at once", model, .supportStatistics),
        ("support-statistics, one at a time", OneAtATime(base: model), .supportStatistics),
      ]
      if model.hasClassOutputs {
        kinds += [
          (
            "of other classes (a running estimate)", ReferenceStatistics(base: model, reference: subject.reference),
            .supportStatistics
          ),
          ("support and the picture itself", SupportAndItself(base: model), .supportStatistics),
        ]
      }
      var first: [Double]?
      for (name, model, policy) in kinds {
        let evaluation = try evaluated(model, learner, policy, tasks, subject.data.maker)
        let accuracies = first ?? evaluation.accuracies
        first = accuracies
        let difference = name == kinds[0].0 ? "" : try percent(zip(evaluation.accuracies, accuracies).map { $0 - $1 }, "%+.2f")
        rows.append(
          "| \(subject.title) | \(learner.name) | \(name) | \(try percent(evaluation.accuracies)) | \(difference) | "
            + String(format: "%.0f ms |", 1000 * evaluation.secondsPerTask))
      }
    }
    return rows
  }

  private func ways(_ subject: Subject) throws -> [String] {
    try subject.prior().learners.filter { $0.shortName != "frozen" }.map { learner in
      var cells: [String] = []
      for way in counts {
        let prior = try subject.prior(way: way)
        let evaluation = try evaluated(
          learner.model, learner, .supportStatistics, try subject.tasks(way: way), subject.data.maker, outputs: prior.trainedWay)
        cells.append(try percent(evaluation.accuracies) + String(format: ", %.0f ms", 1000 * evaluation.secondsPerTask))
      }
      return "| \(subject.title) | \(learner.name) | " + cells.joined(separator: " | ") + " |"
    }
  }

  private func percent(_ values: [Double], _ format: String = "%.2f") throws -> String {
    let interval = try Sample(values).confidenceInterval()
    return String(format: format, 50 * (interval.lower + interval.upper))
      + String(format: " ± %.2f", 50 * (interval.upper - interval.lower))
  }

  private func evaluated(
    _ model: some AdaptableModel, _ learner: TrainedPrior.Learner, _ policy: BatchNormPolicy,
    _ tasks: TaskDistribution<MetaTest>, _ maker: EpisodeMaker, outputs: Int? = nil
  ) throws -> FewShotEvaluation {
    try FewShotLearner(model, parameters: learner.parameters, loop: learner.loop, batchNorm: policy, outputs: outputs).evaluate(
      on: tasks, maker: maker, count: self.tasks,
      threads: threads > 0 ? threads : ProcessInfo.processInfo.activeProcessorCount)
  }
}
