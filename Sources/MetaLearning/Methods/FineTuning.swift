import Bilevel
import NeuralNetworks
import Tensors

/// No meta-learning: random weights, fine-tuned on every task by Adam.
public struct FineTuning: FewShotMethod {
  /// `fine-tune`.
  public static let name = "fine-tune"
  /// What it does.
  public static let summary = "no meta-learning: random weights, fine-tuned on every task by Adam"
  /// Every task begins anew.
  public static let isMetaTrained = false

  /// The method; it has no settings of its own.
  public init() {}

  /// A loop whose outer steps change nothing; the inner rate is Adam's.
  public func trainer(for network: any Network, _ setup: FewShotSetup) -> MetaTrainer<AnyAdaptableModel> {
    MetaTrainer<NetworkModel>.fineTuning(
      network, optimizer: Adam(learningRate: setup.innerRate), steps: setup.innerSteps, batchNorm: setup.batchNorm
    ).erased
  }
}

/// Leaves the start as it is: what a baseline without meta-learning does with a task.
///
/// - Cost: the inner loop and one evaluation of the outer loss.
public struct FixedStart: HypergradientEstimator {
  /// The estimator; it has no settings.
  public init() {}

  /// `fixed-start`.
  public var name: String { "fixed-start" }

  /// No growth: nothing is kept of the steps.
  public func memoryGrowth(in loop: InnerLoop) -> MemoryGrowth { .flat(after: 0) }

  /// Runs the inner loop and evaluates the outer loss; the gradient is zero.
  ///
  /// - Throws: `BilevelError` where a loss is not finite or something does not fit, and what the problem's losses throw.
  public func hypergradient<Problem: BilevelProblem>(
    of problem: Problem, loop: InnerLoop, at outer: [Tensor]
  ) throws -> Hypergradient<Problem.Report> {
    var result = try ReptileDisplacement().hypergradient(of: problem, loop: loop, at: outer)
    result.gradient = outer.map { .zeros(like: $0) }
    return result
  }
}

extension MetaTrainer where Model == NetworkModel {
  /// Plain fine-tuning of a network on the support set, from random weights or from given ones: what meta-learning has to beat.
  ///
  /// Outer steps change nothing; they only measure. To fine-tune what another training has left, adapt from its parameters with this
  /// trainer's loop.
  ///
  /// - Parameters:
  ///   - network: the network that is fine-tuned.
  ///   - optimizer: Adam with 1e-3, as practitioners would; its steps are the inner loop's.
  ///   - steps: inner steps on a task's support set.
  ///   - batchNorm: whose statistics normalise the query images.
  public static func fineTuning(
    _ network: any Network, optimizer: any InnerOptimizer = Adam(), steps: Int = 50,
    batchNorm: BatchNormPolicy = .transductive
  ) -> MetaTrainer {
    let model = NetworkModel(network)
    return MetaTrainer(
      model: model, loop: InnerLoop(optimizer, rounds: steps), estimator: FixedStart(), batchNorm: batchNorm,
      blocks: [
        ParameterBlock(name: "weights", range: 0..<model.layout.entries.count, optimizer: SGD(learningRate: 0))
      ])
  }
}
