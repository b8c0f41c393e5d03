/// What an evaluation was an evaluation of: everything that its accuracies depend on but the learner and the kind of tasks. Accuracies
/// under different conditions are answers to different questions.
public struct EvaluationConditions: Sendable, Codable, Equatable {
  /// A data set that tasks were drawn from.
  public struct Dataset: Sendable, Codable, Equatable {
    /// The data set's name.
    public var name: String
    /// The SHA-256 of its pixels.
    public var sha256: String

    /// A data set with the checksum of its pixels, as hexadecimal digits.
    public init(name: String, sha256: String) {
      self.name = name
      self.sha256 = sha256
    }
  }

  /// The tasks of an evaluation; see the conditions' properties of the same names.
  public struct Tasks: Sendable {
    var way: Int
    var shot: Int
    var queriesPerClass: Int
    var split: String
    var datasets: [Dataset]
    var seed: UInt64

    /// Tasks of some classes, shots and queries, drawn from data sets.
    ///
    /// - Parameters:
    ///   - way: classes of a task.
    ///   - shot: support images a class.
    ///   - queriesPerClass: query images a class.
    ///   - split: which classes tasks were drawn from: `test` or `validation`.
    ///   - datasets: the data sets that tasks were drawn from.
    ///   - seed: determines the tasks.
    public init(way: Int, shot: Int, queriesPerClass: Int, split: String, datasets: [Dataset], seed: UInt64) {
      self.way = way
      self.shot = shot
      self.queriesPerClass = queriesPerClass
      self.split = split
      self.datasets = datasets
      self.seed = seed
    }
  }

  /// What was evaluated; see the conditions' properties of the same names.
  public struct Learner: Sendable {
    var trainedWay: Int
    var steps: Int
    var batchNorm: String
    var overrides: [String]
    var tasksSeen: Int
    var configurationDigest: String

    /// A learner of a run, and how it adapts.
    ///
    /// - Parameters:
    ///   - trainedWay: classes of the tasks that the learner was trained on.
    ///   - steps: inner steps of an adaptation.
    ///   - batchNorm: which statistics batch norms used for query images.
    ///   - overrides: keys that were set anew, `key=value`.
    ///   - tasksSeen: tasks of the meta-training up to the checkpoint that was evaluated.
    ///   - configurationDigest: `Configuration.digest` of the run.
    public init(
      trainedWay: Int, steps: Int, batchNorm: String, overrides: [String], tasksSeen: Int, configurationDigest: String
    ) {
      self.trainedWay = trainedWay
      self.steps = steps
      self.batchNorm = batchNorm
      self.overrides = overrides
      self.tasksSeen = tasksSeen
      self.configurationDigest = configurationDigest
    }
  }

  /// Classes of a task.
  public var way: Int
  /// Classes of the tasks that the learner was trained on.
  public var trainedWay: Int
  /// Support images a class.
  public var shot: Int
  /// Query images a class.
  public var queriesPerClass: Int
  /// Inner steps of an adaptation.
  public var steps: Int
  /// Which statistics batch norms used for query images.
  public var batchNorm: String
  /// Which classes tasks were drawn from: `test` or `validation`.
  public var split: String
  /// What tasks were drawn from.
  public var datasets: [Dataset]
  /// Determines the tasks.
  public var seed: UInt64
  /// Keys of the run's configuration that were set anew, `key=value`.
  public var overrides: [String]
  /// Tasks of the meta-training up to the checkpoint that was evaluated.
  public var tasksSeen: Int
  /// `Configuration.digest` of the run.
  public var configurationDigest: String

  /// The conditions of an evaluation: the tasks, and how the learner met them.
  public init(tasks: Tasks, learner: Learner) {
    way = tasks.way
    shot = tasks.shot
    queriesPerClass = tasks.queriesPerClass
    split = tasks.split
    datasets = tasks.datasets
    seed = tasks.seed
    trainedWay = learner.trainedWay
    steps = learner.steps
    batchNorm = learner.batchNorm
    overrides = learner.overrides
    tasksSeen = learner.tasksSeen
    configurationDigest = learner.configurationDigest
  }

  /// The conditions in a few words: `5-way 1-shot, 15 queries, 5 steps, transductive`.
  public var text: String { text(steps: "\(steps) steps") }

  /// The conditions in a few words, with the caller's words for the inner steps.
  func text(steps: String) -> String {
    var words = ["\(way)-way \(shot)-shot", "\(queriesPerClass) queries", steps, batchNorm]
    if split != "test" { words.append("\(split) classes") }
    let kept = ["task.way", "task.shot", "task.query", "inner.test_steps", "decoded.test_steps", "batch_norm"]
    // What the words above do not say.
    words += overrides.filter { text in !kept.contains { text.hasPrefix($0 + "=") } }
    return words.joined(separator: ", ")
  }

  /// In what two evaluations of different runs differ so that their accuracies cannot be compared, in words; empty where they can.
  /// What was learned (seed, configuration, tasks seen) may differ: that is what one compares. So may the number of tasks, and that of
  /// inner steps, which belongs to a method: some have none.
  public static func unlike(_ first: EvaluationConditions?, _ second: EvaluationConditions?) -> [String] {
    guard let first, let second else {
      return first == nil && second == nil ? [] : ["one does not say what it was of"]
    }
    func difference(_ name: String, _ value: (EvaluationConditions) -> some Equatable & CustomStringConvertible) -> String? {
      value(first) == value(second) ? nil : "\(name) \(value(first)) and \(value(second))"
    }
    func digests(_ conditions: EvaluationConditions) -> [String] { conditions.datasets.map(\.sha256).sorted() }
    let rates = ["inner.weight_rate", "inner.architecture_rate", "decoded.weight_rate"]
    func rate(_ conditions: EvaluationConditions, _ key: String) -> String {
      conditions.overrides.first { $0.hasPrefix(key + "=") }?.dropFirst(key.count + 1).description ?? "as trained"
    }
    return [
      difference("ways", \.way), difference("shots", \.shot), difference("queries", \.queriesPerClass),
      difference("batch norm", \.batchNorm), difference("classes for", \.split),
    ].compactMap(\.self)
      + rates.compactMap { key in difference(key) { rate($0, key) } }
      + (digests(first) == digests(second) ? [] : ["data sets of other pictures"])
  }
}
