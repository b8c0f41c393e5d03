import ArchPrior
import ArgumentParser
import Basics
import Foundation

struct StudyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "study",
    abstract: "Run a grid of meta-trainings over many data sets, and report what transfers.",
    discussion: """
      Trains every method on every choice of data sets and seed that STUDY.yaml asks for, and tests all on the same tasks of every \
      data set, made of classes that no run was trained on. Writes results.json, results.csv, tasks.csv and report.html. Stopped or \
      killed, it goes on where it was when it is called again.
      """)

  @Argument(help: ArgumentHelp("A YAML file; see configs/study-quick.yaml.", valueName: "study"))
  var config: String

  @Option(help: "The study's folder; runs/NAME with the study's name where it is left out.")
  var output: String?

  @Flag(help: "Check everything, and print the grid with an estimate of the time; keep nothing.")
  var dryRun = false

  @Option(help: "Runs at a time, each on one thread; 0 for as many as there are cores. No result depends on it.")
  var jobs = 0

  @OptionGroup var json: JSONOption

  func validate() throws {
    try Bounds.check("jobs", jobs, from: 0, to: 1024)
  }

  func run() throws {
    let study = try StudyConfiguration(contentsOf: config)
    let jobs = jobs > 0 ? jobs : max(1, ProcessInfo.processInfo.activeProcessorCount)
    for method in study.methods {
      for line in method.configuration.warnings(imageShape: [study.imageSize, study.imageSize, study.channels ?? 1]) {
        Output.note("warning: method \(method.name): \(line)")
      }
    }
    let folder = output ?? "runs/\(PathName.component(study.name))"
    if dryRun {
      if try OutputFolder.check(folder, option: "--output") { try StudyDirectory.check(folder, study: study) }
      return try printPlan(study, jobs)
    }
    var run = try StudyRun(study, in: folder, jobs: jobs)
    if let process = run.directory.abandonedBy {
      Output.note("note: \(process) was killed while it worked on \(folder); going on where it was")
    }
    for note in run.directory.notes { Output.note("note: \(note)") }
    for line in run.leftOut { Output.note("left out: \(line)") }
    Interruption.watch()
    run.observer = RunObserver(
      isInterrupted: { Interruption.isRequested }, waitForSpace: DiskFull.waiting { Output.note($0) }, say: { Output.note($0) })
    let results = try Heartbeat.during("working on \(folder)") { try run.run() }
    if json.json { return try Output.json(data: results.json()) }
    print(Self.table(results))
    print("\nresults: \(folder)/results.json, results.csv, tasks.csv\nreport:  \(folder)/report.html")
    if !results.failures.isEmpty {
      throw CommandError(
        "\(results.failures.count) of \(counted(run.grid.cells.count, "run")) failed: \(results.failures[0])",
        help: "the others are in the report; to try these once more: \(Advice.again)", code: 1)
    }
  }

  private func printPlan(_ study: StudyConfiguration, _ jobs: Int) throws {
    let plan = try Heartbeat.during("trying some steps") { try StudyPlan(study, jobs: jobs) }
    if json.json { return try Output.json(plan) }
    print(
      Output.table(
        ["method", "runs", "meta-training", "testing", "each run"],
        plan.methods.map { method in
          [
            method.name, "\(method.runs)", ProgressState.duration(method.trainingSeconds),
            ProgressState.duration(method.testingSeconds),
            ProgressState.duration(method.secondsPerRun),
          ]
        }))
    print("\n\(counted(plan.runs, "run")), \(jobs) at a time: about \(ProgressState.duration(plan.seconds)); nothing was written")
  }

  private static func table(_ results: StudyResults) -> String {
    let analysis = StudyAnalysis(results)
    let shot = results.shots.first ?? 1
    return Output.table(
      ["method, meta-trained on"] + results.datasets + ["mean"],
      analysis.contestants.map { contestant in
        [contestant.name]
          + results.datasets.map { analysis.score(contestant, test: $0, shot: shot).map { Output.percent($0.mean) } ?? "–" }
          + [analysis.overall(contestant, shot: shot).map { Output.percent($0.mean) } ?? "–"]
      })
  }
}
