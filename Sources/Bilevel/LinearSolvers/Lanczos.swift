import Autodiff
import Tensors

/// The largest eigenvalue of a symmetric matrix that is known by its products with vectors, such as a Hessian.
///
/// Every new basis vector is made orthogonal to all before it, so that no eigenvalue is found twice. Exact after as many steps as there are
/// distinct eigenvalues; the largest one is found long before.
///
/// - Cost: a product a step. Memory: a vector a step.
/// - Source: Lanczos 1950; Golub, Van Loan, *Matrix Computations*, section 10.1.
public struct Lanczos: Sendable, Hashable {
  /// The most steps.
  public var steps: Int
  /// Stops where a step changes the largest eigenvalue by less than this share.
  public var tolerance: Double

  /// Lanczos' process with a limit of steps (at least one is made) and a relative tolerance of the eigenvalue.
  public init(steps: Int = 20, tolerance: Double = 1e-4) {
    self.steps = steps
    self.tolerance = tolerance
  }

  /// The largest (not the largest absolute) eigenvalue, a lower bound that tightens with every step.
  ///
  /// - Parameters:
  ///   - matvec: `x ↦ A x`.
  ///   - start: any vector that is not orthogonal to the eigenvector; a random one will do.
  /// - Returns: `nil` for a start of zeros.
  /// - Throws: ``LinearSolverError/notFinite(iteration:)``, and what the products throw.
  public func largestEigenvalue(_ matvec: LinearMap, start: [Tensor]) throws -> Double? {
    let size = VectorList.norm(start)
    guard size > 0 else { return nil }
    var basis = [VectorList.scaled(start, 1 / size)]
    var (diagonal, offDiagonal) = ([Double](), [Double]())
    var largest = -Double.infinity
    for step in 0..<max(1, steps) {
      var next = try matvec(basis[step])
      let own = VectorList.dot(basis[step], next)
      guard own.isFinite else { throw LinearSolverError.notFinite(iteration: step) }
      diagonal.append(own)
      // Twice is enough (Kahan, Parlett): rounding in the first pass is removed by the second.
      for _ in 0..<2 {
        for vector in basis {
          let share = VectorList.dot(vector, next)
          next = zip(next, vector).map { addScaled($0, $1, scale: -share) }
        }
      }
      let before = largest
      largest = Self.largestEigenvalue(diagonal, offDiagonal)
      let rest = VectorList.norm(next)
      let scale = max(abs(largest), abs(own))
      if rest <= VectorList.roundingFloor(start) * scale || abs(largest - before) <= tolerance * abs(largest) { break }
      offDiagonal.append(rest)
      basis.append(VectorList.scaled(next, 1 / rest))
    }
    return largest
  }

  /// The largest eigenvalue of a symmetric tridiagonal matrix, by bisection with the signs of the pivots of `T − x` (Sylvester's law of
  /// inertia).
  static func largestEigenvalue(_ diagonal: [Double], _ offDiagonal: [Double]) -> Double {
    func isAboveAll(_ x: Double) -> Bool {
      var pivot = 1.0
      for (index, value) in diagonal.enumerated() {
        let square = index == 0 ? 0 : offDiagonal[index - 1] * offDiagonal[index - 1]
        pivot = value - x - (index == 0 ? 0 : square / pivot)
        if pivot >= 0 { return false }
      }
      return true
    }
    let radius = diagonal.indices.map { index in
      (index > 0 ? abs(offDiagonal[index - 1]) : 0) + (index < offDiagonal.count ? abs(offDiagonal[index]) : 0)
    }
    // Gershgorin's bound.
    var low = diagonal.max() ?? 0
    var high = zip(diagonal, radius).map { $0 + $1 }.max() ?? 0
    high += abs(high) * 1e-15
    for _ in 0..<200 {
      let middle = (low + high) / 2
      guard middle > low, middle < high else { break }
      if isAboveAll(middle) { high = middle } else { low = middle }
    }
    return high
  }
}
