import Foundation
import Statistics

/// The results of a comparison of few-shot methods on the same tasks: the input of ``ComparisonReport``.
///
/// `Codable` as JSON with the property names as keys; `docs/results-schema.md` describes the file. Accuracies are shares in
/// [0, 1], intervals have level 0.95, times are seconds.
public struct ComparisonResults: Codable, Hashable, Sendable {
  /// The version of the file's layout that this code writes and reads.
  public static let currentSchema = 1

  /// The layout's version.
  public var schema: Int
  /// The report's title.
  public var title: String
  /// What was compared, in a few sentences; may be empty.
  public var summary = ""
  /// How it was run.
  public var run: RunInformation
  /// The task collections methods were evaluated on, the most important first.
  public var splits: [Split]
  /// The methods, in the order to list them.
  public var methods: [Method]
  /// The method that the report puts first, one of `methods`' names.
  public var highlighted: String?
  /// Paired comparisons on the same tasks.
  public var comparisons: [Comparison]
  /// Curves of meta-training.
  public var curves: [CurveFamily]
  /// The architectures found, by name.
  public var architectures: [Architecture] = []
  /// How the architecture parameters moved on one task.
  public var adaptation: Adaptation?
  /// One task with its pictures and predictions.
  public var sampleTask: SampleTask?

  /// Results in the current schema; what is left out, or not set afterwards, is missing in the report too.
  public init(
    title: String, run: RunInformation, splits: [Split], methods: [Method], highlighted: String? = nil,
    comparisons: [Comparison] = [], curves: [CurveFamily] = []
  ) {
    schema = Self.currentSchema
    self.title = title
    self.run = run
    self.splits = splits
    self.methods = methods
    self.highlighted = highlighted
    self.comparisons = comparisons
    self.curves = curves
  }

  /// How the study was run: enough to run it again.
  public struct RunInformation: Codable, Hashable, Sendable {
    /// The program's version.
    public var version: String
    /// When it was run, as ISO 8601 date; empty if unknown.
    public var date = ""
    /// The seed of the study.
    public var seed: UInt64
    /// Worker threads.
    public var threads: Int
    /// Classes of a task.
    public var way: Int
    /// Support images of a class.
    public var shot: Int
    /// The data sets, with what was meta-trained and meta-tested on.
    public var datasets: [String]
    /// How batch norm was treated, in a few words: "statistics of the current batch (transductive)".
    public var batchNorm: String
    /// Processor and operating system.
    public var machine: String
    /// The configuration's text.
    public var configuration = ""

    /// Information about a run, without its date and the text of its configuration.
    public init(
      version: String, seed: UInt64, threads: Int, way: Int, shot: Int, datasets: [String], batchNorm: String, machine: String
    ) {
      self.version = version
      self.seed = seed
      self.threads = threads
      self.way = way
      self.shot = shot
      self.datasets = datasets
      self.batchNorm = batchNorm
      self.machine = machine
    }
  }

  /// A collection of tasks.
  public struct Split: Codable, Hashable, Sendable {
    /// The name that evaluations refer to.
    public var name: String
    /// A title for readers.
    public var title: String
    /// The accuracy of guessing, usually 1/way.
    public var chance: Double?

    /// A collection of tasks; without `chance` no line for guessing is drawn.
    public init(name: String, title: String, chance: Double? = nil) {
      self.name = name
      self.title = title
      self.chance = chance
    }
  }

  /// A method with its scores and costs. A cost that was not measured is absent.
  public struct Method: Codable, Hashable, Sendable {
    /// The name that comparisons refer to.
    public var name: String
    /// What it did on each split.
    public var evaluations: [Evaluation]
    /// Trainable numbers of the network that is evaluated.
    public var parameters: Int?
    /// Multiply-adds of one image's forward pass.
    public var multiplyAdds: Int?
    /// Wall time of adapting to one task.
    public var secondsPerAdaptation: Double?
    /// Wall time of meta-training.
    public var metaTrainingSeconds: Double?

    /// A method; costs that were not measured are `nil`.
    public init(
      name: String, evaluations: [Evaluation], parameters: Int? = nil, multiplyAdds: Int? = nil,
      secondsPerAdaptation: Double? = nil, metaTrainingSeconds: Double? = nil
    ) {
      self.name = name
      self.evaluations = evaluations
      self.parameters = parameters
      self.multiplyAdds = multiplyAdds
      self.secondsPerAdaptation = secondsPerAdaptation
      self.metaTrainingSeconds = metaTrainingSeconds
    }

    /// The evaluation on a split, if there is one.
    public func evaluation(on split: String) -> Evaluation? { evaluations.first { $0.split == split } }
  }

  /// Query accuracies of one method on one split.
  public struct Evaluation: Codable, Hashable, Sendable {
    /// The split's name.
    public var split: String
    /// The mean over tasks.
    public var mean: Double
    /// Half of the 95 % confidence interval's width.
    public var halfWidth: Double
    /// How many tasks.
    public var tasks: Int
    /// Each task's accuracy in task order; may be empty.
    public var accuracies: [Double]

    /// An evaluation whose mean and interval are already known.
    public init(split: String, mean: Double, halfWidth: Double, tasks: Int, accuracies: [Double] = []) {
      self.split = split
      self.mean = mean
      self.halfWidth = halfWidth
      self.tasks = tasks
      self.accuracies = accuracies
    }

    /// An evaluation from each task's accuracy: mean and Student's 95 % interval.
    ///
    /// - Throws: `StatisticsError` for fewer than two tasks or an accuracy that is not finite.
    public init(split: String, accuracies: [Double]) throws(StatisticsError) {
      let sample = try Sample(accuracies)
      let halfWidth = try sample.confidenceInterval().halfWidth
      self.init(split: split, mean: sample.mean, halfWidth: halfWidth, tasks: accuracies.count, accuracies: accuracies)
    }
  }

  /// Two methods on the same tasks.
  public struct Comparison: Codable, Hashable, Sendable {
    /// The method the difference is taken from.
    public var first: String
    /// The method that is subtracted.
    public var second: String
    /// The split's name.
    public var split: String
    /// The mean of first − second over tasks.
    public var meanDifference: Double
    /// The 95 % confidence interval of the difference.
    public var interval: Interval
    /// The p-value of Wilcoxon's signed-rank test.
    public var pValue: Double
    /// The p-value after Holm's correction over the comparisons of the same split, if there are several.
    public var adjustedPValue: Double?

    /// The paired comparison of two methods on one split, from statistics that are already known.
    public init(
      first: String, second: String, split: String, meanDifference: Double, interval: Interval, pValue: Double,
      adjustedPValue: Double? = nil
    ) {
      self.first = first
      self.second = second
      self.split = split
      self.meanDifference = meanDifference
      self.interval = interval
      self.pValue = pValue
      self.adjustedPValue = adjustedPValue
    }
  }
}
