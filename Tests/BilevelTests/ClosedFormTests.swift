import ArchPrior
import TestSupport
import Testing

/// Every registered estimator against closed-form hypergradients (algorithms.md §11, Q1–Q5), in Float64.
@Suite struct ClosedFormTests {
  @Test func everyRegisteredEstimatorHasARow() {
    #expect(ClosedFormRow.all.map(\.estimator.name).sorted() == HypergradientRegistry.all.map(\.name).sorted())
    #expect(Set(HypergradientRegistry.all.map(\.name)).count == HypergradientRegistry.all.count)
  }

  private func gradient<Problem: BilevelProblem>(
    _ row: ClosedFormRow, _ problem: Problem, _ loop: InnerLoop, at outer: [Tensor]
  ) throws -> [Double] {
    let result = try row.estimator.hypergradient(of: problem, loop: loop, at: outer)
    #expect(result.gradient.map(\.shape) == outer.map(\.shape))
    return result.gradient.flat
  }

  private func expect(_ value: [Double], _ expected: [Double], _ row: ClosedFormRow, _ label: String) {
    let error = relativeDistance(value, expected)
    #expect(error <= row.tolerance, "\(label), \(row): relative error \(error)")
  }

  /// After few steps, where the loop's own derivative and the implicit one differ, and after many.
  @Test(arguments: ClosedFormRow.all, [6, 60])
  func q1Quadratic(_ row: ClosedFormRow, _ steps: Int) throws {
    let problem = Quadratic()
    let (rate, lambda) = (0.4, Quadratic.outer.flat)
    let m = Dense.identity(5) - problem.a * rate
    let factor: Dense
    switch row.kind {
    case .unrolled, .stochastic: factor = problem.inverse * (Dense.identity(5) - m.power(steps))
    case .implicit: factor = problem.inverse
    case .neumann(let k), .truncated(let k): factor = m.geometricSum(k) * rate
    case .oneStepIdentity: factor = Dense.identity(5) * rate
    case .firstOrder: factor = Dense.identity(5) * 0
    }
    let loop = InnerLoop(SGD(learningRate: rate), rounds: steps)
    let value = try gradient(row, problem, loop, at: Quadratic.outer)
    expect(value, problem.hypergradient(factor, steps, rate: rate, at: lambda), row, "Q1, \(steps) steps")
  }

