import ArchPrior
import ArgumentParser

/// The one-dimensional problem of DARTS' Fig. 2 (Liu et al. 2019): `L_val = αw − 2α + 1`, `L_train = w² − 2αw + α²`.
///
/// The solution is (1, 1). Alternating steps on α and w, with the hypergradient through one inner step of rate ξ, come to rest where
/// `w = α = 2 / (1 + 2ξ)`: first order (ξ = 0) at (2, 2), whatever else is done.
struct ToyProblem: BilevelProblem {
  /// The weight that the alternation has reached.
  var weight: Tensor

  func initialInner(_ outer: [Tensor]) -> [Tensor] { [weight] }
  func innerLoss(_ w: [Tensor], outer: [Tensor]) -> Tensor { (w[0] - outer[0]).squared() }
  func outerLoss(_ w: [Tensor], outer: [Tensor]) -> (loss: Tensor, report: Void) {
    (outer[0] * w[0] - 2 * outer[0] + 1, ())
  }
}

struct DARTSToy: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "darts-toy", abstract: "DARTS' Fig. 2: where first and second order end up.")

  @OptionGroup var results: ResultOptions

  @Option(help: "Alternations.")
  var steps = 2000

  /// The points (α, w) of an alternation from (2, −2).
  ///
  /// - Parameter rate: ξ; `nil` for the solution of the inner problem in place of one step.
  static func trajectory(rate: Double?, steps: Int, outerRate: Double = 0.05, weightRate: Double = 0.05) throws -> [(
    Double, Double
  )] {
    var alpha = [Tensor(2, .float64)]
    var problem = ToyProblem(weight: Tensor(-2, .float64))
    // First order looks at the weight as it is; second order one step of ξ ahead.
    let loop = InnerLoop(SGD(learningRate: rate ?? 0.25), rounds: rate.map { $0 == 0 ? 0 : 1 } ?? 60)
    let estimator: any HypergradientEstimator =
      switch rate {
      case nil: ImplicitDifferentiation()
      case 0: FirstOrder()
      default: UnrolledRematerialized()
      }
    let weightStep = InnerLoop(SGD(learningRate: weightRate), rounds: 1)
    var points = [(2.0, -2.0)]
    for _ in 0..<steps {
      let step = try estimator.hypergradient(of: problem, loop: loop, at: alpha)
      alpha[0] = addScaled(alpha[0], step.gradient[0], scale: -outerRate)
      problem.weight = try weightStep.run(problem, from: [problem.weight], outer: alpha).inner[0]
      points.append((alpha[0].item, problem.weight.item))
    }
    return points
  }

  func run() throws {
    let rates: [(String, Double?, Double)] =
      [0, 0.1, 0.25, 0.5].map { ($0 == 0 ? "first order (ξ = 0)" : "second order, ξ = \($0)", $0, 2 / (1 + 2 * $0)) }
      + [("implicit, at the solution", nil, 1)]
    let rows = try rates.map { name, rate, expected -> [String] in
      let points = try Self.trajectory(rate: rate, steps: steps)
      func shown(_ index: Int) -> String {
        points.indices.contains(index) ? String(format: "(%.4f, %.4f)", points[index].0, points[index].1) : ""
      }
      let end = points[points.count - 1].0
      // The validation loss at the solution of the inner problem, w = α.
      return [name] + [1, 10, 100].map(shown) + [shown(points.count - 1), String(format: "(%.4f, %.4f)", expected, expected)]
        + [String(format: "%.4f", (end - 1) * (end - 1))]
    }
    try ResultTable(
      title: "DARTS' toy problem",
      notes: ["(α, w) from (2, −2); steps of 0.05 on α and on w in turn. The bilevel solution is (1, 1), with L_val = 0."],
      columns: ["hypergradient", "after 1", "10", "100", "\(steps)", "closed form", "L_val(α, w*(α))"], rows: rows
    ).report("darts-toy", to: results.output)
  }
}
