import Autodiff
import Tensors

/// The outer loss and its partial derivatives at the end of a round.
struct OuterGradient<Report: Sendable> {
  var loss: Double
  var report: Report
  /// ∂f/∂s
  var inner: [Tensor]
  /// ∂f/∂ω with s held fixed.
  var outer: [Tensor]

  init<Problem: BilevelProblem>(
    _ problem: Problem, loop: InnerLoop, inner: [Tensor], outer: [Tensor], round: Int, step: Int
  ) throws where Problem.Report == Report {
    let result = try valueAndGradient(at: inner + outer) { variables in
      try loop.outerLoss(
        problem, Array(variables[..<inner.count]), outer: Array(variables[inner.count...]), round: round, step: step)
    }
    loss = result.value.item
    report = result.auxiliary
    self.inner = Array(result.gradient[..<inner.count])
    self.outer = Array(result.gradient[inner.count...])
  }
}

extension InnerLoop {
  /// The outer loss, checked.
  ///
  /// - Throws: ``BilevelError`` where it is no scalar or not finite.
  func outerLoss<Problem: BilevelProblem>(
    _ problem: Problem, _ inner: [Tensor], outer: [Tensor], round: Int, step: Int
  ) throws -> (loss: Tensor, report: Problem.Report) {
    let (loss, report) = try problem.outerLoss(inner, outer: outer, round: round)
    guard loss.count == 1 else { throw BilevelError.notScalar(loss: "the outer loss", shape: loss.shape.array) }
    guard loss.item.isFinite else { throw divergence(problem, inner, of: "the outer loss", step: step) }
    return (loss, report)
  }

  /// `F(ω) = f(s(ω), ω)`, or `Σ_r v_r f(s_r(ω), ω)` with loss weights: the whole problem as one function of ω, differentiable.
  func outerObjective<Problem: BilevelProblem>(
    _ problem: Problem, _ outer: [Tensor]
  ) throws -> (loss: Tensor, report: Problem.Report, run: InnerRun) {
    var sum: Tensor?
    var weighted = 0
    let run = try unroll(problem, from: problem.checkedStart(outer), outer: outer) { step, _, _ in
      weighted = step.number
    } roundEnd: { round, inner in
      // The last round's loss is evaluated below in any case, for its report.
      guard lossWeights.indices.contains(round), round < lossWeights.count - 1, lossWeights[round] != 0 else { return }
      let loss = try outerLoss(problem, inner, outer: outer, round: round, step: weighted).loss * lossWeights[round]
      sum = sum.map { $0 + loss } ?? loss
    }
    let (last, report) = try outerLoss(
      problem, run.state.inner, outer: outer, round: run.lastRound, step: run.losses.count)
    guard let weight = lossWeights.last else { return (last, report, run) }
    return (sum.map { $0 + last * weight } ?? last * weight, report, run)
  }
}

extension BilevelProblem {
  /// `s₀(ω)`, once ω is known to be what it should: a start computed of tensors that do not fit would end the process.
  func checkedStart(_ outer: [Tensor]) throws -> [Tensor] {
    try validate(outer: outer)
    return initialInner(outer)
  }

  /// Carries a cotangent of `s₀` back to ω and adds it to a gradient.
  func addStart(_ cotangent: [Tensor], at outer: [Tensor], to gradient: [Tensor]) -> [Tensor] {
    let (_, pullback) = vjp(at: outer, of: initialInner)
    return zip(gradient, pullback(cotangent)).map { sum, term in term.map { sum + $0 } ?? sum }
  }
}
