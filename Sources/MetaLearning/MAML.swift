import Bilevel
import NeuralNetworks

extension MetaTrainer where Model == NetworkModel {
  /// Model-agnostic meta-learning of a network's initial weights (Finn et al., ICML 2017, Alg. 2).
  ///
  /// - Parameters:
  ///   - innerRate: α, the rate of the inner gradient steps.
  ///   - innerSteps: gradient steps on the support set.
  ///   - estimator: ``Bilevel/UnrolledRematerialized`` for MAML, ``Bilevel/FirstOrder`` for FOMAML.
  ///   - outer: the outer optimiser; the papers use Adam with 1e-3.
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
