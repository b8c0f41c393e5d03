import ArchPrior
import TestSupport
import Testing

/// How estimators relate to each other, how their errors fall, and what must not matter.
@Suite struct EstimatorPropertyTests {
  private let problem = Quadratic()
  private let rate = 0.4

  private func gradient(
    _ estimator: any HypergradientEstimator, _ problem: Quadratic, steps: Int, outer: [Tensor] = Quadratic.outer
  ) throws -> [Double] {
    try estimator.hypergradient(of: problem, loop: InnerLoop(SGD(learningRate: rate), rounds: steps), at: outer).gradient.flat
  }

  /// The problem started at the inner solution.
  private var atTheFixedPoint: Quadratic {
    var result = problem
    result.start = problem.a.solve(problem.b * Quadratic.outer.flat)
    return result
  }

  @Test func truncationIsTheNeumannSeriesAtAFixedPoint() throws {
    for count in [1, 2, 3, 5, 10, 20] {
      let truncated = try gradient(Truncated(steps: count), atTheFixedPoint, steps: 25)
      let neumann = try gradient(Neumann(terms: count), atTheFixedPoint, steps: 25)
      #expect(relativeDistance(truncated, neumann) <= 1e-10, "K = \(count)")
    }
  }

  /// `‖e_K‖ ≤ ‖B‖/μ (1 − ημ)^K ‖w* − c‖`, and the last factor of the decay is `1 − ημ`.
  @Test func truncationErrorFallsAtThePredictedRate() throws {
    let exact = try gradient(ImplicitDifferentiation(ConjugateGradient(tolerance: 1e-14)), atTheFixedPoint, steps: 1)
    let mu = 0.5
    let slope = norm(atTheFixedPoint.start - problem.c)
    let size = (problem.b.transposed * problem.b).flat.reduce(0) { max($0, abs($1)) } * 3
    func error(_ count: Int) throws -> Double { norm(try gradient(Truncated(steps: count), atTheFixedPoint, steps: 60) - exact) }
    for count in [1, 5, 10, 20, 40] {
      let bound = size.squareRoot() / mu * Dense([[1 - rate * mu]]).power(count).flat[0] * slope
      #expect(try error(count) <= bound, "K = \(count)")
    }
    let ratio = try error(41) / error(40)
    #expect(abs(ratio - (1 - rate * mu)) <= 1e-3, "ratio \(ratio)")
  }

  /// The unrolled derivative tends to the implicit one as `(1 − ημ)^T`.
  @Test func unrollingConvergesAtThePredictedRate() throws {
    let lambda = Quadratic.outer.flat
    let exact = problem.hypergradient(problem.inverse, 2000, rate: rate, at: lambda)
    func error(_ steps: Int) throws -> Double { norm(try gradient(UnrolledRematerialized(), problem, steps: steps) - exact) }
    let ratio = try error(61) / error(60)
    #expect(abs(ratio - 0.8) <= 5e-3, "ratio \(ratio)")
    #expect(try error(60) <= 1e-4 * norm(exact))
  }

