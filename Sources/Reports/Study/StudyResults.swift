import Foundation

/// The results of a study over many data sets: the input of ``StudyReport``, and `results.json` of a study's folder.
///
/// Accuracies are shares in [0, 1], task by task: task t of a test data set and shot is the same task in every record.
public struct StudyResults: Codable, Hashable, Sendable {
  /// The version of the file's layout that this code writes and reads.
  public static let currentSchema = 1

  /// The layout's version.
  public var schema: Int
  /// The study's name.
  public var name: String
  /// Classes of a task.
  public var way: Int
  /// Shots of the test tasks; the first is the one that single numbers are about.
  public var shots: [Int]
  /// The test data sets.
  public var datasets: [String]
  /// The methods, the one that the study is about first.
  public var methods: [String]
  /// Tasks that every run was meta-trained on.
  public var metaTrainingTasks: Int
  /// One for each prior, test data set and shot.
  public var records: [Record]
  /// Adapted architecture parameters, one for each prior that has some and each test data set.
  public var architectures: [Architecture]
  /// Runs that failed, with their reasons.
  public var failures: [String]
  /// Classes left out of meta-training because a test class looks the same, as "data set: class".
  public var dropped: [String]
  /// How it was run.
  public var run: RunInformation

  /// How it was run.
  public struct RunInformation: Codable, Hashable, Sendable {
    /// ArchPrior's version.
    public var version: String
    /// Processor, cores and memory, in words.
    public var machine: String
    /// Which statistics batch norms used for query images.
    public var batchNorm: String
    /// Seeds of the meta-trainings.
    public var seeds: [UInt64]
    /// Data sets with checksums.
    public var datasets: [String]
    /// The study's file.
    public var configuration: String

    /// How a study was run.
    ///
    /// - Parameters:
    ///   - version: ArchPrior's version.
    ///   - machine: processor, cores and memory, in words.
    ///   - batchNorm: whose statistics normalised query images.
    ///   - seeds: those of the meta-trainings.
    ///   - datasets: names with checksums.
    ///   - configuration: the text of the study's file.
    public init(
      version: String, machine: String, batchNorm: String, seeds: [UInt64], datasets: [String], configuration: String
    ) {
      self.version = version
      self.machine = machine
      self.batchNorm = batchNorm
      self.seeds = seeds
      self.datasets = datasets
      self.configuration = configuration
    }
  }

  /// What meta-training saw, seen from the data set that is tested on.
  public enum Regime: String, Codable, Hashable, Sendable, CaseIterable {
    /// All data sets but the one that is tested on.
    case allOthers = "all others"
    /// One data set, another than the one that is tested on.
    case oneOther = "one other"
    /// No meta-training.
    case nothing = "no meta-training"
    /// Only the data set that is tested on (other classes of it).
    case itself = "the same"
    /// All data sets, with the one that is tested on (other classes of it).
    case everything = "all"

    /// Whether meta-training saw nothing of the data set that is tested on.
    public var isUnseen: Bool { self == .allOthers || self == .oneOther || self == .nothing }
  }

  /// What was tested: a method, what it was meta-trained on, and with which seed.
  public struct Prior: Hashable, Sendable {
    /// The method's name in the study.
    public var method: String
    /// What meta-training saw, seen from the test data set.
    public var regime: Regime
    /// What was trained on, in words: a data set, "all but …", "all".
    public var training: String
    /// The seed of the meta-training.
    public var seed: UInt64

    /// A method, meta-trained on something with a seed.
    ///
    /// - Parameters:
    ///   - method: the method's name in the study.
    ///   - regime: what meta-training saw, seen from the test data set.
    ///   - training: what was trained on, in words.
    ///   - seed: the seed of the meta-training.
    public init(method: String, regime: Regime, training: String, seed: UInt64) {
      self.method = method
      self.regime = regime
      self.training = training
      self.seed = seed
    }
  }

  /// What an adaptation takes.
  public struct Cost: Hashable, Sendable {
    /// Seconds of one adaptation on one thread.
    public var secondsPerTask: Double
    /// Trainable numbers of the network.
    public var parameters: Int
    /// Multiply-adds of one image.
    public var multiplyAdds: Int

    /// What an adaptation takes: seconds on one thread, trainable numbers of the network, multiply-adds of one image.
    public init(secondsPerTask: Double, parameters: Int, multiplyAdds: Int) {
      self.secondsPerTask = secondsPerTask
      self.parameters = parameters
      self.multiplyAdds = multiplyAdds
    }
  }

  /// One prior on the tasks of one data set and shot.
  public struct Record: Codable, Hashable, Sendable {
    /// The method's name in the study.
    public var method: String
    /// What meta-training saw, seen from the test data set.
    public var regime: Regime
    /// What was trained on, in words: a data set, "all but …", "all".
    public var training: String
    /// The seed of the meta-training.
    public var seed: UInt64
    /// The data set tested on.
    public var test: String
    /// Support images per class of the test tasks.
    public var shot: Int
    /// Query accuracy, task by task.
    public var accuracies: [Double]
    /// Mean query accuracy after 0, 1, … inner steps; empty if it was not measured.
    public var stepCurve: [Double]
    /// Seconds of one adaptation on one thread.
    public var secondsPerTask: Double
    /// Trainable numbers of the network.
    public var parameters: Int
    /// Multiply-adds of one image.
    public var multiplyAdds: Int

