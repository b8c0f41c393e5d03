import Autodiff
import Tensors

/// The exact gradient through all inner steps, by reverse accumulation over the graph of the whole inner loop.
///
/// The same number as ``UnrolledRematerialized``, by another road: each is the other's check.
///
/// - Cost: about two more gradients a step. Memory: the graphs of all steps at once.
/// - Bias: none for the loop as it was run.
/// - Source: MAML (Finn et al. 2017, Alg. 1) as automatic differentiation computes it.
public struct UnrolledGraph: HypergradientEstimator {
  public init() {}

  public var name: String { "exact-graph" }

  public func hypergradient<Problem: BilevelProblem>(
    of problem: Problem, loop: InnerLoop, at outer: [Tensor]
  ) throws -> Hypergradient<Problem.Report> {
    let result = try valueAndGradient(at: outer) { outer -> (Tensor, ([Double], [Tensor], Problem.Report)) in
      var inner = problem.initialInner(outer)
      var losses: [Double] = []
      for (number, step) in loop.steps.enumerated() {
        let next = try step.apply(problem, inner, outer: outer)
        guard next.loss.item.isFinite else { throw BilevelError.diverged(what: "the inner loss", step: number) }
        losses.append(next.loss.item)
        inner = next.inner
      }
      let (loss, report) = try problem.outerLoss(inner, outer: outer)
      guard loss.item.isFinite else { throw BilevelError.diverged(what: "the outer loss", step: losses.count) }
      return (loss, (losses, inner.map { $0.stopGradient() }, report))
    }
    return Hypergradient(
      outerLoss: result.value.item, report: result.auxiliary.2, gradient: result.gradient,
      innerLosses: result.auxiliary.0, inner: result.auxiliary.1)
  }
}
