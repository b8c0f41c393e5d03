import Bilevel
import NeuralNetworks

/// Initial weights and a rate for each of them (Li et al. 2017).
public struct MetaSGD: FewShotMethod {
  /// `meta-sgd`.
  public static let name = "meta-sgd"
  /// What it does, with its source.
  public static let summary = "initial weights and a rate for each of them (Li et al. 2017)"

  /// The method; it has no settings of its own.
  public init() {}

  /// Meta-SGD's outer loop; the inner rate is the first value of all rates.
  public func trainer(for network: any Network, _ setup: FewShotSetup) -> MetaTrainer<AnyAdaptableModel> {
    MetaTrainer<LearnedRateModel>.metaSGD(
      network, initialRate: setup.innerRate, innerSteps: setup.innerSteps, estimator: setup.estimator, outer: setup.outer,
      batchNorm: setup.batchNorm, gradientClip: setup.gradientClip
    ).erased
  }
}

extension MetaTrainer where Model == LearnedRateModel {
  /// Meta-SGD: the start and a rate for every single weight are meta-learned together, `w' = w − a ∘ ∇L(w)` (Li et al. 2017, eq. 3, Alg.
  /// 1).
  ///
  /// - Parameters:
  ///   - network: the network whose weights are meta-learned.
  ///   - initialRate: the first value of all rates. The authors draw them from a narrow range; equal ones make the first step
  ///     MAML's.
  ///   - innerSteps: 1 in the paper.
  ///   - estimator: exact in the paper; with first order the rates still get their gradient.
  ///   - outer: the outer optimiser, of the start and of the rates.
  ///   - batchNorm: whose statistics normalise the query images.
  ///   - gradientClip: the bound on every element of the meta-gradient, in ±; `nil` for no clipping.
  public static func metaSGD(
    _ network: any Network, initialRate: Double = 0.1, innerSteps: Int = 1,
    estimator: any HypergradientEstimator = UnrolledRematerialized(), outer: any Optimizer = Adam(),
    batchNorm: BatchNormPolicy = .transductive, gradientClip: Double? = nil
  ) -> MetaTrainer {
    let model = LearnedRateModel(network, initialRate: initialRate)
    let count = model.adaptedCount
    return MetaTrainer(
      model: model, loop: InnerLoop(rounds: innerSteps, learnedRates: LearnedRates(.perParameter, first: count)),
      estimator: estimator, batchNorm: batchNorm,
      blocks: [
        ParameterBlock(name: "weights", range: 0..<count, optimizer: outer),
        ParameterBlock(name: "rates", range: count..<2 * count, optimizer: outer),
      ], gradientClip: gradientClip)
  }
}
