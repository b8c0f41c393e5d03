import ArchPrior
import TestSupport

/// Q1: `g = ½ wᵀA w − wᵀB λ`, `f = ½‖w − c‖² + ½ρ‖λ‖²`. Inner and outer variables are lists of tensors of several shapes, or one vector each.
struct Quadratic: BilevelProblem {
  var a = Dense.symmetric("Q1 A", eigenvalues: [0.5, 0.8, 1.2, 1.6, 2])
  var b = Dense.random("Q1 B", 5, 3)
  var c = FixtureValues.values("Q1 c", count: 5)
  var rho = 0.3
  var start = FixtureValues.values("Q1 start", count: 5)
  var innerShapes: [Shape] = [[2], [1, 3]]

  static let outer = [Tensor(shape: [2], [0.7, -0.4]), Tensor(shape: [], [1.1])]

  func column(_ tensors: [Tensor]) -> Tensor {
    concatenate(tensors.map { $0.reshaped(to: [$0.count, 1]) }, axis: 0)
  }

  func initialInner(_ outer: [Tensor]) -> [Tensor] { Tensor(shape: [5], start).unpacked(innerShapes) }

  func innerLoss(_ inner: [Tensor], outer: [Tensor]) -> Tensor {
    let (w, lambda) = (column(inner), column(outer))
    return 0.5 * (w * matmul(a.tensor, w)).sum() - (w * matmul(b.tensor, lambda)).sum()
  }

  func outerLoss(_ inner: [Tensor], outer: [Tensor]) -> (loss: Tensor, report: Void) {
    let gap = column(inner) - Tensor(shape: [5, 1], c)
    return (0.5 * gap.squared().sum() + (0.5 * rho) * column(outer).squared().sum(), ())
  }

  // The oracle.

  /// The inner variables after T plain steps.
  func adapted(_ steps: Int, rate: Double, at lambda: [Double]) -> [Double] {
    let m = (Dense.identity(5) - a * rate).power(steps)
    let solution = a.solve(b * lambda)
    return solution - m * solution + m * start
  }

  /// `Bᵀ · factor (w_T − c) + ρ λ`
  func hypergradient(_ factor: Dense, _ steps: Int, rate: Double, at lambda: [Double]) -> [Double] {
    b.transposed * (factor * (adapted(steps, rate: rate, at: lambda) - c)) + rho * lambda
  }

  var inverse: Dense { Dense((0..<5).map { a.solve(Dense.identity(5).rows[$0]) }) }
}

/// Q2: ridge regression with a weight decay for every parameter, `g = ‖Xw − y‖²/2n + ½ wᵀ diag(eʳ) w`, f the validation error.
struct WeightDecay: BilevelProblem {
  let x = Dense.random("Q2 X", 8, 4)
  let y = FixtureValues.values("Q2 y", count: 8)
  let validationX = Dense.random("Q2 X validation", 6, 4)
  let validationY = FixtureValues.values("Q2 y validation", count: 6)

  static let outer = [Tensor(shape: [4], FixtureValues.values("Q2 r", count: 4))]

  func initialInner(_ outer: [Tensor]) -> [Tensor] { [.zeros([4, 1], .float64)] }

  func innerLoss(_ inner: [Tensor], outer: [Tensor]) -> Tensor {
    let residual = matmul(x.tensor, inner[0]) - Tensor(shape: [8, 1], y)
    let decay = (outer[0].exp().reshaped(to: [4, 1]) * inner[0].squared()).sum()
    return residual.squared().sum() / 16 + 0.5 * decay
  }

  func outerLoss(_ inner: [Tensor], outer: [Tensor]) -> (loss: Tensor, report: Void) {
    ((matmul(validationX.tensor, inner[0]) - Tensor(shape: [6, 1], validationY)).squared().sum() / 12, ())
  }

  // The oracle, at the solution.

  func hessian(_ r: [Double]) -> Dense { x.transposed * x * 0.125 + Dense.diagonal(r.map { Double.exponential($0) }) }
  func solution(_ r: [Double]) -> [Double] { hessian(r).solve(0.125 * (x.transposed * y)) }
  func validationGradient(_ w: [Double]) -> [Double] { (1.0 / 6) * (validationX.transposed * (validationX * w - validationY)) }

  /// `−eʳ ∘ w ∘ factor ∇f`
  func hypergradient(_ r: [Double], _ inverse: ([Double]) -> [Double]) -> [Double] {
    let w = solution(r)
    return zip(zip(r, w), inverse(validationGradient(w))).map { -Double.exponential($0.0) * $0.1 * $1 }
  }
}

/// Q3: the toy of DARTS' figure 2, `f = αw − 2α + 1`, `g = w² − 2αw + α²`.
struct DARTSToy: BilevelProblem {
  var weight: Double

  func initialInner(_ outer: [Tensor]) -> [Tensor] { [Tensor(weight, .float64)] }
  func innerLoss(_ inner: [Tensor], outer: [Tensor]) -> Tensor { (inner[0] - outer[0]).squared() }
  func outerLoss(_ inner: [Tensor], outer: [Tensor]) -> (loss: Tensor, report: Void) {
    (outer[0] * inner[0] - 2 * outer[0] + 1, ())
  }
}

/// Q4: `f = ½w² + ½(λ − 3)²`, `g = ½(w − λ)²`.
struct TruncationTrap: BilevelProblem {
  func initialInner(_ outer: [Tensor]) -> [Tensor] { [Tensor(0, .float64)] }
  func innerLoss(_ inner: [Tensor], outer: [Tensor]) -> Tensor { 0.5 * (inner[0] - outer[0]).squared() }
  func outerLoss(_ inner: [Tensor], outer: [Tensor]) -> (loss: Tensor, report: Void) {
    (0.5 * inner[0].squared() + 0.5 * (outer[0] - 3).squared(), ())
  }
}

/// Q5: iMAML, `g = ½φᵀAφ − bᵀφ` with a proximal term, `f = ½‖φ − c‖²`, `φ₀ = θ`.
struct Proximal: BilevelProblem {
  let a = Dense.symmetric("Q5 A", eigenvalues: [0.2, 0.6, 1, 1.5])
  let b = FixtureValues.values("Q5 b", count: 4)
  let c = FixtureValues.values("Q5 c", count: 4)

  static let outer = [Tensor(shape: [4, 1], FixtureValues.values("Q5 theta", count: 4))]

  func initialInner(_ outer: [Tensor]) -> [Tensor] { outer }
  func innerLoss(_ inner: [Tensor], outer: [Tensor]) -> Tensor {
    (inner[0] * (0.5 * matmul(a.tensor, inner[0]) - Tensor(shape: [4, 1], b))).sum()
  }
  func outerLoss(_ inner: [Tensor], outer: [Tensor]) -> (loss: Tensor, report: Void) {
    (0.5 * (inner[0] - Tensor(shape: [4, 1], c)).squared().sum(), ())
  }

  // The oracle: `∂f/∂φ` at the solution `φ* = (A + λI)⁻¹(λθ + b)`.

  func system(_ lambda: Double) -> Dense { a + Dense.identity(4) * lambda }
  func slope(_ lambda: Double, at theta: [Double]) -> [Double] { system(lambda).solve(lambda * theta + b) - c }
}
