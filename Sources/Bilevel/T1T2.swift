import Autodiff
import Tensors

/// Only the last inner step, with the inner Hessian taken for the identity: `∂f/∂ω − ∂²g/∂ω∂s (ρ ∘ ∂f/∂s)`.
///
/// Where the start does not depend on ω it is ``Truncated`` with one step; where it does, the start gets the first-order gradient.
///
/// - Cost: one mixed second-derivative product. Memory: one Hessian–vector product.
/// - Bias: large; a descent direction where the outer loss does not depend on ω directly and the Hessian is near a multiple of the
///   identity.
/// - Source: Luketina et al. 2016 (T1–T2, eq. 5).
public struct T1T2: HypergradientEstimator {
  /// The estimator; it has no settings.
  public init() {}

  /// `t1-t2`.
  public var name: String { "t1-t2" }

  /// Runs the loop, then goes back through its last step with the identity for the inner Hessian.
  ///
  /// - Throws: ``BilevelError`` where something is not finite, does not fit or does not depend on ω, and what the losses throw.
  public func hypergradient<Problem: BilevelProblem>(
    of problem: Problem, loop: InnerLoop, at outer: [Tensor]
  ) throws -> Hypergradient<Problem.Report> {
    let result = try ReverseSweep(curvature: .exact, lastSteps: 1, keepsInner: true)
      .hypergradient(of: problem, loop: loop, at: outer)
    try Connection(problem: problem, loop: loop, outer: outer).check(result.gradient, estimator: name)
    return result
  }
}
