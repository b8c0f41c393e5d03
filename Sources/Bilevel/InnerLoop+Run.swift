import Autodiff
import Optimizers
import Tensors

/// What one inner step did.
public struct InnerStepRecord: Sendable {
  /// The inner loss before the step.
  public var loss: Double
}

extension InnerLoop {
  /// Runs the loop on plain values.
  ///
  /// - Parameter observe: gets the inner variables before every step and after the last.
  /// - Returns: the inner variables at the end, and the inner loss before every step.
  /// - Throws: ``BilevelError/diverged(what:step:)`` as soon as a loss is not finite.
  /// - Complexity: a gradient of the inner loss a step; memory for one of them.
  public func run<Problem: BilevelProblem>(
    _ problem: Problem, from start: [Tensor], outer: [Tensor], observe: ([Tensor]) throws -> Void = { _ in }
  ) throws -> (inner: [Tensor], losses: [Double]) {
    var inner = start
    var losses: [Double] = []
    for (number, step) in steps.enumerated() {
      try observe(inner)
      let result = try step.apply(problem, inner, outer: outer)
      guard result.loss.item.isFinite else { throw BilevelError.diverged(what: "the inner loss", step: number) }
      losses.append(result.loss.item)
      inner = result.inner
    }
    try observe(inner)
    return (inner, losses)
  }
}

extension GradientStep {
  /// Takes the step. The result is differentiable with respect to whatever the arguments depend on.
  func apply<Problem: BilevelProblem>(
    _ problem: Problem, _ inner: [Tensor], outer: [Tensor]
  ) throws -> (inner: [Tensor], loss: Tensor) {
    guard rates.count == inner.count else {
      throw BilevelError.rateCount(rates: rates.count, variables: inner.count)
    }
    let moving = self.moving
    let (loss, gradient) = try valueAndGradient(at: moving.map { inner[$0] }) { variables in
      try problem.innerLoss(substituting(variables, at: moving, in: inner), outer: outer)
    }
    var next = inner
    for (position, index) in moving.enumerated() {
      next[index] = addScaled(inner[index], gradient[position], scale: -rates[index])
    }
    return (next, loss)
  }
}

/// A list with some of its tensors replaced.
func substituting(_ tensors: [Tensor], at indices: [Int], in list: [Tensor]) -> [Tensor] {
  var result = list
  for (tensor, index) in zip(tensors, indices) { result[index] = tensor }
  return result
}
