import Basics
import Foundation

/// What a list of runs says of one of them, read from its folder.
public struct RunSummary: Sendable, Codable, Equatable {
  /// How far a run has come.
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
    /// Its configuration, provenance or results are not what was written.
    case damaged
    /// The operating system does not let its files be read, which says nothing about their content.
    case unreadable
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
    /// The upper end of the 95 % interval.
    public var upper: Double
    /// The accuracy of each task, where the file has them.
    public var accuracies: [Double]?
    /// The mean seconds of one adaptation with its prediction, on one thread.
    public var secondsPerTask: Double?
    /// Which statistics batch norms used for query images.
    public var batchNorm: String?
    /// How many classes of the data set were left out because the run has seen their pictures.
    public var classesLeftOut: Int?
    /// What it was an evaluation of; `nil` in files of versions without conditions.
    public var conditions: EvaluationConditions?
    /// The result that it is from, without ending; only where it was read from a run.
    public var file: String?

    /// What it is of, without any number that was measured.
    struct Subject: Encodable, Equatable {
      var learner: String
      var tasksFrom: String
      var tasks: Int
      var conditions: EvaluationConditions?
      var classesLeftOut: Int?
    }

    var subject: Subject {
      Subject(learner: learner, tasksFrom: tasksFrom, tasks: tasks, conditions: conditions, classesLeftOut: classesLeftOut)
    }

    /// An accuracy that is not from a file, without those of single tasks and the time that they took.
    ///
    /// - Parameters:
    ///   - learner: which of the run's learners.
    ///   - tasksFrom: where the tasks are from: a split, or a data set.
    ///   - tasks: the number of tasks.
    ///   - mean: in 0...1, as are both ends of the 95 % interval.
    ///   - lower: the lower end of the 95 % interval.
    ///   - upper: the upper end of the 95 % interval.
    ///   - conditions: what it was an evaluation of; `nil` where that is not known.
    ///   - classesLeftOut: how many classes were left out because the run has seen their pictures.
    public init(
      learner: String, tasksFrom: String, tasks: Int, mean: Double, lower: Double, upper: Double,
      conditions: EvaluationConditions? = nil, classesLeftOut: Int? = nil
    ) {
      self.classesLeftOut = classesLeftOut
      batchNorm = conditions?.batchNorm
      self.conditions = conditions
      self.learner = learner
      self.tasksFrom = tasksFrom
      self.tasks = tasks
      self.mean = mean
      self.lower = lower
      self.upper = upper
    }
  }

  /// The folder, as it was given or found.
  public var path: String
  /// The run's name; that of its folder where the configuration cannot be read.
  public var name: String
  /// As in the configuration.
  public var method: String
  /// As in the configuration.
  public var seed: UInt64
  /// How the run ended, if it did.
  public var status: Status
  /// Tasks of all stages together.
  public var tasksSeen: Int
  /// When the run started, as ISO 8601 in UTC.
  public var startedAt: String
  /// ArchPrior's version when it started.
  public var version: String
  /// The digest of the configuration, see `Configuration.digest`.
  public var configurationDigest: String
  /// The names of the data sets that the run read.
  public var datasets: [String]
  /// The newest accuracy on meta-validation tasks.
  public var validationAccuracy: Double?
  /// What `evaluate` found so far.
  public var evaluations: [Evaluation]
  /// The size of all files in the folder.
  public var bytes: Int
  /// What is wrong with a damaged one, or with a part of one that can go on.
  public var problem: String?
  /// Whether its files have checksums; those of older versions have none.
  public var isChecked: Bool?

  /// Reads a run's folder; a run that cannot be read has the status `damaged` or `unreadable` and says why.
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
      isChecked = run.isSealed
      // First all that can be said, then what is wrong.
      do {
        evaluations = try run.evaluations()
      } catch {
        problem = error.message
      }
      let outcome: Outcome?
      do {
        outcome = try Self.result(Outcome.self, "meta-training", of: run)
      } catch {
        validationAccuracy = try? Self.journal(of: run, tasksSeen).accuracy
        throw error
      }
      status = try Self.status(run, outcome)
      if let outcome, outcome.finished, !outcome.points.isEmpty {
        validationAccuracy = outcome.points.last { $0.validationAccuracy != nil }?.validationAccuracy
        if let flaw = try Self.journal(of: run, 0).problem { problem = problem ?? flaw }
      } else {
        let (accuracy, flaw) = try Self.journal(of: run, status == .running ? 0 : tasksSeen)
        (validationAccuracy, problem) = (accuracy, problem ?? flaw)
      }
    } catch {
      problem = (error as? any ReportableError)?.message ?? FailureText.of(error)
      if case .system = (error as? RunError)?.problem { status = .unreadable }
    }
  }

  /// How many tasks the run had seen when an evaluation was made; `nil` where that was with its newest checkpoint, or nobody knows.
  public func tasksSeen(before evaluation: Evaluation) -> Int? {
    evaluation.conditions.flatMap { $0.tasksSeen < tasksSeen ? $0.tasksSeen : nil }
  }

  private struct Outcome: Decodable {
    struct Point: Decodable { var validationAccuracy: Double? }

    var finished: Bool
    var prior, decoded: [Point]?
    var points: [Point] { (prior ?? []) + (decoded ?? []) }
  }

  /// A result; `nil` where there is none. One that is there and cannot be believed is an error, never the same as none.
  private static func result<Value: Decodable>(
    _ type: Value.Type, _ name: String, of run: RunDirectory
  ) throws(RunError) -> Value? {
    guard try FolderFile.exists("results/\(name).json", of: run.path) else { return nil }
    return try run.readResult(type, named: name)
  }

  private static func status(_ run: RunDirectory, _ outcome: Outcome?) throws -> Status {
    let last = RunLock.state(of: run.path)
    if case .held = last { return .running }
    if let outcome, outcome.finished { return .finished }
    if case .abandoned = last { return .killed }
    return try run.checkpoints().isEmpty ? .new : .stopped
  }

  /// The newest accuracy in the journal, and what is wrong with the journal.
  ///
  /// - Parameter tasks: those of the newest checkpoint, whose line must be there.
  private static func journal(of run: RunDirectory, _ tasks: Int) throws(RunError) -> (accuracy: Double?, problem: String?) {
    struct Line: Decodable {
      var validationAccuracy: Double?
      var tasks: Int?
    }
    let path = run.path + "/log.jsonl"
    guard try FolderFile.exists("log.jsonl", of: run.path) else { return (nil, nil) }
    let reading = try Journal.reading(path, owner: run.identity)
    let lines = reading.lines.compactMap { try? JSONBounds.decode(Line.self, from: Array($0.text.utf8)) }
    var problem = reading.damage.first
    if problem == nil, run.isSealed, !reading.isSealed { problem = "no line has a checksum" }
    if problem == nil, lines.lazy.compactMap(\.tasks).max() ?? tasks < tasks {
      problem = "it ends before the newest checkpoint: lines were lost"
    }
    return (lines.last { $0.validationAccuracy != nil }?.validationAccuracy, problem.map { "log.jsonl: \($0)" })
  }

  /// The number in a checkpoint's name.
  private static func tasks(_ path: String) -> Int? {
    URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent.split(separator: "-").last.flatMap { Int($0) }
  }

  /// The size of a file; of a link, its own.
  static func fileSize(_ path: String) -> Int? {
    var status = stat()
    return lstat(path, &status) == 0 ? Int(status.st_size) : nil
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
