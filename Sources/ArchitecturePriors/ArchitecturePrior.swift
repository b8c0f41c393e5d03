import Bilevel
import Datasets
import MetaLearning
import NeuralNetworks
import SearchSpaces

/// A method that meta-learns a prior over architectures, as T-NAS does: a supernet is meta-trained, a cell is decoded from it, and the
/// network of that cell may be meta-trained after it.
///
/// A prior is a value with its settings as stored properties, and no state. It is one file, and one line in `MethodRegistry`.
public protocol ArchitecturePrior: MetaLearner {
  /// What is meta-trained: weights and architecture parameters.
  associatedtype Model: AdaptableModel

  /// The outer loop of the prior over a space.
  func trainer(on space: DARTSSpace, _ setup: PriorSetup) throws -> MetaTrainer<Model>
  /// The inner loop that adapts to a test task.
  ///
  /// - Parameters:
  ///   - model: what is meta-trained, weights and architecture parameters.
  ///   - setup: the settings of the configuration.
  ///   - steps: inner steps.
  ///   - isFrozen: whether only the weights adapt and the architecture stays as it is.
  func testLoop(for model: Model, _ setup: PriorSetup, steps: Int, isFrozen: Bool) -> InnerLoop
  /// The cell for all tasks.
  ///
  /// - Parameters:
  ///   - model: what was meta-trained, weights and architecture parameters.
  ///   - parameters: the prior as meta-trained.
  ///   - tasks: meta-validation tasks, which it may adapt to.
  /// - Throws: `BilevelError` where an adaptation diverges.
  func decode(_ model: Model, _ parameters: ParameterTree, by tasks: DecodingTasks) throws -> Genotype
}

/// What a configuration says to every prior.
public struct PriorSetup: Sendable {
  /// How architecture parameters and weights take turns, and at what rates.
  public struct Architecture: Sendable {
    /// Whether a step of the weights goes before one of the architecture; both at once where not.
    public var isAlternating: Bool
    /// β_in, the rate of the architecture parameters in inner steps.
    public var innerRate: Double
    /// The optimiser of the architecture parameters in outer steps.
    public var outer: Adam

    /// Turns and rates; the usual ones by default.
    public init(
      isAlternating: Bool = false, innerRate: Double = 30,
      outer: Adam = Adam(learningRate: 1e-3, beta1: 0.5, beta2: 0.999, weightDecay: 1e-3)
    ) {
      self.isAlternating = isAlternating
      self.innerRate = innerRate
      self.outer = outer
    }
  }

  /// What few-shot methods are told as well.
  public var common: FewShotSetup
  /// What concerns architecture parameters.
  public var architecture: Architecture

  /// Settings; the usual ones by default.
  public init(common: FewShotSetup = FewShotSetup(), architecture: Architecture = Architecture()) {
    self.common = common
    self.architecture = architecture
  }
}

/// The tasks that a prior may look at to decode a cell, and how it adapts to them.
public struct DecodingTasks: Sendable {
  /// Meta-validation tasks.
  public var tasks: TaskDistribution<MetaValidation>
  /// Makes the tasks' pictures.
  public var maker: EpisodeMaker
  /// How many tasks, at least 1.
  public var count: Int
  /// The inner loop of an adaptation.
  public var loop: InnerLoop
  /// Which statistics batch norms use for query images.
  public var batchNorm: BatchNormPolicy
  /// Tasks at a time; no result depends on it.
  public var threads: Int

  /// Tasks to decode by.
  public init(
    _ tasks: TaskDistribution<MetaValidation>, maker: EpisodeMaker, count: Int, loop: InnerLoop, batchNorm: BatchNormPolicy,
    threads: Int
  ) {
    self.tasks = tasks
    self.maker = maker
    self.count = max(1, count)
    self.loop = loop
    self.batchNorm = batchNorm
    self.threads = threads
  }
}

extension ArchitecturePrior where Model == SupernetModel {
  /// The strongest operations of θ, averaged over the adaptations to all tasks.
  ///
  /// - Throws: `BilevelError` where an adaptation diverges, `GenotypeError` where θ is not finite.
  public func decode(_ model: SupernetModel, _ parameters: ParameterTree, by tasks: DecodingTasks) throws -> Genotype {
    try model.supernet.decode(
      meanAdaptedArchitecture(
        model, parameters, loop: tasks.loop, batchNorm: tasks.batchNorm, tasks: tasks.tasks, maker: tasks.maker,
        count: tasks.count, threads: tasks.threads))
  }
}
