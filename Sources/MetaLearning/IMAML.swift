import Bilevel
import NeuralNetworks

extension MetaTrainer where Model == NetworkModel {
  /// Implicit MAML: the inner loop is drawn to the start by a proximal term, and the meta-gradient `(I + ∇²L/λ)⁻¹ ∇L_q` follows only from
  /// its end, by conjugate gradients (Rajeswaran et al., NeurIPS 2019, eq. 3 and 6, Alg. 2).
  ///
  /// The authors' code takes one proximal step after the loop and damps the system heavily; this follows the paper. ReLU networks with
  /// batch norm have Hessians with eigenvalues far below −λ after so few steps: conjugate gradients then keep what they have found
  /// before the first direction of negative curvature. `damping` makes that rarer.
  ///
  /// - Parameters:
  ///   - proximal: λ; 2 in the paper for Omniglot.
  ///   - innerSteps: 16 in the paper.
  ///   - solverIterations: of conjugate gradients; 5 in the paper.
  public static func imaml(
    _ network: any Network, innerRate: Double = 0.1, innerSteps: Int = 16, proximal: Double = 2, solverIterations: Int = 5,
    damping: Double = 0, outer: any Optimizer = Adam(), batchNorm: BatchNormPolicy = .transductive, gradientClip: Double? = nil
  ) -> MetaTrainer {
    var trainer = maml(
      network, innerRate: innerRate, innerSteps: innerSteps,
      estimator: ImplicitDifferentiation(
        ConjugateGradient(iterations: solverIterations, damping: damping, negativeCurvature: .truncate)), outer: outer,
      batchNorm: batchNorm, gradientClip: gradientClip)
    trainer.loop.proximal = proximal
    return trainer
  }
}
