import ArchPrior
import TestSupport
import Testing

/// Linear solvers against elimination in plain numbers, on lists of tensors of several shapes.
@Suite struct LinearSolverTests {
  static let shapes: [Shape] = [[2], [2, 2], []]
  static let count = 7

  /// A list of tensors as a vector's parts.
  static func list(_ values: [Double], _ type: ElementType = .float64) -> [Tensor] {
    Tensor(shape: [values.count], converting: values, to: type).unpacked(shapes)
  }

  static func map(_ matrix: Dense, _ type: ElementType = .float64) -> LinearMap { { list(matrix * $0.flat, type) } }

  static let positive = Dense.symmetric("positive", eigenvalues: [0.5, 0.7, 1, 1.5, 2, 3, 4])
  static let indefinite = Dense.symmetric("indefinite", eigenvalues: [-2, -0.5, 1, 1.5, 2, 3, 4])
  static let general = Dense.random("general", 7, 7) + Dense.identity(7) * 1.5
  static let b = FixtureValues.values("right-hand side", count: 7)

  static let solvers: [any LinearSolver] = [
    ConjugateGradient(tolerance: 1e-13), NormalConjugateGradient(tolerance: 1e-13), GMRES(tolerance: 1e-13),
    NeumannSeries(terms: 2000, rate: 0.4, tolerance: 1e-13),
  ]

  @Test(arguments: solvers.indices)
  func solvesAPositiveDefiniteSystem(_ index: Int) throws {
    let solver = Self.solvers[index]
    let result = try solver.solve(Self.map(Self.positive), Self.list(Self.b))
    #expect(result.solution.map(\.shape) == Self.shapes)
    let error = relativeDistance(result.solution.flat, Self.positive.solve(Self.b))
    #expect(error <= 1e-11, "\(solver.name): \(error)")
    #expect(result.report.converged)
    let residual = norm(Self.b - Self.positive * result.solution.flat) / norm(Self.b)
    #expect(abs(result.report.relativeResidual - residual) <= 1e-12, "\(result.report) but \(residual)")
  }

  @Test(arguments: solvers.indices)
  func dampingIsAddedToTheDiagonal(_ index: Int) throws {
    let damped: [any LinearSolver] = [
      ConjugateGradient(tolerance: 1e-13, damping: 0.7), NormalConjugateGradient(tolerance: 1e-13, damping: 0.7),
      GMRES(tolerance: 1e-13, damping: 0.7), NeumannSeries(terms: 2000, rate: 0.4, tolerance: 1e-13, damping: 0.7),
    ]
    let result = try damped[index].solve(Self.map(Self.positive), Self.list(Self.b))
    let expected = (Self.positive + Dense.identity(7) * 0.7).solve(Self.b)
    #expect(relativeDistance(result.solution.flat, expected) <= 1e-11)
  }

  /// Zero in, zero out, and the matrix is never asked.
  @Test(arguments: solvers.indices)
  func aZeroRightHandSideStopsCleanly(_ index: Int) throws {
    struct Asked: Error {}
    let result = try Self.solvers[index].solve({ _ in throw Asked() }, Self.list([Double](repeating: 0, count: 7)))
    #expect(result.solution.flat == [Double](repeating: 0, count: 7))
    #expect(result.report == .init(iterations: 0, relativeResidual: 0, converged: true))
  }

  /// H = 2I, where one iteration is exact: a solver that goes on divides 0 by 0 (Betty's does, anchors A2).
  @Test(arguments: solvers.indices)
  func exactConvergenceStopsCleanly(_ index: Int) throws {
    let result = try Self.solvers[index].solve(Self.map(.identity(7) * 2), Self.list(Self.b))
    #expect(relativeDistance(result.solution.flat, 0.5 * Self.b) <= 1e-12)
    #expect(result.report.iterations <= 25)
  }

