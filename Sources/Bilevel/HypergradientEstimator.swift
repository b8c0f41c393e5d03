import Autodiff
import NeuralNetworks
import Tensors

/// A way to compute the hypergradient: the total derivative of the outer loss with respect to ω, through the inner loop.
public protocol HypergradientEstimator: Sendable {
  /// The name in tables and configurations.
  var name: String { get }

  /// Runs the inner loop from ω and differentiates the outer loss.
  ///
  /// - Throws: ``BilevelError`` where something is not finite, does not fit or does not depend on ω, and what the problem's losses throw.
  func hypergradient<Problem: BilevelProblem>(
    of problem: Problem, loop: InnerLoop, at outer: [Tensor]
  ) throws -> Hypergradient<Problem.Report>

  /// How its memory grows with the steps of a loop, for ``MemoryEstimate``; ``MemoryGrowth/graph`` by default, which is right for any
  /// that grows evenly.
  func memoryGrowth(in loop: InnerLoop) -> MemoryGrowth
}

/// A hypergradient with what was found on the way.
public struct Hypergradient<Report: Sendable>: Sendable {
  /// The outer loss at the end of the inner loop; with loss weights, the weighted sum.
  public var outerLoss: Double
  /// What the outer loss reported.
  public var report: Report
  /// The hypergradient, one tensor for each outer variable.
  public var gradient: [Tensor]
  /// The inner loss, with the proximal term, before every inner step.
  public var innerLosses: [Double]
  /// The inner variables at the end of the inner loop.
  public var inner: [Tensor]
  /// The report of the linear solver; `nil` for estimators without one.
  public var linearSolve: LinearSolution.Report?

  /// A hypergradient of known parts, for estimators of one's own; the properties say what they mean.
  public init(
    outerLoss: Double, report: Report, gradient: [Tensor], innerLosses: [Double], inner: [Tensor],
    linearSolve: LinearSolution.Report? = nil
  ) {
    self.outerLoss = outerLoss
    self.report = report
    self.gradient = gradient
    self.innerLosses = innerLosses
    self.inner = inner
    self.linearSolve = linearSolve
  }
}