  /// `2√κ ((√κ−1)/(√κ+1))^K`, and exact after as many iterations as there are unknowns.
  @Test func conjugateGradientsErrorStaysBelowItsBound() throws {
    let expected = problem.hypergradient(problem.inverse, 3, rate: rate, at: Quadratic.outer.flat)
    let kappa = 2 / 0.5
    let root = kappa.squareRoot()
    let direct = 0.3 * Quadratic.outer.flat
    for count in 1...5 {
      let value = try gradient(ImplicitDifferentiation(ConjugateGradient(iterations: count, tolerance: 0)), problem, steps: 3)
      let bound = 2 * root * Dense([[(root - 1) / (root + 1)]]).power(count).flat[0]
      // Relative to ‖B‖ ‖A⁻¹ v‖, which the norm of the implicit part stands for up to the condition of B.
      #expect(norm(value - expected) <= 3 * bound * norm(expected - direct), "K = \(count)")
      if count == 5 { #expect(relativeDistance(value, expected) <= 1e-12) }
    }
  }

  /// Knobs that should not matter once a solver has converged: the iterations left, the way there, the shapes of the tensors.
  @Test func resultsDoNotDependOnSolverKnobs() throws {
    let reference = try gradient(ImplicitDifferentiation(ConjugateGradient(tolerance: 1e-13)), problem, steps: 6)
    let solvers: [any LinearSolver] = [
      ConjugateGradient(iterations: 1000, tolerance: 1e-14), ConjugateGradient(iterations: 5, tolerance: 0),
      NormalConjugateGradient(iterations: 1000, tolerance: 1e-14), GMRES(restart: 2, tolerance: 1e-13),
      GMRES(restart: 100, tolerance: 1e-13), NeumannSeries(terms: 5000, rate: 0.3, tolerance: 1e-14),
      NeumannSeries(terms: 5000, rate: 0.9, tolerance: 1e-14),
    ]
    for solver in solvers {
      let error = relativeDistance(try gradient(ImplicitDifferentiation(solver), problem, steps: 6), reference)
      #expect(error <= 1e-11, "\(solver): \(error)")
    }
    for rate in [nil, 0.2, 0.7, 0.95] {
      let error = relativeDistance(try gradient(Neumann(terms: 1500, rate: rate), problem, steps: 6), reference)
      #expect(error <= 1e-11, "Neumann with rate \(rate ?? 0): \(error)")
    }
    // Betty's conjugate gradients are only right for one value of a scale; here a scale of f is a scale of the result.
    for scale in [1e-6, 0.1, 1e6] {
      struct Scaled: BilevelProblem {
        let inner = Quadratic()
        let scale: Double
        func initialInner(_ outer: [Tensor]) -> [Tensor] { inner.initialInner(outer) }
        func innerLoss(_ s: [Tensor], outer: [Tensor]) -> Tensor { inner.innerLoss(s, outer: outer) }
        func outerLoss(_ s: [Tensor], outer: [Tensor]) -> (loss: Tensor, report: Void) {
          (inner.outerLoss(s, outer: outer).loss * scale, ())
        }
      }
      let value = try ImplicitDifferentiation(ConjugateGradient(tolerance: 1e-13)).hypergradient(
        of: Scaled(scale: scale), loop: InnerLoop(SGD(learningRate: rate), rounds: 6), at: Quadratic.outer)
      #expect(relativeDistance((1 / scale) * value.gradient.flat, reference) <= 1e-12)
    }
    // A list of tensors is one vector, however it is cut.
    for estimator in HypergradientRegistry.all {
      let cut = try gradient(estimator, problem, steps: 6)
      var whole = problem
      whole.innerShapes = [[5]]
      let one = [Tensor(shape: [3], Quadratic.outer.flat)]
      let uncut = try gradient(estimator, whole, steps: 6, outer: one)
      // The random directions of evolution strategies follow the shapes.
      if ClosedFormRow.row(estimator)?.kind == .stochastic { continue }
      #expect(relativeDistance(cut, uncut) <= 1e-12, "\(estimator.name)")
    }
  }

  /// `∂f/∂s = 0`: every estimator gives the direct part alone, and the solvers report no iteration.
  @Test func aZeroResidualStopsCleanly() throws {
    for rho in [0.3, 0] {
      var still = Quadratic()
      still.a = Dense.identity(5) * 2
      still.b = Dense((0..<5).map { row in (0..<3).map { $0 == row % 3 ? 2 : 0 } })
      still.rho = rho
      let outer = [Tensor(shape: [2], [1.0, -2]), Tensor(shape: [], [3.0])]
      still.start = still.a.solve(still.b * outer.flat)
      still.c = still.start
      for row in ClosedFormRow.all {
        let result = try row.estimator.hypergradient(of: still, loop: InnerLoop(SGD(learningRate: 0.25), rounds: 3), at: outer)
        if row.kind == .stochastic {
          #expect(result.gradient.flat.allSatisfy { $0.isFinite })
          continue
        }
        #expect(relativeDistance(result.gradient.flat, rho * outer.flat) <= 1e-14, "\(row): \(result.gradient.flat)")
        if case .implicit = row.kind { #expect(result.linearSolve?.iterations == 0) }
      }
    }
  }

  /// The error of the difference falls by four where its size is halved.
  @Test func finiteDifferenceErrorIsQuadraticInItsSize() throws {
    let (tanh, outer) = (TanhProblem(), TanhProblem.outer(nil))
    let loop = InnerLoop(SGD(learningRate: 0.3), rounds: 1)
    let exact = try UnrolledRematerialized().hypergradient(of: tanh, loop: loop, at: outer).gradient.flat
    func error(_ size: Double) throws -> Double {
      norm(try FiniteDifference(size: size).hypergradient(of: tanh, loop: loop, at: outer).gradient.flat - exact)
    }
    let sizes = [0.4, 0.2, 0.1, 0.05]
    let errors = try sizes.map(error)
    for (large, small) in zip(errors, errors.dropFirst()) {
      #expect(abs(large / small - 4) <= 0.3, "\(errors)")
    }
    #expect(try error(0.01) / norm(exact) <= 1e-4)
  }

  /// With Adam, the estimators of the last step use the derivative of Adam's update; a formula of its own, from the optimiser's definition.
  @Test func samaIsAwareOfAdam() throws {
    let adam = Adam(learningRate: 0.05, beta1: 0.7, beta2: 0.9, epsilon: 1e-4)
    let lambda = Quadratic.outer.flat
    var w = problem.start
    var (m, v) = ([Double](repeating: 0, count: 5), [Double](repeating: 0, count: 5))
    var slopes = [Double](repeating: 0, count: 5)
    for count in 1...3 {
      let g = problem.a * w - problem.b * lambda
      m = zip(m, g).map { 0.7 * $0 + 0.3 * $1 }
      v = zip(v, g).map { 0.9 * $0 + 0.1 * $1 * $1 }
      let (first, second) = (1 - Dense([[0.7]]).power(count).flat[0], 1 - Dense([[0.9]]).power(count).flat[0])
      for index in 0..<5 {
        let root = (v[index] / second).squareRoot()
        let direction = m[index] / first / (root + 1e-4)
        // The derivative of the direction with respect to g.
        let rootSlope = 0.1 * 2 * g[index] / second / (2 * root)
        slopes[index] = 0.05 * (0.3 / first / (root + 1e-4) - m[index] / first * rootSlope / ((root + 1e-4) * (root + 1e-4)))
        w[index] -= 0.05 * direction
      }
    }
    let expected = problem.b.transposed * zip(slopes, w - problem.c).map { $0 * $1 } + 0.3 * lambda
    let result = try SAMA().hypergradient(of: problem, loop: InnerLoop(adam, rounds: 3), at: Quadratic.outer)
    #expect(relativeDistance(result.inner.flat, w) <= 1e-12)
    #expect(relativeDistance(result.gradient.flat, expected) <= 1e-9)
  }

  /// The mean of many pairs is the gradient of a quadratic, within the standard error that theory gives.
  @Test func evolutionStrategiesAreUnbiased() throws {
    let exact = try gradient(UnrolledRematerialized(), problem, steps: 1)
    for pairs in [100, 1000, 10_000] {
      let value = try gradient(EvolutionStrategies(pairs: pairs, deviation: 0.5, seed: 1), problem, steps: 1)
      #expect(relativeDistance(value, exact) <= 3 * (4 / Double(pairs)).squareRoot(), "\(pairs) pairs")
    }
    let one = try gradient(EvolutionStrategies(seed: 1), problem, steps: 1)
    #expect(one == (try gradient(EvolutionStrategies(seed: 1), problem, steps: 1)))
    #expect(one != (try gradient(EvolutionStrategies(seed: 2), problem, steps: 1)))
  }

  /// An outer loss that nothing can be differentiated of.
  @Test func evolutionStrategiesTakeAnyOuterLoss() throws {
    struct Counting: BilevelProblem {
      func initialInner(_ outer: [Tensor]) -> [Tensor] { outer }
      func innerLoss(_ inner: [Tensor], outer: [Tensor]) -> Tensor { inner[0].squared().sum() }
      func outerLoss(_ inner: [Tensor], outer: [Tensor]) -> (loss: Tensor, report: Void) {
        (Tensor(Double(inner[0].doubles.count { $0 > 1 }), .float64), ())
      }
    }
    let outer = [Tensor(shape: [4], [1.2, 1.3, 0.9, -2])]
    let result = try EvolutionStrategies(pairs: 200, deviation: 0.3).hypergradient(
      of: Counting(), loop: InnerLoop(SGD(learningRate: 0.05), rounds: 1), at: outer)
    #expect(result.gradient.flat[0] > 0.2 && result.gradient.flat[1] > 0.2)
  }

  /// A stated optimality condition takes the place of the gradient, with a Jacobian that is not symmetric.
  @Test func anOptimalityConditionOfOnesOwn() throws {
    struct Stated: BilevelProblem {
      let inner = Quadratic()
      let mixing = Dense.random("optimality mixing", 5, 5) + Dense.identity(5) * 2
      func initialInner(_ outer: [Tensor]) -> [Tensor] { inner.initialInner(outer) }
      func innerLoss(_ s: [Tensor], outer: [Tensor]) -> Tensor { inner.innerLoss(s, outer: outer) }
      func outerLoss(_ s: [Tensor], outer: [Tensor]) -> (loss: Tensor, report: Void) { inner.outerLoss(s, outer: outer) }
      func optimality(_ s: [Tensor], outer: [Tensor]) -> [Tensor]? {
        let (w, lambda) = (inner.column(s), inner.column(outer))
        let all = matmul(mixing.tensor, matmul(inner.a.tensor, w) - matmul(inner.b.tensor, lambda)).reshaped(to: [5])
        return [all.slice(axis: 0, from: 0, count: 2), all.slice(axis: 0, from: 2, count: 3).reshaped(to: [1, 3])]
      }
    }
    let expected = problem.hypergradient(problem.inverse, 6, rate: rate, at: Quadratic.outer.flat)
    for solver in [NormalConjugateGradient(tolerance: 1e-13), GMRES(tolerance: 1e-13)] as [any LinearSolver] {
      let result = try ImplicitDifferentiation(solver).hypergradient(
        of: Stated(), loop: InnerLoop(SGD(learningRate: rate), rounds: 6), at: Quadratic.outer)
      #expect(relativeDistance(result.gradient.flat, expected) <= 1e-10, "\(solver.name)")
    }
  }

  @Test func diagnosisComparesWithTheExactOne() throws {
    let loop = InnerLoop(SGD(learningRate: rate), rounds: 6)
    let same = try UnrolledGraph().diagnose(problem, loop: loop, at: Quadratic.outer)
    #expect(abs(same.cosine - 1) <= 1e-12 && same.relativeError <= 1e-12)
    let first = try FirstOrder().diagnose(problem, loop: loop, at: Quadratic.outer)
    let exact = try gradient(UnrolledRematerialized(), problem, steps: 6)
    let direct = 0.3 * Quadratic.outer.flat
    #expect(abs(first.relativeError - relativeDistance(direct, exact)) <= 1e-12)
    let product = zip(direct, exact).reduce(0) { $0 + $1.0 * $1.1 }
    #expect(abs(first.cosine - product / (norm(direct) * norm(exact))) <= 1e-12)
    #expect(abs(first.exactNorm - norm(exact)) <= 1e-12)
  }
}