  @Test func conjugateGradientsEndAfterAsManyIterationsAsEigenvalues() throws {
    let matrix = Dense.symmetric("three eigenvalues", eigenvalues: [1, 1, 2, 2, 2, 5, 5])
    let result = try ConjugateGradient(tolerance: 1e-12).solve(Self.map(matrix), Self.list(Self.b))
    #expect(result.report.iterations == 3)
    // The energy norm's bound before that.
    let expected = Self.positive.solve(Self.b)
    func energy(_ x: [Double]) -> Double {
      zip(x - expected, Self.positive * (x - expected)).reduce(0) { $0 + $1.0 * $1.1 }.squareRoot()
    }
    let root = (4 / 0.5).squareRoot()
    for iterations in 1...6 {
      let x = try ConjugateGradient(iterations: iterations).solve(Self.map(Self.positive), Self.list(Self.b))
      var bound = 2.0
      for _ in 0..<iterations { bound *= (root - 1) / (root + 1) }
      #expect(energy(x.solution.flat) <= bound * energy([Double](repeating: 0, count: 7)))
      #expect(!x.report.converged && x.report.iterations == iterations)
    }
  }

  @Test func anIndefiniteMatrixIsNamedByConjugateGradients() throws {
    // Only the second tensor (elements 2 to 5) has negative curvature.
    let matrix = Dense.diagonal([1, 2, 1, 1, -3, 1, 2])
    #expect {
      _ = try ConjugateGradient().solve(Self.map(matrix), Self.list(Self.b))
    } throws: { error in
      guard case LinearSolverError.indefinite(let curvature, _, 1) = error else { return false }
      return curvature < 0 && "\(error)".contains("damping") && "\(error)".contains("gmres")
    }
    let damped = try ConjugateGradient(tolerance: 1e-13, damping: 4).solve(Self.map(matrix), Self.list(Self.b))
    #expect(relativeDistance(damped.solution.flat, (matrix + Dense.identity(7) * 4).solve(Self.b)) <= 1e-11)
  }

  /// Truncation keeps the iterate before the bad direction, which is that of the iterations before it; in the first one, a multiple of b.
  @Test func negativeCurvatureCanEndTheIteration() throws {
    let matrix = Dense.symmetric("late", eigenvalues: [-0.02, 1, 1.1, 1.2, 1.3, 1.4, 1.5])
    let b = matrix * (matrix * FixtureValues.values("late", count: 7))
    let truncated = try ConjugateGradient(tolerance: 1e-14, negativeCurvature: .truncate).solve(Self.map(matrix), Self.list(b))
    let count = truncated.report.iterations
    #expect(count > 0 && !truncated.report.converged)
    let short = try ConjugateGradient(iterations: count, tolerance: 1e-14).solve(Self.map(matrix), Self.list(b))
    #expect(truncated.solution.flat == short.solution.flat)
    #expect(throws: LinearSolverError.self) {
      try ConjugateGradient(tolerance: 1e-14).solve(Self.map(matrix), Self.list(b))
    }
    let negative = try ConjugateGradient(negativeCurvature: .truncate).solve(Self.map(.identity(7) * -4), Self.list(Self.b))
    #expect(relativeDistance(negative.solution.flat, 0.25 * Self.b) <= 1e-14 && negative.report.iterations == 0)
    let flat = try ConjugateGradient(negativeCurvature: .truncate).solve(Self.map(.identity(7) * 0), Self.list(Self.b))
    #expect(flat.solution.flat == [Double](repeating: 0, count: 7))
  }

  @Test func indefiniteAndUnsymmetricSystemsAreSolvedByTheOthers() throws {
    for solver in [NormalConjugateGradient(tolerance: 1e-12) as any LinearSolver, GMRES(tolerance: 1e-12)] {
      let result = try solver.solve(Self.map(Self.indefinite), Self.list(Self.b))
      #expect(relativeDistance(result.solution.flat, Self.indefinite.solve(Self.b)) <= 1e-9, "\(solver.name)")
      let other = try solver.solve(
        Self.map(Self.general), transposed: Self.map(Self.general.transposed), Self.list(Self.b))
      #expect(relativeDistance(other.solution.flat, Self.general.solve(Self.b)) <= 1e-9, "\(solver.name)")
    }
  }

  @Test func restartsChangeTheWayAndNotTheResult() throws {
    let expected = Self.positive.solve(Self.b)
    var iterations: [Int] = []
    for restart in [1, 2, 3, 7, 50] {
      let result = try GMRES(iterations: 500, restart: restart, tolerance: 1e-12).solve(
        Self.map(Self.positive), Self.list(Self.b))
      #expect(result.report.converged)
      #expect(relativeDistance(result.solution.flat, expected) <= 1e-11, "restart \(restart)")
      iterations.append(result.report.iterations)
    }
    #expect(iterations[3] <= 7 && iterations[4] <= 7 && iterations[0] > 7)
  }

  /// What is reported is what the matrix was asked for, restarts included.
  @Test(arguments: [1, 3, 7]) func restartsCountTheirProducts(restart: Int) throws {
    var asked = 0
    let matrix = Self.map(Self.positive)
    let report = try GMRES(iterations: 500, restart: restart, tolerance: 1e-10).solve(
      {
        asked += 1
        return try matrix($0)
      }, Self.list(Self.b)
    ).report
    #expect(report.products == asked && report.products > report.iterations)
    // A product an iteration, and one after every cycle of them.
    #expect(asked == report.iterations + (report.iterations + restart - 1) / restart)
    asked = 0
    let plain = try ConjugateGradient(tolerance: 1e-10).solve(
      {
        asked += 1
        return try matrix($0)
      }, Self.list(Self.b)
    ).report
    #expect(plain.products == asked && plain.iterations == asked)
  }

  /// A singular matrix and a right-hand side outside of its range: a report that says so, and no endless loop or NaN.
  @Test func singularSystemsEnd() throws {
    let singular = Dense.diagonal([1, 2, 3, 4, 5, 6, 0])
    for solver in [NormalConjugateGradient() as any LinearSolver, GMRES()] {
      let result = try solver.solve(Self.map(singular), Self.list(Self.b))
      #expect(!result.report.converged)
      #expect(result.solution.flat.allSatisfy { $0.isFinite }, "\(solver.name)")
      let share = abs(Self.b[6]) / norm(Self.b)
      #expect(abs(result.report.relativeResidual - share) <= 1e-8, "\(solver.name): \(result.report)")
    }
    #expect(throws: LinearSolverError.self) { try ConjugateGradient().solve(Self.map(singular), Self.list(Self.b)) }
  }

  @Test func aDivergingSeriesIsAnError() throws {
    #expect {
      _ = try NeumannSeries(terms: 500, rate: 0.6).solve(Self.map(Self.positive), Self.list(Self.b))
    } throws: {
      guard case LinearSolverError.seriesDiverges = $0 else { return false }
      return "\($0)".contains("lower its rate")
    }
  }

  @Test func theNeumannSeriesHasSoManyTerms() throws {
    for terms in [1, 2, 5] {
      let result = try NeumannSeries(terms: terms, rate: 0.3).solve(Self.map(Self.positive), Self.list(Self.b))
      let expected = 0.3 * ((Dense.identity(7) - Self.positive * 0.3).geometricSum(terms) * Self.b)
      #expect(relativeDistance(result.solution.flat, expected) <= 1e-13)
      #expect(result.report.iterations == terms - 1)
    }
  }

  @Test(arguments: solvers.indices)
  func wrongShapesAndNumbersAreNamed(_ index: Int) throws {
    let solver = Self.solvers[index]
    #expect {
      _ = try solver.solve({ Array($0.dropLast()) }, Self.list(Self.b))
    } throws: { $0 as? LinearSolverError == .mismatchedProduct(tensor: 2, shape: [], expected: []) }
    #expect {
      _ = try solver.solve({ $0.map { $0 * .nan } }, Self.list(Self.b))
    } throws: {
      guard case LinearSolverError.notFinite = $0 else { return false }
      return true
    }
  }

  /// In Float32 a tolerance that rounding does not allow ends in the best there is.
  @Test(arguments: solvers.indices)
  func singlePrecisionEnds(_ index: Int) throws {
    let result = try Self.solvers[index].solve(Self.map(Self.positive, .float32), Self.list(Self.b, .float32))
    #expect(relativeDistance(result.solution.flat, Self.positive.solve(Self.b)) <= 1e-4)
    #expect(result.report.iterations <= 200)
  }
}
