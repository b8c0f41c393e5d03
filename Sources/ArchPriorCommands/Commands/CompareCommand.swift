import ArchPrior
import ArgumentParser
import Basics
import Foundation

struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Compare an adapted prior with what it has to beat, on the same tasks; write a report.",
    discussion: """
      Meta-trains the runs of a file and evaluates what they have learned on the same unseen tasks. Without a file: a T-NAS prior, the \
      network decoded from it, a random network of the same space and MAML with four convolution layers (configs/compare.yaml has \
      that text, to be changed). Writes OUTPUT/results.json and OUTPUT/report.html, and keeps what it trained as runs that adapt and \
      evaluate take: OUTPUT/runs/t-nas, random and conv-4.
      """)

  @Argument(
    help: ArgumentHelp("A YAML file of runs and contestants.", valueName: "file"), completion: .file(extensions: ["yaml", "yml"]))
  var file: String?

  @Option(help: "The folder for results and report.")
  var output: String

  @Option(help: "A folder with Omniglot's images_background.zip and images_evaluation.zip, in place of the file's data sets.")
  var data: String?

  @Option(help: "Minutes of meta-training in all; evaluation comes on top.")
  var minutes: Double?

  @Option(help: "Meta-test tasks of each kind.")
  var tasks: Int?

  @Option(help: "Determines tasks, initial weights and splits.")
  var seed: UInt64?

  @OptionGroup var threads: ThreadOption
  @OptionGroup var dry: DryRunOption
  @OptionGroup var json: JSONOption

  /// What would be trained on what, and for how long.
  struct Plan: Codable {
    var datasets: [String]
    /// Seconds of meta-training by run; runs with a number of tasks are left out.
    var trainingSeconds: [String: Double]
    /// Meta-test tasks of each kind for each contestant, which come on top.
    var testTasks: Int
    var kinds: [String]
    var threads: Int
    var output: String
  }

  func validate() throws {
    try Bounds.check("minutes", minutes, above: 0, to: 10_000)
    try Bounds.check("tasks", tasks, from: 2, to: 1_000_000)
  }

  func run() throws {
    let comparison = try settled()
    // Before the data sets, which take seconds.
    let isThere = try OutputFolder.check(output, option: "--output")
    let study = try Heartbeat.during("reading the data sets") { try StudyData(comparison.runs[0].configuration) }
    if dry.dryRun {
      if isThere { try checkOutput(comparison) }
      return try printPlan(comparison, study)
    }
    try OutputFolder.make(output, option: "--output")
    let resultsFile = try OutputFile(output + "/results.json", .comparison, option: "--output")
    let reportFile = try OutputFile(output + "/report.html", .page, option: "--output")
    let runs = try ComparisonRuns(in: output + "/runs", comparison)
    Interruption.watch()
    let display = StageDisplay()
    let wait = DiskFull.waiting(kept: DiskFull.nothing) { display.note($0) }
    defer { display.finish() }
    let work = work(comparison, study, runs, display, wait)
    let results = try Heartbeat.during("comparing") { try work.run() }
    display.finish()

    for (file, bytes) in [
      (resultsFile, Array(try results.json())), (reportFile, Array(try ComparisonReport.render(results).utf8)),
    ] {
      try DiskSpace.persist(waiting: wait) { try file.write(bytes) }
    }
    if json.json { return try Output.json(data: results.json()) }
    print(Self.table(results))
    print("\nresults: \(resultsFile.path)\nreport:  \(reportFile.path)")
    let command = ShellCommand.archprior(
      "adapt", ShellCommand.path(runs.path(of: comparison.contestants[0].run)), "--task", "FOLDER")
    print("runs:    \(runs.folder); adapt the first to pictures of your own with: \(command)")
  }

  /// The comparison, ready to run.
  private func work(
    _ configuration: ComparisonConfiguration, _ study: StudyData, _ runs: ComparisonRuns, _ display: StageDisplay,
    _ wait: @escaping @Sendable (any Error) -> Bool
  ) -> Comparison {
    let common = configuration.runs[0].configuration
    let machine = Machine.current(kernels: KernelLevel.name)
    var information = ComparisonResults.RunInformation(
      version: ArchPriorVersion.current, seed: common.seed, threads: threads.resolved(),
      way: common.task.way, shot: common.task.shot, datasets: Self.roles(study), batchNorm: common.batchNorm.rawValue,
      machine: "\(machine.processor), \(machine.operatingSystem), \(machine.kernels) kernels")
    (information.date, information.configuration) = (Date().formatted(.iso8601), configuration.text)
    var comparison = Comparison(
      configuration, data: study, threads: threads.resolved(), runs: runs, information: information)
    comparison.observer.say = { display.note($0) }
    comparison.progress = { name, progress in display.show(name, progress) }
    comparison.evaluating = { display.show($0, tasks: $1, of: $2) }
    comparison.observer.isInterrupted = { Interruption.isRequested }
    comparison.observer.waitForSpace = wait
    return comparison
  }

  // MARK: Settings

  /// The file's comparison, or the usual one, with the options' changes.
  private func settled() throws -> ComparisonConfiguration {
    var comparison = try file.map { try ComparisonConfiguration(contentsOf: $0) } ?? .usual()
    let source = try data.map(Self.omniglot)
    let scale = try minutes.map { try Self.scale(comparison, toMinutes: $0) }
    comparison.changeRuns { configuration in
      if let seed { configuration.seed = seed }
      if let tasks { configuration.evaluation.tasks = tasks }
      if let source { configuration.data = source }
      if let scale { Self.shorten(&configuration, by: scale) }
    }
    return comparison
  }

  private static func scale(_ comparison: ComparisonConfiguration, toMinutes minutes: Double) throws -> Double {
    for run in comparison.runs where run.configuration.budget.seconds == nil {
      throw CommandError(
        "--minutes is given, and the run '\(run.name)' has a number of tasks", help: "give every run budget.seconds")
    }
    return minutes * 60 / comparison.runs.reduce(0) { $0 + seconds($1.configuration) }
  }

  /// Seconds of meta-training of a run.
  private static func seconds(_ configuration: Configuration) -> Double {
    (configuration.budget.seconds ?? 0) + (configuration.learnsArchitecture ? configuration.decoded.seconds ?? 0 : 0)
  }

  private static func shorten(_ configuration: inout Configuration, by scale: Double) {
    configuration.budget.seconds = configuration.budget.seconds.map { $0 * scale }
    configuration.decoded.seconds = configuration.decoded.seconds.map { $0 * scale }
    // Watching must not take longer than training.
    let (points, tasks) = (configuration.evaluation.validationPoints, configuration.evaluation.validationTasks)
    configuration.evaluation.validationPoints = points.map { max(2, min($0, Int(Double($0) * scale))) }
    configuration.evaluation.validationTasks = max(4, min(tasks, Int(Double(tasks) * scale)))
  }

  /// Omniglot in a folder.
  private static func omniglot(_ folder: String) throws -> Configuration.Data {
    for archive in ["images_background.zip", "images_evaluation.zip"]
    where !FileManager.default.fileExists(atPath: "\(folder)/\(archive)") {
      throw CommandError(
        "\(folder) has no \(archive)",
        help: "--data wants the folder with Omniglot's images_background.zip and images_evaluation.zip")
    }
    var result = Configuration.Data()
    result.rotations = .perClass
    // A run is used from other places, too.
    result.path = URL(fileURLWithPath: folder).standardizedFileURL.path
    return result
  }

  // MARK: Output

  /// Looks whether everything can be written that would be; nothing is.
  private func checkOutput(_ comparison: ComparisonConfiguration) throws {
    _ = try OutputFile(output + "/results.json", .comparison, option: "--output")
    _ = try OutputFile(output + "/report.html", .page, option: "--output")
    try ComparisonRuns.check(output + "/runs", comparison)
  }

  private func printPlan(_ comparison: ComparisonConfiguration, _ study: StudyData) throws {
    let common = comparison.runs[0].configuration
    let times = comparison.runs.map { ($0.name, Self.seconds($0.configuration)) }.filter { $0.1 > 0 }
    let plan = Plan(
      datasets: Self.roles(study), trainingSeconds: Dictionary(uniqueKeysWithValues: times),
      testTasks: common.evaluation.tasks, kinds: study.metaTest.map(\.name), threads: threads.resolved(), output: output)
    if json.json { return try Output.json(plan) }
    print(plan.datasets.joined(separator: "\n"))
    print()
    print(
      Output.table(
        ["meta-training of", "time"],
        comparison.runs.map { run in
          let seconds = plan.trainingSeconds[run.name]
          return [run.name, seconds.map(ProgressState.duration) ?? "\(run.configuration.budget.tasks ?? 0) tasks"]
        }))
    let seconds = plan.trainingSeconds.values.reduce(0, +)
    print(
      "\n\(ProgressState.duration(seconds)) of meta-training on \(counted(plan.threads, "thread")), then \(plan.testTasks) tasks of each kind "
        + "(\(plan.kinds.joined(separator: ", "))) for every method; would write \(output)/results.json and report.html; "
        + "nothing was written")
  }

  /// The data sets, and what each served for.
  private static func roles(_ study: StudyData) -> [String] {
    let trainedOn = Set(study.metaTrain.sources.map(\.dataset.name))
    return study.datasets.members.map(\.dataset.name).map { name in
      let roles =
        (trainedOn.contains(name) ? ["meta-training"] : [])
        + study.metaTest.filter { $0.datasets.contains(name) }.map(\.name)
      return "\(name) (\(roles.isEmpty ? "too few classes, left out" : roles.joined(separator: ", ")))"
    }
  }

  static func table(_ results: ComparisonResults) -> String {
    let rows = results.methods.map { method in
      let accuracies = results.splits.map { split in
        method.evaluation(on: split.name).map { Output.percent($0.mean, $0.halfWidth) }
      }
      let costs: [String?] = [
        method.parameters.map(String.init), method.multiplyAdds.map(String.init),
        method.secondsPerAdaptation.map { String(format: "%.3f s", $0) },
        method.metaTrainingSeconds.map { String(format: "%.0f s", $0) },
      ]
      return [method.name] + (accuracies + costs).map { $0 ?? "–" }
    }
    return Output.table(
      ["method"] + results.splits.map(\.name) + ["parameters", "multiply-adds", "adapting", "meta-training"], rows)
  }
}
