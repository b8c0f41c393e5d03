import Autodiff
import Tensors

/// The exact gradient through all inner steps, going backwards one step at a time with Hessian–vector products.
///
/// A step `s' = s − ρ ∘ ∂g/∂s(s, ω)` takes a cotangent λ' of s' to `λ = λ' − H_ss (ρ ∘ λ')` of s and adds `−H_ωs (ρ ∘ λ')` to that of ω.
/// Both products come from one Hessian–vector product by forward over reverse differentiation; no graph ever spans two steps.
///
/// - Cost: one Hessian–vector product (about two to three gradients) a step besides the inner loop.
/// - Memory: the inner variables of every step, and one Hessian–vector product; flat in the number of steps otherwise.
/// - Bias: none for the loop as it was run.
/// - Source: reverse mode of Franceschi et al. 2017 (Alg. 1); mixed-mode products as in Kemaev et al. 2025 (MixFlow-MG).
public struct UnrolledRematerialized: HypergradientEstimator {
  public init() {}

  public var name: String { "exact" }

  public func hypergradient<Problem: BilevelProblem>(
    of problem: Problem, loop: InnerLoop, at outer: [Tensor]
  ) throws -> Hypergradient<Problem.Report> {
    var trajectory: [[Tensor]] = []
    let (inner, losses) = try loop.run(problem, from: problem.initialInner(outer), outer: outer) { trajectory.append($0) }
    trajectory.removeLast()
    let end = try OuterGradient(problem, inner: inner, outer: outer, step: losses.count)
    var cotangent = end.inner
    var gradient = end.outer
    for (number, step) in loop.steps.enumerated().reversed() {
      (cotangent, gradient) = try pullBack(
        cotangent, gradient, through: step, problem, inner: trajectory.removeLast(), outer: outer)
      if let index = cotangent.firstIndex(where: { !$0.isFinite }) {
        throw BilevelError.diverged(what: "the meta-gradient of \(problem.innerName(index))", step: number)
      }
    }
    return Hypergradient(
      outerLoss: end.loss, report: end.report, gradient: problem.addStart(cotangent, at: outer, to: gradient),
      innerLosses: losses, inner: inner)
  }

  private func pullBack<Problem: BilevelProblem>(
    _ cotangent: [Tensor], _ gradient: [Tensor], through step: GradientStep, _ problem: Problem, inner: [Tensor],
    outer: [Tensor]
  ) throws -> (cotangent: [Tensor], gradient: [Tensor]) {
    let directions: [Tensor?] = inner.indices.map { step.rates[$0] == 0 ? nil : cotangent[$0] * step.rates[$0] }
    let (_, product) = try hvp(at: inner + outer, along: directions + outer.map { _ in nil }) { variables in
      try problem.innerLoss(Array(variables[..<inner.count]), outer: Array(variables[inner.count...]))
    }
    return (
      zip(cotangent, product).map { addScaled($0, $1, scale: -1) },
      zip(gradient, product.dropFirst(inner.count)).map { addScaled($0, $1, scale: -1) }
    )
  }
}
