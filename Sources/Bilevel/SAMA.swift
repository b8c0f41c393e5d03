import Autodiff
import Tensors

/// The last inner step with the base Jacobian taken for the identity, aware of an adaptive optimiser: `∂f/∂ω − ∂²g/∂ω∂s · D ∂f/∂s`,
/// where D is the diagonal derivative of the optimiser's update with respect to the gradient; the product by a central difference.
///
/// Plain descent has `D = ρ`. For Adam the derivative is taken of the update as it is, bias corrections and ε included; Betty's code
/// drops both. It vanishes where the second moment is all from the same gradient: in Adam's very first step the update is the gradient's
/// sign, and nothing is to be had but `∂f/∂ω`.
///
/// - Cost: two gradients of the inner loss. Memory: one gradient and the optimiser's state.
/// - Bias: large, as ``T1T2``'s; `O(size²)` from the difference.
/// - Source: Choe et al. 2023 (*Making Scalable Meta Learning Practical*, eq. 5–7, Alg. 1); Betty's default size is 1.
public struct SAMA: HypergradientEstimator {
  /// How far the two points lie from the middle, in the norm of all inner variables that move.
  public var size: Double

  /// The estimator with a step size for its difference; 1 is Betty's default.
  public init(size: Double = 1) { self.size = size }

  /// `sama`.
  public var name: String { "sama" }

  /// Runs the loop, then goes back through its last step with a central difference and the identity for the base Jacobian.
  ///
  /// - Throws: ``BilevelError`` where something is not finite, does not fit or does not depend on ω, and what the losses throw.
  public func hypergradient<Problem: BilevelProblem>(
    of problem: Problem, loop: InnerLoop, at outer: [Tensor]
  ) throws -> Hypergradient<Problem.Report> {
    let result = try ReverseSweep(curvature: .difference(size: size), lastSteps: 1, keepsInner: true)
      .hypergradient(of: problem, loop: loop, at: outer)
    try Connection(problem: problem, loop: loop, outer: outer).check(result.gradient, estimator: name)
    return result
  }
}
