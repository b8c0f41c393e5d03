import Autodiff
import NeuralNetworks
import Tensors

/// The implicit function theorem at the end of the inner loop, as if that were the solution: `∂f/∂ω − ∂²g/∂ω∂s · x` with
/// `∂²g/∂s² · x = ∂f/∂s`, by any linear solver.
///
/// The path to the solution does not matter, so that memory and cost do not grow with the inner steps. The loop's proximal term and its
/// optimiser's weight decay are part of g here; what moves the solution in another way, such as a projection, is an error. A problem's
/// own ``BilevelProblem/optimality(_:outer:)`` takes the place of the gradient of g; its Jacobian need not be symmetric then, and
/// conjugate gradients are an error where it is not. With a proximal term and conjugate gradients this is iMAML.
///
/// - Cost: a Hessian–vector product an iteration, and one more. Memory: one Hessian–vector product and the solver's vectors.
/// - Bias: `(c₁ + c₂ κ) ‖s_T − s*‖` for a loop that has not converged, plus what the solver leaves: after K iterations of conjugate
///   gradients `2√κ ((√κ−1)/(√κ+1))^K` (κ the Hessian's condition number).
/// - Source: Pedregosa 2016 (HOAG); Rajeswaran et al. 2019 (iMAML, eq. 6); Grazzi et al. 2020 for the bounds.
public struct ImplicitDifferentiation: HypergradientEstimator {
  /// What solves the linear system with the inner Hessian.
  public var solver: any LinearSolver

  /// Implicit differentiation by a linear solver, undamped conjugate gradients by default.
  public init(_ solver: any LinearSolver = ConjugateGradient()) { self.solver = solver }

  /// `"implicit-cg"`, `"implicit-normal-cg"`, `"implicit-gmres"` …
  public var name: String { "implicit-" + solver.name }

  /// Runs the loop and solves the linear system of the implicit function theorem where it ends.
  ///
  /// - Throws: ``BilevelError/indefinite(parameter:curvature:iteration:)`` where conjugate gradients find a direction of negative
  ///   curvature, ``BilevelError/unsupported(estimator:what:remedy:)`` where the loop's fixed point has no condition to differentiate.
  public func hypergradient<Problem: BilevelProblem>(
    of problem: Problem, loop: InnerLoop, at outer: [Tensor]
  ) throws -> Hypergradient<Problem.Report> {
    let system = try ImplicitSystem(problem, loop: loop, outer: outer, estimator: name)
    if solver is ConjugateGradient, try !system.isSymmetric() {
      throw BilevelError.unsupported(
        estimator: name, what: "an optimality condition whose Jacobian is not symmetric", remedy: "solve by gmres or normal-cg")
    }
    let solved: LinearSolution
    do {
      solved = try solver.solve(system.matvec, transposed: system.transposed, system.rightHandSide)
    } catch LinearSolverError.indefinite(let curvature, let iteration, let tensor) {
      throw BilevelError.indefinite(
        parameter: problem.innerName(system.moving[tensor]), curvature: curvature, iteration: iteration)
    }
    return try system.hypergradient(solved.solution, report: solved.report, estimator: name)
  }
}
