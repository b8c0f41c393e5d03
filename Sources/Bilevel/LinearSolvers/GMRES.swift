import Autodiff
import Tensors

/// The generalised minimal residual method (Saad & Schultz 1986) for any regular matrix: x has the smallest residual of all vectors in
/// the Krylov space.
///
/// - Cost: one product an iteration and one for every restart, and as many inner products as the basis has vectors. Memory: `restart + 3` vectors.
public struct GMRES: LinearSolver {
  /// The most iterations over all restarts.
  public var iterations: Int
  /// Vectors of the basis before it starts anew; without a restart the result is exact after as many iterations as there are unknowns.
  public var restart: Int
  /// Stops where `‖b − A x‖ ≤ tolerance ‖b‖`.
  public var tolerance: Double
  /// Added to A's diagonal.
  public var damping: Double

  /// GMRES with restarts.
  ///
  /// - Parameters:
  ///   - iterations: the most iterations over all restarts.
  ///   - restart: vectors of the basis before it starts anew; fewer than 1 count as 1.
  ///   - tolerance: the relative residual to stop at.
  ///   - damping: added to A's diagonal.
  public init(iterations: Int = 100, restart: Int = 30, tolerance: Double = 1e-10, damping: Double = 0) {
    self.iterations = iterations
    self.restart = restart
    self.tolerance = tolerance
    self.damping = damping
  }

  /// `gmres`.
  public var name: String { "gmres" }

  /// Solves `A x = b` for any regular A; never uses the transposed map.
  ///
  /// Before every restart the residual is computed anew: one more product, which ``LinearSolution/Report/products`` counts and
  /// ``iterations`` does not limit.
  ///
  /// - Throws: ``LinearSolverError/notFinite(iteration:)``, ``LinearSolverError/mismatchedProduct(tensor:shape:expected:)``, and what
  ///   the products throw.
  public func solve(_ matvec: @escaping LinearMap, transposed: LinearMap?, _ b: [Tensor]) throws -> LinearSolution {
    guard let scale = try VectorList.size(ofRightHandSide: b) else { return .zero(like: b) }
    let goal = max(tolerance, VectorList.roundingFloor(b)) * scale
    var x = b.map { Tensor.zeros(like: $0) }
    var r = b
    var residual = scale
    var iteration = 0
    var products = 0
    while iteration < iterations && residual > goal {
      let before = residual
      var cycle = Cycle(start: r, norm: residual)
      while cycle.size < max(1, restart) && iteration < iterations && cycle.residual > goal {
        let product = try VectorList.damped(matvec, cycle.basis[cycle.size], damping)
        iteration += 1
        products += 1
        guard cycle.extend(by: product) else { break }
        guard cycle.residual.isFinite else { throw LinearSolverError.notFinite(iteration: iteration) }
      }
      for (vector, coefficient) in zip(cycle.basis, cycle.coefficients()) {
        x = VectorList.adding(x, vector, scale: coefficient)
      }
      r = VectorList.adding(b, try VectorList.damped(matvec, x, damping), scale: -1)
      products += 1
      residual = VectorList.norm(r)
      guard residual.isFinite else { throw LinearSolverError.notFinite(iteration: iteration) }
      // The space holds nothing more: A is singular on it, or rounding has the last word.
      if residual >= before * (1 - 1e-12) { break }
    }
    return LinearSolution(
      solution: x,
      report: .init(
        iterations: iteration, products: products, relativeResidual: residual / scale, converged: residual <= goal))
  }

  /// Arnoldi's process with Givens rotations, between two restarts.
  private struct Cycle {
    /// Orthonormal vectors; one more than there are columns.
    var basis: [[Tensor]]
    /// The columns of the rotated, upper triangular Hessenberg matrix.
    var columns: [[Double]] = []
    var rotations: [(cosine: Double, sine: Double)] = []
    /// The rotated right-hand side.
    var rotated: [Double]

    var size: Int { columns.count }
    var residual: Double { abs(rotated[size]) }

    init(start: [Tensor], norm: Double) {
      basis = [VectorList.scaled(start, 1 / norm)]
      rotated = [norm]
    }

    /// Adds a column for the product of the newest vector.
    ///
    /// - Returns: whether there is a next vector; `false` where the space is exhausted.
    mutating func extend(by product: [Tensor]) -> Bool {
      var w = product
      let length = VectorList.norm(product)
      var column = [Double](repeating: 0, count: size + 1)
      // Twice, so that the basis stays orthogonal to rounding.
      for _ in 0..<2 {
        for index in 0...size {
          let share = VectorList.dot(basis[index], w)
          column[index] += share
          w = VectorList.adding(w, basis[index], scale: -share)
        }
      }
      var below = VectorList.norm(w)
      let exhausted = below <= VectorList.roundingFloor(product) * length
      if exhausted { below = 0 }
      for (index, rotation) in rotations.enumerated() {
        let upper = column[index]
        column[index] = rotation.cosine * upper + rotation.sine * column[index + 1]
        column[index + 1] = rotation.cosine * column[index + 1] - rotation.sine * upper
      }
      let diagonal = (column[size] * column[size] + below * below).squareRoot()
      // What is left of a column is rounding: the matrix is singular on the space, and dividing by it would undo what was won.
      let noise = 100 * VectorList.roundingFloor(product) * max(length, columns.first?[0] ?? 0)
      guard diagonal > noise || diagonal.isNaN else { return false }
      let rotation = (cosine: column[size] / diagonal, sine: below / diagonal)
      column[size] = diagonal
      let last = rotated[size]
      rotated[size] = rotation.cosine * last
      rotated.append(-rotation.sine * last)
      rotations.append(rotation)
      columns.append(column)
      if !exhausted { basis.append(VectorList.scaled(w, 1 / below)) }
      return !exhausted
    }

    /// What each basis vector contributes to the solution.
    func coefficients() -> [Double] {
      var y = [Double](repeating: 0, count: size)
      for row in stride(from: size - 1, through: 0, by: -1) {
        let known = (row + 1..<size).reduce(0.0) { $0 + columns[$1][row] * y[$1] }
        y[row] = (rotated[row] - known) / columns[row][row]
      }
      return y
    }
  }
}
