import Autodiff
import Tensors

/// The outer gradient at the adapted variables, as if the inner loop only shifted its start: `∂s/∂s₀ ≈ I`.
///
/// - Cost: one gradient of the outer loss besides the inner loop. Memory: one gradient.
/// - Bias: drops every term with a second derivative, of order (rate × curvature × steps).
/// - Source: first-order MAML (Finn et al. 2017, §5.2); T-NAS (Lian et al. 2020, eq. 6).
public struct FirstOrder: HypergradientEstimator {
  public init() {}

  public var name: String { "first-order" }

  public func hypergradient<Problem: BilevelProblem>(
    of problem: Problem, loop: InnerLoop, at outer: [Tensor]
  ) throws -> Hypergradient<Problem.Report> {
    let (inner, losses) = try loop.run(problem, from: problem.initialInner(outer), outer: outer)
    let end = try OuterGradient(problem, inner: inner, outer: outer, step: losses.count)
    return Hypergradient(
      outerLoss: end.loss, report: end.report, gradient: problem.addStart(end.inner, at: outer, to: end.outer),
      innerLosses: losses, inner: inner)
  }
}
