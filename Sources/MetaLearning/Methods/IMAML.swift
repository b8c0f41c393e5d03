import Bilevel
import NeuralNetworks

/// Implicit MAML: the inner loop is drawn to the start by a proximal term, and the meta-gradient `(I + ∇²L/λ)⁻¹ ∇L_q` follows only from its
/// end, by conjugate gradients (Rajeswaran et al., NeurIPS 2019, eq. 3 and 6, Alg. 2).
///
/// The authors' code takes one proximal step after the loop and damps the system heavily; this follows the paper. ReLU networks with
/// batch norm have Hessians with eigenvalues far below −λ after so few steps: conjugate gradients then keep what they have found before
/// the first direction of negative curvature. ``damping`` makes that rarer.
public struct IMAML: FewShotMethod {
  /// `imaml`.
  public static let name = "imaml"
  /// What it does, with its source.
  public static let summary = "MAML with a proximal term and implicit differentiation (Rajeswaran et al., NeurIPS 2019)"
  /// The proximal term and the solver.
  public static let settings = [
    MethodSetting("proximal", \Self.proximal, allowed: "a finite number above 0") { $0 > 0 && $0.isFinite },
    MethodSetting("solver_iterations", \Self.solverIterations, from: 1, to: 10_000),
    MethodSetting("damping", \Self.damping, from: 0, to: 1e6),
  ]

  /// λ; 2 in the paper for Omniglot.
  public var proximal: Double
  /// Iterations of conjugate gradients; 5 in the paper.
  public var solverIterations: Int
  /// What is added to the diagonal of the system; 0 or more.
  public var damping: Double

  /// The method; by default with the paper's settings.
  public init(proximal: Double = 2, solverIterations: Int = 5, damping: Double = 0) {
    self.proximal = proximal
    self.solverIterations = solverIterations
    self.damping = damping
  }

  /// The method with the paper's settings.
  public init() { self.init(proximal: 2) }

  /// Implicit MAML's outer loop.
  public func trainer(for network: any Network, _ setup: FewShotSetup) -> MetaTrainer<AnyAdaptableModel> {
    MetaTrainer<NetworkModel>.imaml(
      network, innerRate: setup.innerRate, innerSteps: setup.innerSteps, implicit: self, outer: setup.outer,
      batchNorm: setup.batchNorm, gradientClip: setup.gradientClip
    ).erased
  }
}

extension MetaTrainer where Model == NetworkModel {
  /// Implicit MAML; see ``MetaLearning/IMAML``.
  ///
  /// - Parameters:
  ///   - network: the network whose weights are learnt.
  ///   - innerRate: α, the rate of the inner steps.
  ///   - innerSteps: 16 in the paper.
  ///   - implicit: strength of the proximal term, and iterations and damping of the solver.
  ///   - outer: the optimiser of the outer steps.
  ///   - batchNorm: which statistics batch norms use for query images.
  ///   - gradientClip: every element of the meta-gradient is clipped to ± this; `nil` for no clipping.
  public static func imaml(
    _ network: any Network, innerRate: Double = 0.1, innerSteps: Int = 16, implicit: IMAML = IMAML(),
    outer: any Optimizer = Adam(), batchNorm: BatchNormPolicy = .transductive, gradientClip: Double? = nil
  ) -> MetaTrainer {
    var trainer = maml(
      network, innerRate: innerRate, innerSteps: innerSteps,
      estimator: ImplicitDifferentiation(
        ConjugateGradient(
          iterations: implicit.solverIterations, damping: implicit.damping, negativeCurvature: .truncate)), outer: outer,
      batchNorm: batchNorm, gradientClip: gradientClip)
    trainer.loop.proximal = implicit.proximal
    return trainer
  }
}
