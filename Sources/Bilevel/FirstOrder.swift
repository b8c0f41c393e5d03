import Autodiff
import Tensors

/// The outer gradient at the adapted variables, as if the inner loop only shifted its start: `∂s/∂s₀ ≈ I`.
///
/// Rates that are part of ω do get their gradient `−⟨λ, d⟩`, because it needs no second derivative.
///
/// - Cost: one gradient of the outer loss besides the inner loop. Memory: one gradient; with learned rates, the variables of every step.
/// - Bias: drops every term with a second derivative, of order (rate × curvature × steps). Hyperparameters that act through the inner loss
///   alone are out of its sight: an error, not zeros.
/// - Source: first-order MAML (Finn et al. 2017, §5.2); T-NAS (Lian et al. 2020, eq. 6); first-order DARTS (Liu et al. 2019, ξ = 0).
public struct FirstOrder: HypergradientEstimator {
  public init() {}

  public var name: String { "first-order" }

  public func hypergradient<Problem: BilevelProblem>(
    of problem: Problem, loop: InnerLoop, at outer: [Tensor]
  ) throws -> Hypergradient<Problem.Report> {
    let result = try ReverseSweep(curvature: .none, keepsInner: true).hypergradient(of: problem, loop: loop, at: outer)
    let end = result.inner.map { $0.stopGradient() }
    try Connection(problem: problem, loop: loop, outer: outer).check(
      result.gradient, estimator: name, remedy: "use an estimator with second derivatives, such as exact or truncated",
      sees: loop.learnedRates != nil
        ? nil
        : { outer in
          let shifted = zip(end, problem.initialInner(outer)).map { $0 + ($1 - $1.stopGradient()) }
          return [try problem.outerLoss(shifted, outer: outer, round: max(0, loop.rounds - 1)).loss]
        })
    return result
  }
}
