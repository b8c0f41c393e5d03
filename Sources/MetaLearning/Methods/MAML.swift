import Bilevel
import NeuralNetworks

/// Model-agnostic meta-learning of initial weights (Finn et al., ICML 2017).
public struct MAML: FewShotMethod {
  /// `maml`.
  public static let name = "maml"
  /// What it does, with its source.
  public static let summary = "initial weights of a network (Finn et al., ICML 2017)"

  /// The method; it has no settings of its own.
  public init() {}

  /// MAML's outer loop.
  public func trainer(for network: any Network, _ setup: FewShotSetup) -> MetaTrainer<AnyAdaptableModel> {
    MetaTrainer<NetworkModel>.maml(
      network, innerRate: setup.innerRate, innerSteps: setup.innerSteps, estimator: setup.estimator, outer: setup.outer,
      batchNorm: setup.batchNorm, gradientClip: setup.gradientClip
    ).erased
  }
}

extension MetaTrainer where Model == NetworkModel {
  /// Model-agnostic meta-learning of a network's initial weights (Finn et al., ICML 2017, Alg. 2).
  ///
  /// - Parameters:
  ///   - network: the classifier whose initial weights are learned.
  ///   - innerRate: α, the rate of the inner gradient steps.
  ///   - innerSteps: gradient steps on the support set.
  ///   - estimator: `UnrolledRematerialized` for MAML, `FirstOrder` for FOMAML.
  ///   - outer: the outer optimiser; the papers use Adam with 1e-3.
  ///   - batchNorm: whose statistics normalise the query images.
  ///   - gradientClip: the bound on every element of the meta-gradient, in ±; `nil` for no clipping.
  public static func maml(
    _ network: any Network, innerRate: Double, innerSteps: Int, estimator: any HypergradientEstimator = FirstOrder(),
    outer: any Optimizer = Adam(), batchNorm: BatchNormPolicy = .transductive, gradientClip: Double? = nil
  ) -> MetaTrainer {
    let model = NetworkModel(network)
    let count = model.layout.entries.count
    let loop = InnerLoop(round: [GradientStep(rates: Array(repeating: innerRate, count: count))], rounds: innerSteps)
    return MetaTrainer(
      model: model, loop: loop, estimator: estimator, batchNorm: batchNorm,
      blocks: [ParameterBlock(name: "weights", range: 0..<count, optimizer: outer)], gradientClip: gradientClip)
  }
}
