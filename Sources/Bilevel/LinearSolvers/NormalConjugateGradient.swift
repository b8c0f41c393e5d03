import Autodiff
import Tensors

/// Conjugate gradients on the normal equations `Aᵀ A x = Aᵀ b` (CGNR; Hestenes & Stiefel 1952, §10): for any regular matrix, symmetric
/// or not, definite or not.
///
/// The condition number is squared, so that it takes more iterations than ``ConjugateGradient`` where that one works.
///
/// - Cost: a product with A and one with Aᵀ an iteration. Memory: five vectors.
public struct NormalConjugateGradient: LinearSolver {
  /// The most iterations.
  public var iterations: Int
  /// Stops where `‖b − A x‖ ≤ tolerance ‖b‖`, or where `Aᵀ(b − A x)` is that small: then x is a least-squares solution.
  public var tolerance: Double
  /// Added to A's diagonal (not to that of `Aᵀ A`).
  public var damping: Double

  /// Conjugate gradients on the normal equations, with a limit and a goal.
  ///
  /// - Parameters:
  ///   - iterations: the most iterations, of two products each.
  ///   - tolerance: the relative residual to stop at.
  ///   - damping: added to A's diagonal, not to that of `Aᵀ A`.
  public init(iterations: Int = 200, tolerance: Double = 1e-10, damping: Double = 0) {
    self.iterations = iterations
    self.tolerance = tolerance
    self.damping = damping
  }

  /// `normal-cg`.
  public var name: String { "normal-cg" }

  /// Solves `A x = b` for any regular A, or in the least-squares sense for a singular one.
  ///
  /// - Throws: ``LinearSolverError/notFinite(iteration:)``, ``LinearSolverError/mismatchedProduct(tensor:shape:expected:)``, and what
  ///   the products throw.
  public func solve(_ matvec: @escaping LinearMap, transposed: LinearMap?, _ b: [Tensor]) throws -> LinearSolution {
    let transposed = transposed ?? matvec
    guard let scale = try VectorList.size(ofRightHandSide: b) else { return .zero(like: b) }
    let relative = max(tolerance, VectorList.roundingFloor(b))
    var x = b.map { Tensor.zeros(like: $0) }
    var r = b
    var z = try VectorList.damped(transposed, r, damping)
    var p = z
    var squared = VectorList.dot(z, z)
    guard squared.isFinite else { throw LinearSolverError.notFinite(iteration: 0) }
    let first = squared.squareRoot()
    var residual = scale
    var iteration = 0
    // The residual cannot fall below what the squared condition number leaves; the normal residual says when nothing more is to be had.
    while iteration < iterations && residual > relative * scale && squared.squareRoot() > relative * relative * first {
      let product = try VectorList.damped(matvec, p, damping)
      let curvature = VectorList.dot(product, product)
      guard curvature.isFinite && squared.isFinite else { throw LinearSolverError.notFinite(iteration: iteration) }
      // p is in A's null space: x is as good as it gets.
      guard curvature > 0 else { break }
      let step = squared / curvature
      x = VectorList.adding(x, p, scale: step)
      r = VectorList.adding(r, product, scale: -step)
      residual = VectorList.norm(r)
      z = try VectorList.damped(transposed, r, damping)
      let next = VectorList.dot(z, z)
      p = VectorList.adding(z, p, scale: next / squared)
      squared = next
      iteration += 1
    }
    guard residual.isFinite else { throw LinearSolverError.notFinite(iteration: iteration) }
    return LinearSolution(
      solution: x,
      report: .init(iterations: iteration, relativeResidual: residual / scale, converged: residual <= relative * scale))
  }
}