  @Test(arguments: ClosedFormRow.all)
  func q2WeightDecay(_ row: ClosedFormRow) throws {
    let problem = WeightDecay()
    let r = WeightDecay.outer.flat
    let rate = 0.4
    let m = Dense.identity(4) - problem.hessian(r) * rate
    let loop = InnerLoop(SGD(learningRate: rate), rounds: 150)
    let expected: [Double]
    switch row.kind {
    case .unrolled, .stochastic, .implicit: expected = problem.hypergradient(r) { problem.hessian(r).solve($0) }
    case .neumann(let k), .truncated(let k): expected = problem.hypergradient(r) { rate * (m.geometricSum(k) * $0) }
    case .oneStepIdentity: expected = problem.hypergradient(r) { rate * $0 }
    case .firstOrder:
      // The weight decay acts through the inner loss alone, which first order does not look at.
      #expect {
        _ = try row.estimator.hypergradient(of: problem, loop: loop, at: WeightDecay.outer)
      } throws: {
        guard case BilevelError.unseen("first-order", "outer[0]", _) = $0 else { return false }
        return true
      }
      return
    }
    expect(try gradient(row, problem, loop, at: WeightDecay.outer), expected, row, "Q2")
  }

  /// One step from (α, w) = (2, −2) with ξ = 0.1, where the paper's second-order gradient is −2.8.
  @Test(arguments: ClosedFormRow.all)
  func q3DARTSToy(_ row: ClosedFormRow) throws {
    let expected: Double
    switch row.kind {
    // w' = −1.2, ∂f/∂α = w' − 2 = −3.2, ∂f/∂w = 2, ∂²g/∂α∂w = −2, ∂²g/∂w² = 2.
    case .unrolled, .truncated, .oneStepIdentity, .stochastic: expected = -3.2 + 0.1 * 2 * 2
    case .implicit: expected = -3.2 + 2 * (2 / 2)
    case .neumann(let k): expected = -3.2 + 2 * (0.1 * 2 * Dense([[0.8]]).geometricSum(k).flat[0])
    case .firstOrder: expected = -3.2
    }
    let loop = InnerLoop(SGD(learningRate: 0.1), rounds: 1)
    expect(try gradient(row, DARTSToy(weight: -2), loop, at: [Tensor(2, .float64)]), [expected], row, "Q3")
  }

  /// Alternating steps of α and w lead where the estimator's gradient vanishes with w = α.
  @Test(arguments: ClosedFormRow.all)
  func q3Search(_ row: ClosedFormRow) throws {
    let (rate, loop) = (0.1, InnerLoop(SGD(learningRate: 0.1), rounds: 1))
    var (alpha, weight) = (2.0, -2.0)
    for _ in 0..<400 {
      let result = try row.searching.hypergradient(of: DARTSToy(weight: weight), loop: loop, at: [Tensor(alpha, .float64)])
      alpha -= 0.1 * result.gradient[0].item
      weight = try #require(result.inner.first).item
    }
    // w − 2 + s α = 0 with s the share of the best response's derivative that the estimator sees.
    let share: Double
    switch row.kind {
    case .implicit: share = 1
    case .unrolled, .truncated, .oneStepIdentity, .stochastic: share = 2 * rate
    case .neumann(let k): share = 2 * rate * Dense([[0.8]]).geometricSum(k).flat[0]
    case .firstOrder: share = 0
    }
    #expect(abs(alpha - 2 / (1 + share)) <= 1e-6 && abs(weight - alpha) <= 1e-6, "\(row): (\(alpha), \(weight))")
  }

  /// Outer gradient descent on Q4: the optimum is 1.5; what truncates after one step ends at 2.0, where the true slope is 1.
  @Test(arguments: ClosedFormRow.all)
  func q4TruncationTrap(_ row: ClosedFormRow) throws {
    let rate = 0.5
    let loop = InnerLoop(SGD(learningRate: rate), rounds: 200)
    var lambda = 0.0
    for _ in 0..<60 {
      let result = try row.searching.hypergradient(of: TruncationTrap(), loop: loop, at: [Tensor(lambda, .float64)])
      lambda -= 0.4 * result.gradient[0].item
    }
    let share: Double
    switch row.kind {
    case .unrolled, .implicit, .stochastic: share = 1
    case .truncated(let k), .neumann(let k): share = rate * Dense([[0.5]]).geometricSum(k).flat[0]
    case .oneStepIdentity: share = rate
    case .firstOrder: share = 0
    }
    let expected = 3 / (1 + share)
    #expect(abs(lambda - expected) <= 1e-8, "\(row): \(lambda) instead of \(expected)")
    if case .oneStepIdentity = row.kind { #expect(abs(lambda - 2) <= 1e-8) }
    if case .unrolled = row.kind { #expect(abs(lambda - 1.5) <= 1e-8) }
  }

  @Test func q4OneStepEndsAtTwoWhereTheSlopeIsOne() throws {
    let loop = InnerLoop(SGD(learningRate: 0.5), rounds: 200)
    var lambda = 0.0
    for _ in 0..<80 {
      let result = try Truncated(steps: 1).hypergradient(of: TruncationTrap(), loop: loop, at: [Tensor(lambda, .float64)])
      lambda -= 0.4 * result.gradient[0].item
    }
    #expect(abs(lambda - 2) <= 1e-12)
    let exact = try UnrolledRematerialized().hypergradient(of: TruncationTrap(), loop: loop, at: [Tensor(lambda, .float64)])
    #expect(abs(exact.gradient[0].item - 1) <= 1e-12)
  }

  @Test(arguments: ClosedFormRow.all)
  func q5Proximal(_ row: ClosedFormRow) throws {
    let problem = Proximal()
    let (rate, lambda, theta) = (0.3, 0.8, Proximal.outer.flat)
    let slope = problem.slope(lambda, at: theta)
    let m = Dense.identity(4) - problem.system(lambda) * rate
    let expected: [Double]
    switch row.kind {
    case .unrolled, .implicit, .stochastic: expected = lambda * problem.system(lambda).solve(slope)
    case .neumann(let k): expected = (rate * lambda) * (m.geometricSum(k) * slope)
    // What is left of the cotangent goes to the start.
    case .truncated(let k): expected = (rate * lambda) * (m.geometricSum(k) * slope) + m.power(k) * slope
    case .oneStepIdentity: expected = (rate * lambda) * slope + slope
    case .firstOrder: expected = slope
    }
    let loop = InnerLoop(SGD(learningRate: rate), rounds: 150, proximal: lambda)
    expect(try gradient(row, problem, loop, at: Proximal.outer), expected, row, "Q5")
  }
}
