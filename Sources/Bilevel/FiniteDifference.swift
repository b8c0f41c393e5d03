import Autodiff
import Tensors

/// The last inner step, its second derivatives by a central difference: `H v ≈ (∇g(s + ε v) − ∇g(s − ε v)) / 2ε` with `ε = size / ‖v‖`.
///
/// With one inner step this is DARTS' unrolled gradient, momentum and weight decay of the optimiser included.
///
/// - Cost: two gradients of the inner loss. Memory: one gradient.
/// - Bias: `O(size²)`, on top of that of ``Truncated`` with one step. In Float32 rounding adds about `1e-7 / size`.
/// - Source: DARTS (Liu et al. 2019, eq. 7–8, size 0.01).
public struct FiniteDifference: HypergradientEstimator {
  /// How far the two points lie from the middle, in the norm of all inner variables that move.
  public var size: Double

  /// The estimator with a step size for its difference; 0.01 is that of DARTS.
  public init(size: Double = 0.01) { self.size = size }

  /// `finite-difference`.
  public var name: String { "finite-difference" }

  /// Runs the loop, then goes back through its last step with a central difference.
  ///
  /// - Throws: ``BilevelError`` where something is not finite, does not fit or does not depend on ω, and what the losses throw.
  public func hypergradient<Problem: BilevelProblem>(
    of problem: Problem, loop: InnerLoop, at outer: [Tensor]
  ) throws -> Hypergradient<Problem.Report> {
    let result = try ReverseSweep(curvature: .difference(size: size), lastSteps: 1)
      .hypergradient(of: problem, loop: loop, at: outer)
    try Connection(problem: problem, loop: loop, outer: outer).check(result.gradient, estimator: name)
    return result
  }
}