    /// The accuracies of one prior on the tasks of one data set and shot.
    ///
    /// - Parameters:
    ///   - prior: what was tested.
    ///   - test: the data set tested on.
    ///   - shot: support images a class of the test tasks.
    ///   - accuracies: in 0...1, task by task.
    ///   - stepCurve: mean query accuracy after 0, 1, … inner steps.
    ///   - cost: what an adaptation takes.
    public init(
      _ prior: Prior, test: String, shot: Int, accuracies: [Double], stepCurve: [Double] = [], cost: Cost
    ) {
      method = prior.method
      regime = prior.regime
      training = prior.training
      seed = prior.seed
      self.test = test
      self.shot = shot
      self.accuracies = accuracies
      self.stepCurve = stepCurve
      secondsPerTask = cost.secondsPerTask
      parameters = cost.parameters
      multiplyAdds = cost.multiplyAdds
    }
  }

  /// Architecture parameters after adaptation to tasks of a data set, averaged, as softmax weights.
  public struct Architecture: Codable, Hashable, Sendable {
    /// The method's name in the study.
    public var method: String
    /// What meta-training saw, seen from the test data set.
    public var regime: Regime
    /// What was trained on, in words: a data set, "all but …", "all".
    public var training: String
    /// The seed of the meta-training.
    public var seed: UInt64
    /// The data set that was adapted to.
    public var test: String
    /// Names of the innermost index of ``weights``.
    public var operations: [String]
    /// Weights of operations: cell kind, edge, operation.
    public var weights: [[[Double]]]

    /// The architecture that one prior adapts to a data set.
    ///
    /// - Parameters:
    ///   - prior: what was adapted.
    ///   - test: the data set that was adapted to.
    ///   - operations: names of the innermost index of `weights`.
    ///   - weights: softmax weights by cell kind, edge and operation.
    public init(_ prior: Prior, test: String, operations: [String], weights: [[[Double]]]) {
      method = prior.method
      regime = prior.regime
      training = prior.training
      seed = prior.seed
      self.test = test
      self.operations = operations
      self.weights = weights
    }
  }

  /// The results of a study, in the current schema, without architectures, failures and classes left out.
  ///
  /// - Parameters:
  ///   - name: the study's name.
  ///   - way: classes of a task.
  ///   - shots: of the test tasks; the first is the one that single numbers are about.
  ///   - datasets: names of the data sets tested on.
  ///   - methods: the one that the study is about first.
  ///   - metaTrainingTasks: tasks that every run was meta-trained on.
  ///   - records: the accuracies of each prior, data set and shot.
  ///   - run: how the study was run.
  public init(
    name: String, way: Int, shots: [Int], datasets: [String], methods: [String], metaTrainingTasks: Int, records: [Record],
    run: RunInformation
  ) {
    schema = Self.currentSchema
    self.name = name
    self.way = way
    self.shots = shots
    self.datasets = datasets
    self.methods = methods
    self.metaTrainingTasks = metaTrainingTasks
    self.records = records
    architectures = []
    failures = []
    dropped = []
    self.run = run
  }

  /// The results as JSON with sorted keys.
  public func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(self) + Data([10])
  }

  /// A line for every record: means, for spreadsheets.
  public var csv: String {
    var lines = [
      "method,regime,training,seed,test,way,shot,tasks,mean,standard_deviation,seconds_per_task,parameters,multiply_adds"
    ]
    for record in records {
      let n = Double(max(1, record.accuracies.count))
      let mean = record.accuracies.reduce(0, +) / n
      let variance = record.accuracies.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / max(1, n - 1)
      lines.append(
        [
          CSV.field(record.method), CSV.field(record.regime.rawValue), CSV.field(record.training), "\(record.seed)",
          CSV.field(record.test), "\(way)", "\(record.shot)", "\(record.accuracies.count)", "\(mean)",
          "\(variance.squareRoot())",
          "\(record.secondsPerTask)", "\(record.parameters)", "\(record.multiplyAdds)",
        ].joined(separator: ","))
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// A line for every task of every record.
  public var taskCSV: String {
    var lines = ["method,regime,training,seed,test,way,shot,task,accuracy"]
    for record in records {
      let start = [
        CSV.field(record.method), CSV.field(record.regime.rawValue), CSV.field(record.training), "\(record.seed)",
        CSV.field(record.test), "\(way)", "\(record.shot)",
      ].joined(separator: ",")
      for (task, accuracy) in record.accuracies.enumerated() { lines.append("\(start),\(task),\(accuracy)") }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
