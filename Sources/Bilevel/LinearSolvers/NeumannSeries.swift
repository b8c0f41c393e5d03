import Autodiff
import Tensors

/// The truncated Neumann series `x = η Σ_{k<K} (I − η A)^k b`, which is also K steps of Richardson's iteration from x = 0.
///
/// Converges for symmetric positive definite A and `0 < η < 2/L`, L the largest eigenvalue; the residual falls by `max |1 − η λ|` a term.
///
/// - Cost: one product a term but the first. Memory: three vectors.
public struct NeumannSeries: LinearSolver {
  /// K, the number of terms.
  public var terms: Int
  /// The rate η.
  public var rate: Double
  /// Stops where the next term is at most this share of b; 0 takes all terms.
  public var tolerance: Double
  /// Added to A's diagonal.
  public var damping: Double

  /// A series of so many terms.
  ///
  /// - Parameters:
  ///   - terms: K; 0 or fewer give x = 0.
  ///   - rate: η, between 0 and 2 / (largest eigenvalue of A).
  ///   - tolerance: stops early where the next term is at most this share of b; 0 takes all terms.
  ///   - damping: added to A's diagonal.
  public init(terms: Int, rate: Double, tolerance: Double = 0, damping: Double = 0) {
    self.terms = terms
    self.rate = rate
    self.tolerance = tolerance
    self.damping = damping
  }

  /// `neumann`.
  public var name: String { "neumann" }

  /// Sums the series; never uses the transposed map.
  ///
  /// - Throws: ``LinearSolverError/seriesDiverges(growth:iteration:)`` where a term is 1000 times as large as the first; other
  ///   ``LinearSolverError``, and what the products throw.
  public func solve(_ matvec: @escaping LinearMap, transposed: LinearMap?, _ b: [Tensor]) throws -> LinearSolution {
    guard let scale = try VectorList.size(ofRightHandSide: b) else { return .zero(like: b) }
    // The k-th term is also the residual after k of them.
    var term = b
    var sum = b.map { Tensor.zeros(like: $0) }
    var products = 0
    var residual = scale
    for index in 0..<max(0, terms) {
      guard residual > tolerance * scale else { break }
      sum = VectorList.adding(sum, term, scale: rate)
      guard index < terms - 1 || tolerance > 0 else {
        // The residual after the last term would cost one more product; the bound by the last one is reported instead.
        break
      }
      term = VectorList.adding(term, try VectorList.damped(matvec, term, damping), scale: -rate)
      products += 1
      residual = VectorList.norm(term)
      guard residual.isFinite else { throw LinearSolverError.notFinite(iteration: products) }
      guard residual <= 1e3 * scale else {
        throw LinearSolverError.seriesDiverges(growth: residual / scale, iteration: products)
      }
    }
    return LinearSolution(
      solution: sum,
      report: .init(
        iterations: products, relativeResidual: residual / scale, converged: residual <= tolerance * scale))
  }
}
