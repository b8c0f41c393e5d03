import Datasets
import Foundation

/// What a list of runs says of one of them, read from its folder.
public struct RunSummary: Sendable, Codable, Equatable {
  /// How far a run is.
  public enum Status: String, Sendable, Codable, CaseIterable {
    /// A process works on it.
    case running
    /// Its budget is used up.
    case finished
    /// It was stopped in an orderly way, and can be resumed.
    case stopped
    /// The process that worked on it was killed or crashed; it can be resumed.
    case killed
    /// There is no checkpoint yet.
    case new
    /// Its papers cannot be read.
    case damaged
  }

  /// Accuracy on one kind of tasks, from `results/evaluation*.json`.
  public struct Evaluation: Sendable, Codable, Equatable {
    /// Which of the run's learners.
    public var learner: String
    /// Where the tasks are from: a split, or a data set.
    public var tasksFrom: String
    /// The number of tasks.
    public var tasks: Int
    /// The mean accuracy, in 0...1.
    public var mean: Double
    /// Ends of the 95 % interval.
    public var lower: Double
    public var upper: Double
    /// Task by task, where the file has them.
    public var accuracies: [Double]?
    /// The mean seconds of one adaptation with its prediction, on one thread.
    public var secondsPerTask: Double?
    /// Whose statistics normalised the query images.
    public var batchNorm: String?
    /// What it was an evaluation of; files of before there were conditions do not say.
    public var conditions: EvaluationConditions?
    /// The result that it is from, without ending; only where it was read from a run.
    public var file: String?

    /// What it is of, without any number that was measured.
    struct Subject: Encodable, Equatable {
      var learner: String
      var tasksFrom: String
      var tasks: Int
      var conditions: EvaluationConditions?
    }

    var subject: Subject { Subject(learner: learner, tasksFrom: tasksFrom, tasks: tasks, conditions: conditions) }

    public init(
      learner: String, tasksFrom: String, tasks: Int, mean: Double, lower: Double, upper: Double, accuracies: [Double]? = nil,
      secondsPerTask: Double? = nil, conditions: EvaluationConditions? = nil
    ) {
      self.secondsPerTask = secondsPerTask
      batchNorm = conditions?.batchNorm
      self.conditions = conditions
      self.learner = learner
      self.tasksFrom = tasksFrom
      self.tasks = tasks
      self.mean = mean
      self.lower = lower
      self.upper = upper
      self.accuracies = accuracies
    }
  }

  /// The folder, as it was given or found.
  public var path: String
  public var name: String
  /// The configuration's.
  public var method: String
  /// The configuration's.
  public var seed: UInt64
  /// How the run ended, if it did.
  public var status: Status
  /// Of all stages together.
  public var tasksSeen: Int
  /// UTC, ISO 8601.
  public var startedAt: String
  /// ArchPrior's version when it started.
  public var version: String
  /// `Configuration.digest`
  public var configurationDigest: String
  public var datasets: [String]
  /// The newest accuracy on meta-validation tasks.
  public var validationAccuracy: Double?
  /// What `evaluate` found so far.
  public var evaluations: [Evaluation]
  /// Of all files in the folder.
  public var bytes: Int
  /// What is wrong with a damaged one.
  public var problem: String?

  /// Reads a run's folder; a run that cannot be read has the status `damaged` and says why.
  public init(folder: String) {
    path = folder
    bytes = Self.size(of: folder)
    name = URL(fileURLWithPath: folder).lastPathComponent
    method = ""
    seed = 0
    tasksSeen = 0
    startedAt = ""
    version = ""
    configurationDigest = ""
    datasets = []
    evaluations = []
    status = .damaged
    do {
      let run = try RunDirectory.read(folder)
      let provenance = try run.provenance()
      name = run.configuration.name
      method = run.configuration.method.text
      seed = run.configuration.seed
      startedAt = provenance.startedAt
      version = provenance.version
      configurationDigest = run.configuration.digest
      datasets = provenance.datasets.map(\.name)
      tasksSeen = try run.checkpoints().last.flatMap(Self.tasks) ?? 0
      validationAccuracy = Self.newestValidation(in: folder + "/log.jsonl")
      do throws(RunError) { evaluations = try run.evaluations() } catch { problem = error.message }
      status = try Self.status(run)
    } catch {
      problem = (error as? any ReportableError)?.message ?? "\(error)"
    }
  }

  private static func status(_ run: RunDirectory) throws -> Status {
    struct Finished: Decodable { var finished: Bool }
    let last = RunLock.state(of: run.path)
    if case .held = last { return .running }
    if let result = try? run.readResult(Finished.self, named: "meta-training"), result.finished { return .finished }
    if case .abandoned = last { return .killed }
    return try run.checkpoints().isEmpty ? .new : .stopped
  }

  /// The number in a checkpoint's name.
  private static func tasks(_ path: String) -> Int? {
    URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent.split(separator: "-").last.flatMap { Int($0) }
  }

  private static func newestValidation(in journal: String) -> Double? {
    struct Line: Decodable { var validationAccuracy: Double? }
    return ((try? Journal.lines(journal)) ?? []).reversed().lazy
      .compactMap { try? JSONDecoder().decode(Line.self, from: Data($0.utf8)).validationAccuracy }.first
  }

  private static func size(of folder: String) -> Int {
    var total = 0
    let keys: [URLResourceKey] = [.fileSizeKey]
    let files = FileManager.default.enumerator(at: URL(fileURLWithPath: folder), includingPropertiesForKeys: keys)
    while let file = files?.nextObject() as? URL {
      total += (try? file.resourceValues(forKeys: [.fileSizeKey]))?.fileSize ?? 0
    }
    return total
  }
}
