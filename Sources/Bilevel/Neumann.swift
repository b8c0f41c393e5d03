import Autodiff
import NeuralNetworks
import Tensors

/// Implicit differentiation with the inverse Hessian by K terms of its Neumann series, `H⁻¹ ≈ R Σ_{k<K} (I − H R)^k`, R the inner loop's
/// rates.
///
/// At a fixed point of a plain loop the same number as ``Truncated`` with K steps, without keeping a single one of them.
///
/// - Cost: K Hessian–vector products. Memory: one of them.
/// - Bias: `O((1 − ρ μ)^K)` for a μ-strongly convex inner loss, plus that of a loop which has not converged. K = 1 is ``T1T2`` at the
///   solution.
/// - Source: Lorraine et al. 2020 (Alg. 3). Their code and hypertorch's count differently: hypertorch's `neumann(K)` has K + 1 terms.
public struct Neumann: HypergradientEstimator {
  /// K, the number of terms.
  public var terms: Int
  /// A rate for all variables in place of the loop's own.
  public var rate: Double?

  /// Implicit differentiation with K terms of the series.
  ///
  /// - Parameters:
  ///   - terms: K, 10 by default.
  ///   - rate: one rate for all variables, below 2 / (largest eigenvalue); `nil` for the loop's own, which only SGD has.
  public init(terms: Int = 10, rate: Double? = nil) {
    self.terms = terms
    self.rate = rate
  }

  /// `neumann`.
  public var name: String { "neumann" }

  /// Runs the loop and sums the series where it ends.
  ///
  /// - Throws: `LinearSolverError.seriesDiverges` where the rates are too large for the series,
  ///   ``BilevelError/unsupported(estimator:what:remedy:)`` where there is no rate or the loop's fixed point has no condition to
  ///   differentiate.
  public func hypergradient<Problem: BilevelProblem>(
    of problem: Problem, loop: InnerLoop, at outer: [Tensor]
  ) throws -> Hypergradient<Problem.Report> {
    if rate == nil, !(loop.optimizer is SGD) {
      throw BilevelError.unsupported(
        estimator: name, what: "the rate of \(type(of: loop.optimizer)), whose steps are not that long",
        remedy: "give the series a rate of its own, below 2 / (largest eigenvalue), or use implicit-cg")
    }
    let system = try ImplicitSystem(problem, loop: loop, outer: outer, estimator: name)
    func rated(_ x: [Tensor]) -> [Tensor] {
      zip(system.moving, x).map { index, tensor in
        if let rate { return tensor * rate }
        let factor = loop.round.first { $0.rate(index) != 0 }?.rate(index) ?? 0
        let scaled = tensor * (loop.optimizer.learningRate * factor)
        return loop.learnedRates.map { $0.rate(of: index, round: system.run.lastRound, outer: outer) * scaled } ?? scaled
      }
    }
    let solved = try NeumannSeries(terms: terms, rate: 1).solve({ try system.matvec(rated($0)) }, system.rightHandSide)
    return try system.hypergradient(rated(solved.solution), report: solved.report, estimator: name)
  }
}
