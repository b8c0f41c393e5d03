import Bilevel
import NeuralNetworks

/// A method that meta-trains a network which somebody chose: MAML and its kin, Reptile, prototypical networks.
///
/// Your own is a value that makes a trainer:
///
/// ```swift
/// struct SlowMAML: FewShotMethod {
///   static let name = "slow-maml"
///   static let summary = "MAML whose inner rate is divided"
///   static let settings = [MethodSetting("divisor", \Self.divisor, from: 1, to: 100)]
///   var divisor = 2.0
///   func trainer(for network: any Network, _ setup: FewShotSetup) -> MetaTrainer<AnyAdaptableModel> {
///     MetaTrainer<NetworkModel>.maml(network, innerRate: setup.innerRate / divisor, innerSteps: setup.innerSteps).erased
///   }
/// }
/// ```
public protocol FewShotMethod: MetaLearner {
  /// The outer loop for a network: its model, inner loop, estimator of the meta-gradient, and optimisers.
  ///
  /// - Parameters:
  ///   - network: the network whose weights are learnt.
  ///   - setup: what all methods have in common.
  func trainer(for network: any Network, _ setup: FewShotSetup) -> MetaTrainer<AnyAdaptableModel>
}

/// What a configuration says to every method.
public struct FewShotSetup: Sendable {
  /// α, the rate of the inner steps.
  public var innerRate: Double
  /// Inner steps of a training task.
  public var innerSteps: Int
  /// How the meta-gradient is estimated.
  public var estimator: any HypergradientEstimator
  /// The rate of the outer steps.
  public var outerRate: Double
  /// Which statistics batch norms use for query images.
  public var batchNorm: BatchNormPolicy
  /// Every element of the meta-gradient is clipped to ± this; `nil` for no clipping.
  public var gradientClip: Double?

  /// Settings; the usual ones by default: five inner steps at 0.1, first order, Adam with 1e-3.
  public init(
    innerRate: Double = 0.1, innerSteps: Int = 5, estimator: any HypergradientEstimator = FirstOrder(), outerRate: Double = 1e-3,
    batchNorm: BatchNormPolicy = .transductive, gradientClip: Double? = nil
  ) {
    self.innerRate = innerRate
    self.innerSteps = innerSteps
    self.estimator = estimator
    self.outerRate = outerRate
    self.batchNorm = batchNorm
    self.gradientClip = gradientClip
  }

  /// Adam with the outer rate.
  public var outer: Adam { Adam(learningRate: outerRate) }
}
