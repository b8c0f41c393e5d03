import Bilevel
import CellNetworks
import MetaLearning
import NeuralNetworks
import SearchSpaces

/// T-NAS: meta-learns weights w̃ and architecture parameters θ̃ of a supernet, so that a few gradient steps on a task's support set adapt
/// both (Lian et al., *Towards Fast Adaptation of Neural Architectures with Meta Learning*, ICLR 2020).
public struct TNAS: Sendable, Hashable {
  /// The order of the inner updates.
  public enum Variant: String, Sendable, Hashable, Codable, CaseIterable {
    /// First w at (θ, w), then θ at (θ, the new w): eq. 3–4.
    case alternating
    /// Both at once from one gradient: eq. 5–6, half the work.
    case simultaneous
  }

  /// How the inner steps go.
  public var variant: Variant
  /// M, the inner steps.
  public var steps: Int
  /// α_in, the rate of w.
  public var weightRate: Double
  /// β_in, the rate of θ. As large as 30 because θ starts near 0, where the softmax is flat; 0 freezes θ.
  public var architectureRate: Double

  /// The paper's settings (§5.2).
  public init(
    variant: Variant = .simultaneous, steps: Int = 5, weightRate: Double = 0.1, architectureRate: Double = 30
  ) {
    self.variant = variant
    self.steps = steps
    self.weightRate = weightRate
    self.architectureRate = architectureRate
  }

  /// The inner loop for a model.
  public func loop(for model: SupernetModel) -> InnerLoop {
    let weights = Array(repeating: weightRate, count: model.weightRange.count)
    let architecture = Array(repeating: architectureRate, count: model.architectureRange.count)
    let noWeights = Array(repeating: 0.0, count: weights.count)
    let noArchitecture = Array(repeating: 0.0, count: architecture.count)
    let round: [GradientStep]
    if architectureRate == 0 {
      round = [GradientStep(rates: weights + noArchitecture)]
    } else {
      switch variant {
      case .simultaneous: round = [GradientStep(rates: weights + architecture)]
      case .alternating:
        round = [GradientStep(rates: weights + noArchitecture), GradientStep(rates: noWeights + architecture)]
      }
    }
    return InnerLoop(round: round, rounds: steps)
  }

  /// The outer loop for a supernet (Alg. 1).
  ///
  /// - Parameters:
  ///   - supernet: the network whose weights and architecture parameters are learnt.
  ///   - estimator: the paper ran first order; the exact gradient is eq. 3–4 to the letter.
  ///   - weightOptimizer: Adam with α_out = 1e-3.
  ///   - architectureOptimizer: Adam with β_out = 1e-3, betas (0.5, 0.999) and weight decay 1e-3, as in the authors' code.
  ///   - batchNorm: which statistics batch norms use for query images.
  ///   - gradientClip: every element of the meta-gradient is clipped to ± this; `nil` for no clipping.
  public func trainer(
    for supernet: Supernet, estimator: any HypergradientEstimator = FirstOrder(),
    weightOptimizer: any Optimizer = Adam(learningRate: 1e-3),
    architectureOptimizer: any Optimizer = Adam(learningRate: 1e-3, beta1: 0.5, beta2: 0.999, weightDecay: 1e-3),
    batchNorm: BatchNormPolicy = .transductive, gradientClip: Double? = nil
  ) -> MetaTrainer<SupernetModel> {
    let model = SupernetModel(supernet)
    return MetaTrainer(
      model: model, loop: loop(for: model), estimator: estimator, batchNorm: batchNorm,
      blocks: [
        ParameterBlock(name: "weights", range: model.weightRange, optimizer: weightOptimizer),
        ParameterBlock(name: "architecture", range: model.architectureRange, optimizer: architectureOptimizer),
      ], gradientClip: gradientClip)
  }
}

extension TNAS: ArchitecturePrior {
  /// `t-nas`.
  public static let name = "t-nas"
  /// What it does, with its source.
  public static let summary = "weights and architecture parameters of a supernet (Lian et al., ICLR 2020)"

  /// The paper's settings.
  public init() { self.init(variant: .simultaneous) }

  private func told(_ setup: PriorSetup, steps: Int, isFrozen: Bool = false) -> TNAS {
    TNAS(
      variant: setup.architecture.isAlternating ? .alternating : .simultaneous, steps: steps, weightRate: setup.common.innerRate,
      architectureRate: isFrozen ? 0 : setup.architecture.innerRate)
  }

  /// T-NAS' outer loop with a configuration's rates in place of the value's own.
  public func trainer(on space: DARTSSpace, _ setup: PriorSetup) -> MetaTrainer<SupernetModel> {
    told(setup, steps: setup.common.innerSteps).trainer(
      for: Supernet(space), estimator: setup.common.estimator, weightOptimizer: setup.common.outer,
      architectureOptimizer: setup.architecture.outer, batchNorm: setup.common.batchNorm,
      gradientClip: setup.common.gradientClip)
  }

  /// T-NAS' inner loop; with w only where θ is frozen.
  public func testLoop(for model: SupernetModel, _ setup: PriorSetup, steps: Int, isFrozen: Bool) -> InnerLoop {
    told(setup, steps: steps, isFrozen: isFrozen).loop(for: model)
  }
}
