import ArchPrior
import ArgumentParser
import Basics
import Foundation

struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Compare an adapted prior with what it has to beat, on the same tasks; write a report.",
    discussion: """
      Meta-trains a T-NAS prior, the network decoded from it, a random network of the same space and MAML with four \
      convolution layers, then evaluates all on the same unseen tasks. Writes OUTPUT/results.json and OUTPUT/report.html, and keeps \
      what it trained as runs that adapt and evaluate take: OUTPUT/runs/t-nas, random and conv-4.
      """)

  @Option(help: "The folder for results and report.")
  var output: String

  @Option(help: "A folder with Omniglot's images_background.zip and images_evaluation.zip; without it, the bundled glyphs.")
  var data: String?

  @Option(help: "Minutes of meta-training in all; evaluation comes on top.")
  var minutes: Double?

  @Option(help: "Meta-test tasks of each kind.")
  var tasks: Int?

  @Option(help: "Determines tasks, initial weights and splits.")
  var seed: UInt64 = 1

  @OptionGroup var threads: ThreadOption
  @OptionGroup var dry: DryRunOption
  @OptionGroup var json: JSONOption

  /// What would be trained on what, and for how long.
  struct Plan: Codable {
    var datasets: [String]
    /// Seconds of meta-training by method.
    var trainingSeconds: [String: Double]
    /// Meta-test tasks of each kind for each method, which come on top.
    var testTasks: Int
    var kinds: [String]
    var threads: Int
    var output: String
  }

  /// Scripts that meta-training never sees.
  static let heldOut = ["glyphs-arabic", "glyphs-hebrew", "glyphs-telugu", "glyphs-thai"]

  func validate() throws {
    try Bounds.check("minutes", minutes, above: 0, to: 10_000)
    try Bounds.check("tasks", tasks, from: 2, to: 1_000_000)
  }

  func run() throws {
    let settings = self.settings
    // Before the data sets, which take seconds.
    let isThere = try OutputFolder.check(output, option: "--output")
    let (study, settled) = try Heartbeat.during("reading the data sets") { try studyData(settings) }
    if dry.dryRun {
      if isThere {
        _ = try files()
        if settled != nil { try ComparisonRuns.check(output + "/runs") }
      }
      return try printPlan(settings, study)
    }
    try OutputFolder.make(output, option: "--output")
    let files = try files()
    let information = try information(settings, study)
    Interruption.watch()
    var comparison = Comparison(settings: settings, data: study, threads: threads.resolved(), information: information)
    if let settled {
      comparison.runs = try ComparisonRuns(in: output + "/runs", configuration: settled, data: study)
    }
    let display = StageDisplay()
    comparison.say = { display.note($0) }
    comparison.progress = { name, progress in display.show(name, progress) }
    comparison.evaluating = { display.show($0, tasks: $1, of: $2) }
    comparison.isInterrupted = { Interruption.isRequested }
    let wait = DiskFull.waiting(kept: DiskFull.nothing) { display.note($0) }
    comparison.waitForSpace = wait
    defer { display.finish() }
    let results = try Heartbeat.during("comparing") { try comparison.run() }
    display.finish()

    for (file, bytes) in [
      (files.results, Array(try results.json())), (files.report, Array(try ComparisonReport.render(results).utf8)),
    ] {
      try DiskSpace.persist(waiting: wait) { try file.write(bytes) }
    }
    if json.json { return try Output.json(data: results.json()) }
    print(Self.table(results))
    print("\nresults: \(files.results.path)\nreport:  \(files.report.path)")
    if let runs = comparison.runs {
      let command = ShellCommand.archprior("adapt", ShellCommand.path(runs.path(of: .tNAS)), "--task", "FOLDER")
      print("runs:    \(runs.folder); adapt the prior to pictures of your own with: \(command)")
    }
  }

  /// The settings that the options stand for.
  private var settings: ComparisonSettings {
    var settings = ComparisonSettings()
    settings.seed = seed
    if let tasks { settings.testTasks = tasks }
    if let minutes {
      let scale = minutes * 60 / (2 * settings.priorSeconds + 2 * settings.decodedSeconds)
      settings.priorSeconds *= scale
      settings.decodedSeconds *= scale
      // Watching must not take longer than training.
      settings.curvePoints = max(2, min(settings.curvePoints, Int(Double(settings.curvePoints) * scale)))
      settings.validationTasks = max(4, min(settings.validationTasks, Int(Double(settings.validationTasks) * scale)))
    }
    return settings
  }

  /// The files that are written, checked; the folder is there.
  private func files() throws -> (results: OutputFile, report: OutputFile) {
    (
      try OutputFile(output + "/results.json", .comparison, option: "--output"),
      try OutputFile(output + "/report.html", .page, option: "--output")
    )
  }

  /// What the results say of how they came about.
  private func information(
    _ settings: ComparisonSettings, _ study: StudyData
  ) throws -> ComparisonResults.RunInformation {
    let machine = Machine.current(kernels: KernelLevel.name)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    return ComparisonResults.RunInformation(
      version: ArchPriorVersion.current, date: Date().formatted(.iso8601), seed: seed, threads: threads.resolved(),
      way: settings.way, shot: settings.shot, datasets: Self.roles(study),
      batchNorm: settings.batchNorm.rawValue,
      machine: "\(machine.processor), \(machine.operatingSystem), \(machine.kernels) kernels",
      configuration: String(decoding: try encoder.encode(settings), as: UTF8.self))
  }

  private func printPlan(_ settings: ComparisonSettings, _ study: StudyData) throws {
    // Prior and MAML get as much time each, and so do the decoded and the random network.
    let plan = Plan(
      datasets: Self.roles(study),
      trainingSeconds: [
        "T-NAS prior": settings.priorSeconds, "MAML, four convolutions": settings.priorSeconds,
        "decoded network": settings.decodedSeconds, "random network": settings.decodedSeconds,
      ],
      testTasks: settings.testTasks, kinds: study.metaTest.map(\.name), threads: threads.resolved(), output: output)
    if json.json { return try Output.json(plan) }
    print(plan.datasets.joined(separator: "\n"))
    print()
    print(
      Output.table(
        ["meta-training of", "time"],
        plan.trainingSeconds.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map {
          [$0.key, ProgressState.duration($0.value)]
        }))
    let seconds = plan.trainingSeconds.values.reduce(0, +)
    print(
      "\n\(ProgressState.duration(seconds)) of meta-training on \(counted(plan.threads, "thread")), then \(plan.testTasks) tasks of each kind "
        + "(\(plan.kinds.joined(separator: ", "))) for every method; would write \(output)/results.json and report.html; "
        + "nothing was written")
  }

  /// The data, and the configuration of a run on it; `nil` where the settings are none of a run.
  private func studyData(_ settings: ComparisonSettings) throws -> (data: StudyData, configuration: Configuration?) {
    let configuration = settings.configuration(data: try source())
    // What the comparison and its runs hold back must be the same classes, so one rule makes both.
    var plain = configuration ?? Configuration()
    if configuration == nil {
      plain.data = try source()
      plain.seed = settings.seed
      (plain.task.way, plain.task.shot, plain.task.query) = (settings.way, settings.shot, settings.queriesPerClass)
    }
    return (try StudyData(plain), configuration)
  }

  /// Where tasks come from.
  private func source() throws -> Configuration.Data {
    var result = Configuration.Data()
    result.rotations = .perClass
    if let data {
      for archive in ["images_background.zip", "images_evaluation.zip"]
      where !FileManager.default.fileExists(atPath: "\(data)/\(archive)") {
        throw CommandError(
          "\(data) has no \(archive)",
          help: "--data wants the folder with Omniglot's images_background.zip and images_evaluation.zip")
      }
      // A run is used from other places, too.
      result.path = URL(fileURLWithPath: data).standardizedFileURL.path
      return result
    }
    let names = DatasetCatalog().list().map(\.name).filter { $0.hasPrefix("glyphs-") }
    result.sources = names.filter { !Self.heldOut.contains($0) }
    result.holdoutSources = names.filter(Self.heldOut.contains)
    (result.trainFraction, result.validationFraction) = (0.6, 0.15)
    guard !result.sources.isEmpty else {
      throw CommandError(
        "no bundled data sets found", help: "run from the project's folder, set ARCHPRIOR_DATASETS, or give --data", code: 1)
    }
    return result
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
