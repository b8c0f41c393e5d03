import Autodiff
import Bilevel
import NeuralNetworks
import Tensors

/// Initial weights that move towards what tasks make of them (Nichol et al. 2018).
public struct Reptile: FewShotMethod {
  /// `reptile`.
  public static let name = "reptile"
  /// What it does, with its source.
  public static let summary = "initial weights, moved towards what tasks make of them (Nichol et al. 2018)"
  /// The size of an inner step's batch.
  public static let settings = [MethodSetting("batch", \Self.batch, from: 1, to: 1_000_000)]

  /// Images of an inner step; `nil` for all.
  public var batch: Int? = 10

  /// The method with the settings of the authors' code.
  public init() {}

  /// Reptile's outer loop; the outer rate is ε.
  public func trainer(for network: any Network, _ setup: FewShotSetup) -> MetaTrainer<AnyAdaptableModel> {
    MetaTrainer<KeptMomentsModel>.reptile(
      network, innerRate: setup.innerRate, innerSteps: setup.innerSteps, batch: batch, outerRate: setup.outerRate,
      batchNorm: setup.batchNorm
    ).erased
  }
}

/// Reptile's update as if it were a gradient: how far the inner loop moved away, `s₀ − s_T`.
///
/// To first order in the rate it is the sum of the inner gradients; its expectation over mini-batches is that of first-order MAML up to
/// constants (Nichol et al. 2018, §5). It is no derivative of the outer loss, which is only reported. What the inner optimiser remembers
/// from task to task, where the loop has `InnerLoop.startingMoments`, is moved in the same way.
///
/// - Cost: the inner loop and one evaluation of the outer loss. Memory: one gradient.
public struct ReptileDisplacement: HypergradientEstimator {
  /// The estimator; it has no settings.
  public init() {}

  /// `reptile`.
  public var name: String { "reptile" }

  /// No growth: nothing is kept of the steps.
  public func memoryGrowth(in loop: InnerLoop) -> MemoryGrowth { .flat(after: 0) }

  /// Runs the inner loop and returns `s₀ − s_T`, and the displacement of starting moments where the loop has them.
  ///
  /// - Throws: `BilevelError` where a loss is not finite or something does not fit, and what the problem's losses throw.
  public func hypergradient<Problem: BilevelProblem>(
    of problem: Problem, loop: InnerLoop, at outer: [Tensor]
  ) throws -> Hypergradient<Problem.Report> {
    let (start, pullback) = vjp(at: outer, of: problem.initialInner)
    let (inner, moments, losses) = try loop.runWithMoments(problem, outer: outer)
    let (loss, report) = try problem.outerLoss(inner, outer: outer, round: max(0, loop.rounds - 1))
    guard loss.item.isFinite else { throw BilevelError.diverged(what: "the outer loss", step: losses.count) }
    var gradient = zip(outer, pullback(zip(start, inner).map { $0 - $1 })).map { $1 ?? .zeros(like: $0) }
    if let kept = loop.startingMoments {
      for index in inner.indices { gradient[kept.first + index] = outer[kept.first + index] - moments[index][kept.moment] }
      let steps = kept.first + inner.count
      gradient[steps] = Tensor(repeating: -Double(losses.count), shape: [1], outer[steps].elementType)
    }
    return Hypergradient(outerLoss: loss.item, report: report, gradient: gradient, innerLosses: losses, inner: inner)
  }
}

/// A network with Adam's second moments of all its weights, which Reptile keeps from one task to the next.
///
/// ω is the weights, then `moment.NAME` of each, then the number of steps behind the moments; only the weights classify.
public struct KeptMomentsModel: AdaptableModel {
  /// The network that classifies.
  public let network: any Network
  /// The network's weights, their moments, and the number of steps.
  public let layout: ParameterLayout

  /// A model whose ω is a network's weights, their moments and a count of steps; moments and count begin at 0.
  public init(_ network: any Network) {
    self.network = network
    let weights = network.layout.entries
    layout = ParameterLayout(
      entries: weights
        + weights.map { .init(name: "moment.\($0.name)", shape: $0.shape, initializer: .constant(0)) }
        + [.init(name: "moment.steps", shape: [1], initializer: .constant(0))])
  }

  /// The network's weights adapt; the moments are only read.
  public var adaptedCount: Int { network.layout.entries.count }
  /// The network's weights, without the moments.
  public var parameterCount: Int { network.layout.scalarCount }

  /// The network's scores; moments have no part in them.
  public func logits(_ parameters: [Tensor], images: Tensor, context: ForwardContext) -> Tensor {
    network.logits(Array(parameters.prefix(adaptedCount)), images: images, context: context)
  }
}

extension MetaTrainer where Model == KeptMomentsModel {
  /// Reptile: `w ← w + ε (mean of the adapted weights − w)`, the inner loop being plain training with Adam without momentum on mini-batches
  /// (Nichol et al. 2018, Alg. 2; hyperparameters of their code for Omniglot 5-way).
  ///
  /// Adam's second moments go on from task to task, in training and in evaluation, as in the authors' code, which resets only the
  /// weights. It matters: an Adam that starts anew moves every weight by the whole rate in its first step, for any gradient. Where the
  /// authors go through the tasks of a batch one after the other, all start from the same moments here and the means of where they end
  /// are kept (ε of the way), so that tasks can run side by side.
  ///
  /// A task is not split: support and query images are trained on alike, and the query accuracy of the training is that of images seen.
  ///
  /// - Parameters:
  ///   - network: the network whose weights are learnt.
  ///   - innerRate: Adam's rate in the inner steps.
  ///   - innerSteps: inner steps of a task.
  ///   - batch: images of an inner step.
  ///   - outerRate: ε, at the start of the training; the authors let it fall to 0 linearly (`RateSchedule.linear`).
  ///   - batchNorm: which statistics batch norms use for query images.
  public static func reptile(
    _ network: any Network, innerRate: Double = 1e-3, innerSteps: Int = 5, batch: Int? = 10, outerRate: Double = 1,
    batchNorm: BatchNormPolicy = .transductive
  ) -> MetaTrainer {
    let model = KeptMomentsModel(network)
    var trainer = MetaTrainer(
      model: model,
      loop: InnerLoop(
        Adam(learningRate: innerRate, beta1: 0), rounds: innerSteps
      ).starting(with: StartingMoments(first: model.adaptedCount, moment: 1)),
      estimator: ReptileDisplacement(), batchNorm: batchNorm,
      blocks: [
        ParameterBlock(name: "weights", range: 0..<model.layout.entries.count, optimizer: SGD(learningRate: outerRate))
      ])
    trainer.trainsOnQuery = true
    trainer.batch = batch
    return trainer
  }
}
