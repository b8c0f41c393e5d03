import ArchPrior
import TestSupport
import Testing

/// Lanczos' method on matrices whose eigenvalues were chosen.
@Suite struct LanczosTests {
  @Test(arguments: [
    [0.5, 0.7, 1, 1.5, 2, 3, 4], [-9, -0.5, 1, 1.5, 2, 3, 4], [-4, -3, -2, -1.5, -1, -0.7, -0.5], [2, 2, 2, 2, 2, 2, 2],
    [0, 0, 0, 0, 0, 0, 1e-3],
  ])
  func findsTheLargestNotTheLargestAbsolute(eigenvalues: [Double]) throws {
    let matrix = Dense.symmetric("lanczos", eigenvalues: eigenvalues)
    let found = try Lanczos(steps: 7, tolerance: 0).largestEigenvalue(
      LinearSolverTests.map(matrix), start: LinearSolverTests.list(LinearSolverTests.b))
    let largest = try #require(eigenvalues.max())
    #expect(abs(try #require(found) - largest) <= 1e-10 * max(1, abs(largest)), "\(String(describing: found))")
  }

  /// The bound tightens from below.
  @Test func fewStepsStayBelow() throws {
    let map = LinearSolverTests.map(LinearSolverTests.positive)
    let bounds = try (1...7).map { steps in
      try #require(
        try Lanczos(steps: steps, tolerance: 0).largestEigenvalue(map, start: LinearSolverTests.list(LinearSolverTests.b)))
    }
    #expect(zip(bounds, bounds.dropFirst()).allSatisfy { $0 <= $1 + 1e-12 } && bounds.allSatisfy { $0 <= 4 + 1e-12 })
    #expect(bounds[0] < 3.9)
  }

  @Test func startsNowhereAndFailsOnNoNumbers() throws {
    let zeros = LinearSolverTests.shapes.map { Tensor.zeros($0, .float64) }
    #expect(try Lanczos().largestEigenvalue({ $0 }, start: zeros) == nil)
    #expect(throws: LinearSolverError.self) {
      try Lanczos().largestEigenvalue({ $0.map { $0 * .nan } }, start: LinearSolverTests.list(LinearSolverTests.b))
    }
  }
}
