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
  /// The estimator; it has no settings.
  public init() {}

  /// `exact-graph`.
  public var name: String { "exact-graph" }

  /// Records the whole inner loop and differentiates it in one reverse pass.
  ///
  /// - Throws: ``BilevelError`` where something is not finite, does not fit or does not depend on ω, and what the losses throw.
  public func hypergradient<Problem: BilevelProblem>(
    of problem: Problem, loop: InnerLoop, at outer: [Tensor]
  ) throws -> Hypergradient<Problem.Report> {
    let result = try valueAndGradient(at: outer) { outer -> (Tensor, ([Double], [Tensor], Problem.Report)) in
      let (loss, report, run) = try loop.outerObjective(problem, outer)
      return (loss, (run.losses, run.state.inner.map { $0.stopGradient() }, report))
    }
    try Connection(problem: problem, loop: loop, outer: outer).check(result.gradient, estimator: name)
    return Hypergradient(
      outerLoss: result.value.item, report: result.auxiliary.2, gradient: result.gradient,
      innerLosses: result.auxiliary.0, inner: result.auxiliary.1)
  }
}
