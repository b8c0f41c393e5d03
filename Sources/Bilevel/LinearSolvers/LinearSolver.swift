import Autodiff
import Basics
import Tensors

/// A linear map from lists of tensors to lists of tensors of the same shapes.
public typealias LinearMap = ([Tensor]) throws -> [Tensor]

/// Solves `A x = b` where A is known only by its products with vectors; a vector is a list of tensors.
///
/// The seam between implicit differentiation and linear algebra: jaxopt's `solve(matvec, b)`.
public protocol LinearSolver: Sendable {
  /// The name in tables and configurations.
  var name: String { get }

  /// Solves `A x = b`.
  ///
  /// - Parameters:
  ///   - matvec: `x ↦ A x`.
  ///   - transposed: `x ↦ Aᵀ x`, which only the normal equations use; `nil` where A is symmetric.
  ///   - b: the right-hand side. Where it is zero the solution is zero, and A is not touched.
  /// - Returns: the solution, of b's shapes, with a report. That the residual is not as small as was asked for when the iterations are
  ///   used up is no error: a few iterations are an approximation in their own right.
  /// - Throws: ``LinearSolverError``, and what the products throw.
  func solve(_ matvec: @escaping LinearMap, transposed: LinearMap?, _ b: [Tensor]) throws -> LinearSolution
}

extension LinearSolver {
  /// Solves `A x = b` for a symmetric A.
  ///
  /// - Throws: ``LinearSolverError``, and what the products throw.
  public func solve(_ matvec: @escaping LinearMap, _ b: [Tensor]) throws -> LinearSolution {
    try solve(matvec, transposed: nil, b)
  }
}

/// The outcome of a linear solve.
public struct LinearSolution: Sendable {
  /// The solution x, of b's shapes.
  public var solution: [Tensor]
  /// How the solver fared.
  public var report: Report

  /// The outcome of a solver of one's own: x and a report.
  public init(solution: [Tensor], report: Report) {
    self.solution = solution
    self.report = report
  }

  /// What a solver says about its work.
  public struct Report: Sendable, Hashable {
    /// The number of iterations.
    public var iterations: Int
    /// The products with A, which are what a solve costs: one an iteration, and with ``GMRES`` one more for every restart. Products with
    /// Aᵀ are not counted.
    public var products: Int
    /// `‖b − A x‖ / ‖b‖` as the iteration carries it along; 0 for b = 0. With damping, A includes it.
    public var relativeResidual: Double
    /// Whether the residual is as small as was asked for.
    public var converged: Bool

    /// A report of known numbers; the properties say what they mean.
    ///
    /// - Parameters:
    ///   - iterations: the number of iterations.
    ///   - products: as many as iterations where it is left out.
    ///   - relativeResidual: `‖b − A x‖ / ‖b‖`; 0 for b = 0.
    ///   - converged: whether the residual is as small as was asked for.
    public init(iterations: Int, products: Int? = nil, relativeResidual: Double, converged: Bool) {
      self.iterations = iterations
      self.products = products ?? iterations
      self.relativeResidual = relativeResidual
      self.converged = converged
    }
  }

  /// The solution for b = 0.
  static func zero(like b: [Tensor]) -> LinearSolution {
    LinearSolution(
      solution: b.map { .zeros(like: $0) }, report: Report(iterations: 0, relativeResidual: 0, converged: true))
  }
}

/// Why a linear solve stopped.
public enum LinearSolverError: ReportableError, Sendable, Hashable {
  /// A is not positive definite: the curvature `pᵀ A p / pᵀ p` of a direction p is not positive.
  ///
  /// `tensor` is the position in the list of the tensor that contributes most of it.
  case indefinite(curvature: Double, iteration: Int, tensor: Int)
  /// A number is infinite or not a number.
  case notFinite(iteration: Int)
  /// The terms of a Neumann series grow.
  case seriesDiverges(growth: Double, iteration: Int)
  /// A product has other shapes than the vector.
  case mismatchedProduct(tensor: Int, shape: [Int], expected: [Int])

  /// What is wrong and where, and mostly what to do.
  public var fault: Fault {
    switch self {
    case .indefinite(let curvature, let iteration, let tensor):
      Fault(
        "the matrix is not positive definite: curvature \(curvature) at iteration \(iteration), mostly from tensor \(tensor)",
        help: "add damping, or use a solver for indefinite matrices (normal-cg, gmres)")
    case .notFinite(let iteration):
      Fault(
        "a number of the linear solve is not finite at iteration \(iteration)", help: "scale the problem down or add damping")
    case .seriesDiverges(let growth, let iteration):
      Fault(
        "the Neumann series diverges: term \(iteration) is \(growth) times the first",
        help: "lower its rate below 2 / (largest eigenvalue), or use another solver")
    case .mismatchedProduct(let tensor, let shape, let expected):
      Fault("tensor \(tensor) of a matrix product has the shape \(shape), not \(expected)")
    }
  }
}

/// Lists of tensors as vectors; plain values, not differentiated.
enum VectorList {
  static func dot(_ a: [Tensor], _ b: [Tensor]) -> Double {
    zip(a, b).reduce(0) { $0 + Autodiff.dot($1.0, $1.1).item }
  }

  static func norm(_ a: [Tensor]) -> Double { dot(a, a).squareRoot() }

  /// The norm of a right-hand side; `nil` where it is zero and there is nothing to solve.
  static func size(ofRightHandSide b: [Tensor]) throws(LinearSolverError) -> Double? {
    let size = norm(b)
    guard size.isFinite else { throw .notFinite(iteration: 0) }
    return size > 0 ? size : nil
  }

  /// `y + scale x`
  static func adding(_ y: [Tensor], _ x: [Tensor], scale: Double) -> [Tensor] {
    zip(y, x).map { addScaled($0, $1, scale: scale) }
  }

  static func scaled(_ a: [Tensor], _ scale: Double) -> [Tensor] { a.map { $0 * scale } }

  /// The relative residual that rounding leaves in any case.
  static func roundingFloor(_ a: [Tensor]) -> Double { a.first?.elementType == .float32 ? 1e-6 : 4e-16 }

  /// `A x + damping x`, with the product's shapes checked.
  static func damped(_ matvec: LinearMap, _ x: [Tensor], _ damping: Double) throws -> [Tensor] {
    let product = try matvec(x).map { $0.stopGradient() }
    for (index, tensor) in x.enumerated() where index >= product.count || product[index].shape != tensor.shape {
      throw LinearSolverError.mismatchedProduct(
        tensor: index, shape: index < product.count ? product[index].shape.array : [], expected: tensor.shape.array)
    }
    return damping == 0 ? product : adding(product, x, scale: damping)
  }
}
