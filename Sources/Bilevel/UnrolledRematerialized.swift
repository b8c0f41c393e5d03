import Autodiff
import Tensors

/// The exact gradient through all inner steps, going backwards one step at a time with Hessian–vector products.
///
/// A step `s' = s − ρ ∘ ∂g/∂s(s, ω)` takes a cotangent λ' of s' to `λ = λ' − H_ss (ρ ∘ λ')` of s and adds `−H_ωs (ρ ∘ λ')` to that of ω.
/// Both products come from one Hessian–vector product by forward over reverse differentiation; no graph ever spans two steps. Momentum,
/// Adam's moments, learned rates and projections go through the update rule's own cheap pullback.
///
/// - Cost: one Hessian–vector product (about two to three gradients) a step besides the inner loop.
/// - Memory: the inner variables of every step (with an optimiser's state and gradient, where it has one), and one Hessian–vector product;
///   flat in the number of steps otherwise.
/// - Bias: none for the loop as it was run; against the solution of the inner problem, `O(ρ^T)` with the loop's contraction ρ.
/// - Source: reverse mode of Franceschi et al. 2017 (Alg. 1); mixed-mode products as in Kemaev et al. 2025 (MixFlow-MG).
public struct UnrolledRematerialized: HypergradientEstimator {
  /// The estimator; it has no settings.
  public init() {}

  /// `exact`.
  public var name: String { "exact" }

  /// Runs the loop, keeping the state of every step, then goes back through all of them.
  ///
  /// - Throws: ``BilevelError`` where something is not finite, does not fit or does not depend on ω, and what the losses throw.
  public func hypergradient<Problem: BilevelProblem>(
    of problem: Problem, loop: InnerLoop, at outer: [Tensor]
  ) throws -> Hypergradient<Problem.Report> {
    let result = try ReverseSweep(curvature: .exact).hypergradient(of: problem, loop: loop, at: outer)
    try Connection(problem: problem, loop: loop, outer: outer).check(result.gradient, estimator: name)
    return result
  }
}
