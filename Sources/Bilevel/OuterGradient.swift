import Autodiff
import Tensors

/// The outer loss and its partial derivatives at the end of an inner loop.
struct OuterGradient<Report: Sendable> {
  var loss: Double
  var report: Report
  /// ∂f/∂s
  var inner: [Tensor]
  /// ∂f/∂ω with s held fixed.
  var outer: [Tensor]

  init<Problem: BilevelProblem>(
    _ problem: Problem, inner: [Tensor], outer: [Tensor], step: Int
  ) throws where Problem.Report == Report {
    let result = try valueAndGradient(at: inner + outer) { variables in
      try problem.outerLoss(Array(variables[..<inner.count]), outer: Array(variables[inner.count...]))
    }
    loss = result.value.item
    guard loss.isFinite else { throw BilevelError.diverged(what: "the outer loss", step: step) }
    report = result.auxiliary
    self.inner = Array(result.gradient[..<inner.count])
    self.outer = Array(result.gradient[inner.count...])
  }
}

extension BilevelProblem {
  /// Carries a cotangent of `s₀` back to ω and adds it to a gradient.
  func addStart(_ cotangent: [Tensor], at outer: [Tensor], to gradient: [Tensor]) -> [Tensor] {
    let (_, pullback) = vjp(at: outer, of: initialInner)
    return zip(gradient, pullback(cotangent)).map { sum, term in term.map { sum + $0 } ?? sum }
  }
}
