import Autodiff
import Tensors

/// Reverse accumulation through the last K inner steps; those before count as the identity.
///
/// - Cost: K Hessian–vector products. Memory: the inner variables of K steps.
/// - Bias: for an α-strongly convex inner loss and rate γ at most `(1−γα)^K / (γα) · ‖∂f/∂s‖ · M_B`, M_B the bound of the mixed
///   derivatives. At a fixed point the same number as ``Neumann`` with K terms. A small K can lead to a wrong optimum altogether where
///   the directions that it leaves out matter (Metz et al. 2019's warning; problem Q4 of the tests).
/// - Source: Shaban et al. 2019 (truncated back-propagation, Prop. 3.1).
public struct Truncated: HypergradientEstimator {
  /// K, the steps that are gone through.
  public var steps: Int

  /// The estimator with K steps to go back through; fewer than 0 count as 0.
  public init(steps: Int = 5) { self.steps = steps }

  /// `truncated`.
  public var name: String { "truncated" }

  /// Runs the loop, then goes back through its last K steps.
  ///
  /// - Throws: ``BilevelError`` where something is not finite, does not fit or does not depend on ω, and what the losses throw.
  public func hypergradient<Problem: BilevelProblem>(
    of problem: Problem, loop: InnerLoop, at outer: [Tensor]
  ) throws -> Hypergradient<Problem.Report> {
    let result = try ReverseSweep(curvature: .exact, lastSteps: max(0, steps)).hypergradient(of: problem, loop: loop, at: outer)
    try Connection(problem: problem, loop: loop, outer: outer).check(result.gradient, estimator: name)
    return result
  }
}
