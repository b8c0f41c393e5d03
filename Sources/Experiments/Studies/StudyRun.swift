import Basics
import Datasets
import Foundation
import Reports
import Runs
import Statistics
import Synchronization
import Tensors

/// A study in its folder: a queue of meta-training runs over all cores, that is resumed when it is started again.
public struct StudyRun: Sendable {
  /// What is asked.
  public let study: StudyConfiguration
  /// The runs that answer.
  public let grid: StudyGrid
  /// Where they are kept.
  public let directory: StudyDirectory
  /// How many cells are worked on at once, each on a thread of its own.
  public let jobs: Int
  let data: GridData
  /// What has too few images or classes for the tasks.
  public let leftOut: [String]
  /// Is told what happens, and asked whether to stop.
  public var observer = RunObserver()

  /// Why a study has no results yet.
  public enum Failure: ReportableError {
    /// The user stopped it.
    case interrupted(done: Int, of: Int, folder: String)
    /// No run ended; the reason is the first one's.
    case everythingFailed(String)
    /// The method has tasks of another way, or other query images, than the first.
    case differentWays(String)
    /// A data set is another than before, under the same name.
    case otherData(name: String, was: String, isNow: String, folder: String)

    /// Whether the study's configuration is at fault.
    public var isUsage: Bool { if case .differentWays = self { true } else { false } }

    /// What happened, where, and how to go on.
    public var fault: Fault {
      switch self {
      case .interrupted(let done, let all, let folder):
        Fault(
          "stopped after \(done) of \(all) runs; everything so far is saved in \(folder)", at: .mentioned(file: folder),
          help: "call it again to go on")
      case .everythingFailed(let reason):
        Fault(
          "all runs of the study failed, the first because: \(reason)",
          help: "mend what the message says, and call it again")
      case .otherData(let name, let was, let isNow, let folder):
        Fault(
          "the data set \(name) has changed since the study in \(folder) was begun: its checksum was \(was.prefix(16)), and is "
            + "\(isNow.prefix(16))", at: .mentioned(file: folder),
          help: "restore \(name), or give another folder with --output")
      case .differentWays(let name):
        Fault(
          "method '\(name)' has tasks of another way, which cannot be compared",
          help: "give all methods the same task.way and task.query")
      }
    }
  }

  /// Reads the data and opens the folder.
  ///
  /// - Throws: `RunError` and `ConfigurationError` for the folder, the errors of the data sets.
  public init(_ study: StudyConfiguration, in folder: String, jobs: Int) throws {
    self.study = study
    self.jobs = jobs
    let tasks = study.methods.map(\.configuration.task)
    for method in study.methods
    where method.configuration.task.way != tasks[0].way || method.configuration.task.query != tasks[0].query {
      throw Failure.differentWays(method.name)
    }
    grid = StudyGrid(study)
    data = try GridData(study)
    // Data that cannot fill a task should be found before hours of training.
    var leftOut: [String] = []
    for cell in grid.cells {
      for shot in study.shots + [cell.configuration.task.shot] {
        let part = try data.part(of: cell, study: study, shot: shot)
        leftOut += part.leftOut.filter { !leftOut.contains($0) }
      }
    }
    self.leftOut = leftOut
    directory = try StudyDirectory(folder, study: study)
    try checkData()
  }

  /// Works until everything is done, then writes results and report.
  ///
  /// A cell that fails does not stop the others; it is named in the results, and tried again when the study is started again.
  ///
  /// - Throws: ``Failure``, and errors of writing the results.
  public func run() throws -> StudyResults {
    let clock = Stopwatch()
    let done = Mutex(0)
    typealias Outcome = Result<(records: [StudyResults.Record], architectures: [StudyResults.Architecture])?, any Error>
    let outcomes = try parallelMap(grid.cells.count, threads: jobs) { [self] index -> Outcome in
      let cell = grid.cells[index]
      if observer.isInterrupted() { return .success(nil) }
      let work = GridCellRun(
        cell: cell, study: study, data: data, folder: directory.cell(cell.folder), observer: observer)
      let start = Stopwatch()
      let outcome = Outcome { try work.work() }
      let number = done.withLock {
        if case .success(.some) = outcome { $0 += 1 }
        return $0
      }
      switch outcome {
      case .success(nil): break
      case .success(let result?):
        let values = result.records.flatMap(\.accuracies)
        observer.say(
          String(
            format: "[%d/%d] %@, %@, seed %d: %.1f %% in %.1f s, %.0f s in all", number, grid.cells.count, cell.method.name,
            cell.training,
            Int(cell.seed), 100 * values.reduce(0, +) / Double(max(1, values.count)), start.seconds, clock.seconds))
      case .failure(let error):
        observer.say("failed: \(cell.method.name), \(cell.training), seed \(cell.seed): \(FailureText.of(error))")
      }
      return outcome
    }
    var (records, architectures, failures) = ([StudyResults.Record](), [StudyResults.Architecture](), [String]())
    var stopped = false
    for (cell, outcome) in zip(grid.cells, outcomes) {
      switch outcome {
      case .success(nil): stopped = true
      case .success(let result?):
        records += result.records
        architectures += result.architectures
      case .failure(let error):
        failures.append("\(cell.method.name), \(cell.training), seed \(cell.seed): \(FailureText.of(error))")
      }
    }
    if stopped { throw Failure.interrupted(done: done.withLock { $0 }, of: grid.cells.count, folder: directory.path) }
    if records.isEmpty { throw Failure.everythingFailed(failures.first ?? "there are none") }
    let results = results(records, architectures, failures)
    try write(results)
    return results
  }

  private func results(
    _ records: [StudyResults.Record], _ architectures: [StudyResults.Architecture], _ failures: [String]
  ) -> StudyResults {
    let machine = Machine.current(kernels: KernelLevel.name)
    let first = study.methods[0].configuration
    var results = StudyResults(
      name: study.name, way: first.task.way, shots: study.shots, datasets: study.datasets, methods: study.methods.map(\.name),
      metaTrainingTasks: study.methods.compactMap(\.configuration.budget.tasks).max() ?? 0, records: records,
      run: .init(
        version: ArchPriorVersion.current,
        machine: "\(machine.processor), \(machine.operatingSystem), \(machine.kernels) kernels",
        batchNorm: first.batchNorm.rawValue, seeds: study.seeds,
        datasets: data.provenance.map { "\($0.name) \($0.sha256.prefix(16))" }, configuration: study.text))
    results.architectures = architectures
    results.failures = failures
    results.dropped = data.dropped
    return results
  }

  /// Writes `results.json`, `results.csv`, `tasks.csv` and `report.html`.
  private func write(_ results: StudyResults) throws {
    let files = [
      ("results.json", Array(try results.json())), ("results.csv", Array(results.csv.utf8)),
      ("tasks.csv", Array(results.taskCSV.utf8)),
      ("report.html", Array(try StudyReport.render(results).utf8)),
    ]
    for (name, bytes) in files {
      try observer.persist { try directory.write(bytes, to: name) }
    }
  }
}

/// The mean of accuracies with its 95 % interval; only the mean for a single one.
struct MeanWithInterval {
  var mean: Double
  var lower: Double
  var upper: Double

  init(_ values: [Double]) throws {
    let sample = try Sample(values)
    let interval = values.count > 1 ? try sample.confidenceInterval() : Interval(lower: sample.mean, upper: sample.mean)
    (mean, lower, upper) = (sample.mean, interval.lower, interval.upper)
  }
}
