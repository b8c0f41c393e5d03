import Bilevel
import NeuralNetworks

/// Almost no inner loop: only the head adapts (Raghu et al., ICLR 2020).
public struct ANIL: FewShotMethod {
  /// `anil`.
  public static let name = "anil"
  /// What it does, with its source.
  public static let summary = "MAML with only the head adapting (Raghu et al., ICLR 2020)"

  /// The method; it has no settings of its own.
  public init() {}

  /// ANIL's outer loop.
  public func trainer(for network: any Network, _ setup: FewShotSetup) -> MetaTrainer<AnyAdaptableModel> {
    MetaTrainer<NetworkModel>.anil(
      network, innerRate: setup.innerRate, innerSteps: setup.innerSteps, estimator: setup.estimator, outer: setup.outer,
      batchNorm: setup.batchNorm, gradientClip: setup.gradientClip
    ).erased
  }
}

extension MetaTrainer where Model == NetworkModel {
  /// Almost no inner loop: only the head adapts to a task; the features are what the outer loop makes of them (Raghu et al., ICLR 2020,
  /// §4).
  ///
  /// The head is what the network's layout calls `head.…`. Second derivatives reach no further than from the head into the features, so
  /// that the exact gradient costs little.
  public static func anil(
    _ network: any Network, innerRate: Double, innerSteps: Int, estimator: any HypergradientEstimator = UnrolledRematerialized(),
    outer: any Optimizer = Adam(), batchNorm: BatchNormPolicy = .transductive, gradientClip: Double? = nil
  ) -> MetaTrainer {
    var trainer = maml(
      network, innerRate: innerRate, innerSteps: innerSteps, estimator: estimator, outer: outer, batchNorm: batchNorm,
      gradientClip: gradientClip)
    trainer.loop.round = [GradientStep(rates: network.layout.names.map { $0.hasPrefix("head.") ? innerRate : 0 })]
    return trainer
  }
}
