import Autodiff
import Basics
import Bilevel
import CellNetworks
import Datasets
import MetaLearning
import NeuralNetworks
import SearchSpaces
import SearchStrategies
import SupernetSearch
import Tensors

/// Judges architectures by how well their networks adapt to few-shot tasks.
public struct AdaptationMethod: EstimatorMethod {
  /// What can be set.
  public struct Settings: Codable, Hashable, Sendable {
    /// Classes of a task.
    public var way = 5
    /// Support images of a class.
    public var shots = 5
    /// Query images of a class.
    public var queries = 5
    /// Tasks, the same for every architecture.
    public var tasks = 20
    /// Steps of SGD on a task's support images.
    public var steps = 5
    /// The learning rate of these steps.
    public var rate = 0.1
    /// Channels of the networks at the beginning; 0 for `SizedNetworkSpace.trainedSize`.
    public var channels = 0
    /// Cells of the networks, as the space counts them; 0 for `SizedNetworkSpace.trainedSize`.
    public var cells = 0

    /// The usual settings.
    public init() {}
  }

  /// The settings; by default 20 tasks of 5 ways and 5 shots, 5 steps at a rate of 0.1.
  public var settings = Settings()

  /// A method with the usual settings.
  public init() {}

  /// The estimator's name: `adapt`.
  public var name: String { "adapt" }
  /// What the score is: the mean query accuracy in percent.
  public var summary: String { "mean query accuracy in percent after adapting to few-shot tasks" }
  /// What it wants of the images: as many classes as a task has.
  public var needs: String { "images of `way` classes or more" }

  /// Checks that counts and sizes are in range: 2 ways or more, 1 shot, query or task or more, a rate in (0, 1000].
  ///
  /// - Throws: `MethodError.badSetting` for the first setting that is out of its range.
  public func checkSettings() throws(MethodError) {
    for (setting, value, range) in [
      ("way", settings.way, 2...10_000), ("shots", settings.shots, 1...10_000), ("queries", settings.queries, 1...10_000),
      ("tasks", settings.tasks, 1...100_000), ("steps", settings.steps, 0...10_000), ("channels", settings.channels, 0...4_096),
      ("cells", settings.cells, 0...100),
    ] { try require(value, setting, in: range, "from \(range.lowerBound) to \(range.upperBound)") }
    try require(settings.rate, "rate", in: 1e-12...1e3, "above 0, and 1000 at most")
  }

  /// An estimator that adapts each network to the same tasks, drawn from all classes of the data set.
  ///
  /// - Throws: `TaskError` where the data set cannot fill a task; `SupernetImages.Failure` for images that are not square or of one
  ///   class; `MethodError` where a number of images is given; what the space throws for a size that cannot be built.
  public func estimator<Space: SizedNetworkSpace>(
    for space: Space, on data: EstimatorData
  ) throws -> any PerformanceEstimator<Space.Architecture> {
    try SupernetImages.check(data.dataset)
    guard data.imageCount == nil else {
      throw MethodError.badSetting(
        method: name, name: "the number of images", value: "\(data.imageCount ?? 0)",
        allowed: "left out; way, shots, queries and tasks say what it looks at")
    }
    let shape = try TaskShape(way: settings.way, shot: settings.shots, queriesPerClass: settings.queries)
    // Architectures are chosen by these tasks, so that they are validation tasks, whatever is trained on other classes later.
    let classes = try ClassSplit.whole(data.dataset, as: .metaValidation).pool(MetaValidation.self, of: data.dataset)
    let distribution = try TaskDistribution(sources: [classes], shape: shape, seed: data.seed)
    let maker = try EpisodeMaker(datasets: [data.dataset])
    let tasks = try distribution.descriptions(in: 0..<settings.tasks).map { FewShotTask(try maker.episode($0)).inColour }
    let space = try space.resized(
      channels: settings.channels, cells: settings.cells, usual: Space.trainedSize, classes: settings.way,
      side: data.dataset.height, of: name)
    return AdaptationEstimator(
      space: space, tasks: tasks, loop: InnerLoop(SGD(learningRate: settings.rate), rounds: settings.steps), seed: data.seed)
  }
}

/// Judges an architecture by adapting its network to few-shot tasks, each from the same first weights: the mean query accuracy in percent.
///
/// Query images are normalised by their own batch's statistics, as in MAML (`BatchNormPolicy.transductive`).
public struct AdaptationEstimator<Space: NetworkSpace>: PerformanceEstimator {
  /// The space, with networks for the tasks' images and as many outputs as they have classes.
  public let space: Space
  /// The tasks.
  public let tasks: [FewShotTask]
  /// How a network adapts.
  public let loop: InnerLoop
  /// Determines first weights.
  public let seed: UInt64

  /// An estimator that adapts to these tasks by this loop.
  ///
  /// - Precondition: at least one task.
  public init(space: Space, tasks: [FewShotTask], loop: InnerLoop, seed: UInt64) {
    precondition(!tasks.isEmpty, "adaptation needs tasks")
    self.space = space
    self.tasks = tasks
    self.loop = loop
    self.seed = seed
  }

  /// Nothing is trained for epochs.
  public var epochs: [Int] { [0] }
  /// True: the seconds are measured on this machine.
  public var measuresSeconds: Bool { true }

  /// The mean query accuracy in percent, each task adapted to from the same initial weights; `epochs` is not read.
  ///
  /// - Throws: what the space throws for an architecture that cannot be built, `BilevelError` where a loss is not finite.
  public func estimate(_ architecture: Space.Architecture, epochs: Int) throws -> PerformanceEstimate {
    let clock = ContinuousClock()
    let start = clock.now
    let model = NetworkModel(try space.network(of: architecture))
    let weights = model.layout.initialParameters(seed: seed)
    var sum = 0.0
    for task in tasks {
      sum += try adapt(model, from: weights, to: task, loop: loop, batchNorm: .transductive).accuracy
    }
    return PerformanceEstimate(score: 100 * sum / Double(tasks.count), seconds: (clock.now - start) / .seconds(1))
  }
}

extension FewShotTask {
  /// The task with grey images as three equal channels, which the networks of search spaces want.
  fileprivate var inColour: FewShotTask {
    func colour(_ images: Tensor) -> Tensor { concatenate([images, images, images], axis: 3) }
    guard supportImages.shape[3] == 1 else { return self }
    return FewShotTask(
      supportImages: colour(supportImages), supportLabels: supportTargets.rowArgmax, queryImages: colour(queryImages),
      queryLabels: queryLabels, way: way)
  }
}
