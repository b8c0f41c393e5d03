import ArchitecturePriors
import Bilevel
import Datasets
import MetaLearning
import NeuralNetworks
import Runs
import SearchSpaces
import Statistics
import Tensors

/// What a run has learned, ready to adapt: the newest checkpoint of a run folder with its models.
public struct TrainedPrior: Sendable {
  /// Something of a run that can adapt.
  public struct Learner: Sendable {
    /// `"prior"`, `"prior, θ frozen"`, `"decoded"`, `"conv-4"`.
    public var name: String
    /// What adapts.
    public var model: any AdaptableModel
    /// What it starts from, as meta-trained.
    public var parameters: ParameterTree
    /// The steps of an adaptation.
    public var loop: InnerLoop
    /// Parameters of the network that classifies (`AdaptableModel.parameterCount`) and multiply-adds of one image.
    public var cost: NetworkCost
  }

  /// That of the run.
  public let configuration: Configuration
  /// Height, width and channels of the images that it takes.
  public let imageShape: [Int]
  /// How pictures become such images, by data set.
  public let readings: RunReadings
  /// The models, the one that adapts architectures first where there is one.
  public let learners: [Learner]
  /// Classes of the tasks that it was trained on.
  public let trainedWay: Int
  /// Tasks seen in meta-training.
  public let tasksSeen: Int
  /// The genotype decoded after the search.
  public let genotype: Genotype?

  /// Reads the newest checkpoint of a run.
  ///
  /// - Parameters:
  ///   - run: the folder of the run.
  ///   - configuration: the run's own with changes to how it adapts; `nil` for the run's own. Models have as many outputs as in
  ///     the training, whatever its `task.way` says; tasks may have any number of classes.
  ///   - imageShape: height, width and channels of the run's images; `nil` to be told by the checkpoint.
  /// - Throws: `RunError` where there is no run or no checkpoint, `CheckpointError` where it is damaged.
  public init(run: RunDirectory, configuration: Configuration? = nil, imageShape: [Int]? = nil) throws {
    self.configuration = configuration ?? run.configuration
    var configuration = self.configuration
    configuration.task.way = run.configuration.task.way
    let checkpoint = try run.latestCheckpoint()
    self.imageShape = try imageShape ?? Self.imageShape(of: checkpoint, run: run, configuration: run.configuration)
    readings = try RunReadings(run: run)
    tasksSeen = checkpoint.tasksSeen
    genotype = try PriorRun.genotype(in: checkpoint)
    trainedWay = run.configuration.task.way
    let plan = try configuration.stagePlan(imageShape: self.imageShape)
    guard let parameters = try plan.first.parameters(from: checkpoint) else { throw RunError(.noCheckpoint, path: run.path) }
    var learners = plan.learners.map { learner in
      Learner(
        name: learner.name, model: plan.first.model, parameters: parameters, loop: learner.loop, cost: plan.first.cost)
    }
    if let genotype, plan.decoding != nil {
      let decoded = try configuration.decodedStage(genotype, imageShape: self.imageShape)
      if let parameters = try decoded.parameters(from: checkpoint) {
        learners.append(
          Learner(
            name: "decoded", model: decoded.model, parameters: parameters, loop: decoded.testLoop, cost: decoded.cost))
      }
    }
    self.learners = learners
  }

  /// Whether the adaptation of a learner depends on a key of `Configuration.learnerKeys`.
  public func depends(_ learner: Learner, on key: String) -> Bool {
    switch (learner.name, key) {
    case ("decoded", _): key.hasPrefix("decoded.")
    case ("prior, θ frozen", "inner.architecture_rate"): false
    case (_, "inner.architecture_rate"): configuration.learnsArchitecture
    default: key.hasPrefix("inner.") && configuration.method.type?.hasInnerLoop ?? true
    }
  }

  /// Accuracies of one learner on the tasks `0..<count` of a distribution.
  ///
  /// - Throws: `BilevelError` where an adaptation diverges.
  public func evaluate<Split: SplitTag>(
    _ learner: Learner, on tasks: TaskDistribution<Split>, maker: EpisodeMaker, count: Int, threads: Int,
    progress: @escaping @Sendable (Int) -> Void = { _ in }
  ) throws -> FewShotEvaluation {
    try evaluateOpened(learner.model, learner, on: tasks, maker: maker, count: count, threads: threads, progress: progress)
  }

  private func evaluateOpened<Split: SplitTag>(
    _ model: some AdaptableModel, _ learner: Learner, on tasks: TaskDistribution<Split>, maker: EpisodeMaker, count: Int,
    threads: Int, progress: @escaping @Sendable (Int) -> Void
  ) throws -> FewShotEvaluation {
    try FewShotLearner(
      model, parameters: learner.parameters, loop: learner.loop, batchNorm: configuration.batchNorm, outputs: trainedWay
    ).evaluate(on: tasks, maker: maker, count: count, threads: threads, progress: progress)
  }
}
