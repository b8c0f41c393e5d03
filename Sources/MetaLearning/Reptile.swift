import Autodiff
import Bilevel
import Layers
import Optimizers
import Tensors

/// Reptile's update as if it were a gradient: how far the inner loop moved away, `s₀ − s_T`.
///
/// To first order in the rate it is the sum of the inner gradients; its expectation over mini-batches is that of first-order MAML up to
/// constants (Nichol et al. 2018, §5). It is no derivative of the outer loss, which is only reported.
///
/// - Cost: the inner loop and one evaluation of the outer loss. Memory: one gradient.
public struct ReptileDisplacement: HypergradientEstimator {
  public init() {}

  public var name: String { "reptile" }

  public func memoryGrowth(in loop: InnerLoop) -> MemoryGrowth { .flat(after: 0) }

  public func hypergradient<Problem: BilevelProblem>(
    of problem: Problem, loop: InnerLoop, at outer: [Tensor]
  ) throws -> Hypergradient<Problem.Report> {
    let (start, pullback) = vjp(at: outer, of: problem.initialInner)
    let (inner, losses) = try loop.run(problem, from: start, outer: outer)
    let (loss, report) = try problem.outerLoss(inner, outer: outer, round: max(0, loop.rounds - 1))
    guard loss.item.isFinite else { throw BilevelError.diverged(what: "the outer loss", step: losses.count) }
    let gradient = zip(outer, pullback(zip(start, inner).map { $0 - $1 })).map { $1 ?? .zeros(like: $0) }
    return Hypergradient(outerLoss: loss.item, report: report, gradient: gradient, innerLosses: losses, inner: inner)
  }
}

extension MetaTrainer where Model == NetworkModel {
  /// Reptile: `w ← w + ε (mean of the adapted weights − w)`, the inner loop being plain training with Adam without momentum on mini-batches
  /// (Nichol et al. 2018, Alg. 2; hyperparameters of their code for Omniglot 5-way).
  ///
  /// A task is not split: support and query images are trained on alike, and the query accuracy of the training is that of images seen.
  ///
  /// - Parameters:
  ///   - batch: images of an inner step.
  ///   - outerRate: ε, at the start of the training; the authors let it fall to 0 in a line (``Optimizers/RateSchedule/linear``).
  public static func reptile(
    _ network: any Network, innerRate: Double = 1e-3, innerSteps: Int = 5, batch: Int? = 10, outerRate: Double = 1,
    batchNorm: BatchNormPolicy = .transductive
  ) -> MetaTrainer {
    let model = NetworkModel(network)
    return MetaTrainer(
      model: model, loop: InnerLoop(Adam(learningRate: innerRate, beta1: 0), rounds: innerSteps),
      estimator: ReptileDisplacement(), batchNorm: batchNorm,
      blocks: [
        ParameterBlock(name: "weights", range: 0..<model.layout.entries.count, optimizer: SGD(learningRate: outerRate))
      ], trainsOnQuery: true, batch: batch)
  }
}
