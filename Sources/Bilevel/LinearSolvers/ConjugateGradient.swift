import Autodiff
import Tensors

/// Conjugate gradients for symmetric positive definite matrices (Hestenes & Stiefel 1952).
///
/// Error in the energy norm after k iterations: at most `2 ((√κ−1)/(√κ+1))^k` of the first one, κ the condition number; exact after as
/// many iterations as A has distinct eigenvalues.
///
/// - Cost: one product an iteration. Memory: four vectors.
public struct ConjugateGradient: LinearSolver {
  /// What to do where a direction has no positive curvature, so that the matrix is not positive definite after all.
  public enum NegativeCurvature: Sendable, Hashable {
    /// Throw ``LinearSolverError/indefinite(curvature:iteration:tensor:)``.
    case fail
    /// Keep what was found before that direction, as truncated Newton methods do (Steihaug 1983); in the first iteration, the right-hand
    /// side over the size of its curvature. The report says that it has not converged.
    case truncate
  }

  /// The most iterations.
  public var iterations: Int
  /// Stops where `‖b − A x‖ ≤ tolerance ‖b‖`; what rounding leaves is enough in any case.
  public var tolerance: Double
  /// Added to A's diagonal.
  public var damping: Double
  /// What to do where A is not positive definite.
  public var negativeCurvature: NegativeCurvature

  /// Conjugate gradients with a limit and a goal.
  ///
  /// - Parameters:
  ///   - iterations: the most iterations; 0 gives x = 0.
  ///   - tolerance: the relative residual to stop at.
  ///   - damping: added to A's diagonal.
  ///   - negativeCurvature: what to do where A is not positive definite.
  public init(
    iterations: Int = 100, tolerance: Double = 1e-10, damping: Double = 0, negativeCurvature: NegativeCurvature = .fail
  ) {
    self.iterations = iterations
    self.tolerance = tolerance
    self.damping = damping
    self.negativeCurvature = negativeCurvature
  }

  /// `cg`.
  public var name: String { "cg" }

  /// Solves `A x = b` for a symmetric positive definite A; never uses the transposed map.
  ///
  /// - Throws: ``LinearSolverError/indefinite(curvature:iteration:tensor:)`` where a direction of no positive curvature turns up and
  ///   ``negativeCurvature`` does not say otherwise; other ``LinearSolverError``, and what the products throw.
  public func solve(_ matvec: @escaping LinearMap, transposed: LinearMap?, _ b: [Tensor]) throws -> LinearSolution {
    guard let scale = try VectorList.size(ofRightHandSide: b) else { return .zero(like: b) }
    let goal = max(tolerance, VectorList.roundingFloor(b)) * scale
    var x = b.map { Tensor.zeros(like: $0) }
    var r = b
    var p = b
    var squared = scale * scale
    var iteration = 0
    while iteration < iterations && squared.squareRoot() > goal {
      let product = try VectorList.damped(matvec, p, damping)
      let curvature = VectorList.dot(p, product)
      guard curvature.isFinite else { throw LinearSolverError.notFinite(iteration: iteration) }
      // Compared with what rounding can make of a positive number.
      let size = VectorList.norm(p) * VectorList.norm(product)
      guard curvature > VectorList.roundingFloor(b) * size else {
        if negativeCurvature == .truncate {
          if iteration == 0 && curvature != 0 { x = VectorList.scaled(b, squared / abs(curvature)) }
          break
        }
        let shares = zip(p, product).map { dot($0, $1).item }
        let worst = shares.indices.min { shares[$0] < shares[$1] } ?? 0
        // Per unit of length: damping above minus this would have made it positive.
        throw LinearSolverError.indefinite(
          curvature: curvature / VectorList.dot(p, p), iteration: iteration, tensor: worst)
      }
      let step = squared / curvature
      x = VectorList.adding(x, p, scale: step)
      r = VectorList.adding(r, product, scale: -step)
      let next = VectorList.dot(r, r)
      guard next.isFinite else { throw LinearSolverError.notFinite(iteration: iteration) }
      p = VectorList.adding(r, p, scale: next / squared)
      squared = next
      iteration += 1
    }
    return LinearSolution(
      solution: x,
      report: .init(
        iterations: iteration, relativeResidual: squared.squareRoot() / scale, converged: squared.squareRoot() <= goal))
  }
}
