import ArchPrior
import Foundation
import NeuralNetworks
import TestSupport
import Testing

/// Optimisers against 20 steps of PyTorch's (`TestSupport/Fixtures/optimizers.py`).
@Suite struct OptimizerTests {
  struct Fixture: Decodable {
    struct Options: Decodable {
      let lr: Double
      let betas: [Double]?
      let eps: Double?
      let weightDecay: Double?
      let momentum: Double?
      let nesterov: Bool?

      enum CodingKeys: String, CodingKey {
        case lr, betas, eps, momentum, nesterov
        case weightDecay = "weight_decay"
      }
    }
    struct Case: Decodable {
      let optimizer: String
      let options: Options
      let trajectory: FixtureArray
    }
    let parameterName: String
    let gradientNamePrefix: String
    let steps: Int
    let count: Int
    let cases: [Case]
  }

  @Test func agreeWithPyTorch() throws {
    let fixture = try FixtureFile.decode(Fixture.self, from: "optimizers")
    var compared = 0
    for entry in fixture.cases {
      let options = entry.options
      let optimizer: any Optimizer
      switch entry.optimizer {
      case "Adam":
        optimizer = Adam(
          learningRate: options.lr, beta1: options.betas?[0] ?? 0.9, beta2: options.betas?[1] ?? 0.999,
          epsilon: options.eps ?? 1e-8, weightDecay: options.weightDecay ?? 0)
      case "SGD":
        optimizer = SGD(
          learningRate: options.lr, momentum: options.momentum ?? 0, nesterov: options.nesterov ?? false,
          weightDecay: options.weightDecay ?? 0)
      default: continue  // AdamW comes with the optimisers of the bilevel core
      }
      var parameters = ParameterTree(
        names: ["p"], tensors: [Tensor(shape: [fixture.count], FixtureValues.values(fixture.parameterName, count: fixture.count))]
      )
      var state = optimizer.initialState(for: parameters)
      let trajectory = try entry.trajectory.tensor()
      for step in 0..<fixture.steps {
        let gradient = parameters.with([
          Tensor(shape: [fixture.count], FixtureValues.values("\(fixture.gradientNamePrefix)\(step)", count: fixture.count))
        ])
        (parameters, state) = optimizer.step(parameters, gradient: gradient, state: state)
        let expected = trajectory.slice(axis: 0, from: step, count: 1).reshaped(to: [fixture.count])
        #expect(relativeError(parameters.tensors[0], expected) <= 1e-12, "\(entry.optimizer) step \(step)")
      }
      compared += 1
    }
    #expect(compared == 5)
  }

  /// The three forms of Adam's rule, each by itself, on gradients that change sign and size.
  @Test func formsOfAdamAgree() throws {
    let adam = Adam(learningRate: 0.03, beta1: 0.8, beta2: 0.99, epsilon: 1e-6)
    let start = [0.5, -1.25, 2, 0.001]
    var tree = ParameterTree(names: ["p"], tensors: [Tensor(shape: [4], start)])
    var state = adam.initialState(for: tree)
    var (inner, moments) = (tree.tensors[0], [Tensor.zeros([4], .float64), .zeros([4], .float64)])
    var (plain, first, second) = (start, [0.0, 0, 0, 0], [0.0, 0, 0, 0])
    for step in 0..<30 {
      let slopes = start.indices.map { sin(Double(3 * step + $0)) * Double($0 + 1) }
      let gradient = Tensor(shape: [4], slopes)
      (tree, state) = adam.step(tree, gradient: tree.with([gradient]), state: state)
      let (direction, next) = adam.direction(gradient, at: inner, moments: moments, stepsDone: step)
      (inner, moments) = (addScaled(inner, direction, scale: -adam.learningRate), next)
      let rule = AdamStep<Double>(adam, number: step + 1)
      for place in plain.indices {
        rule.update(&plain[place], gradient: slopes[place], first: &first[place], second: &second[place])
      }
      for place in plain.indices {
        #expect(abs(plain[place] - tree.tensors[0].doubles[place]) < 1e-12, "step \(step)")
        #expect(abs(plain[place] - inner.doubles[place]) < 1e-12, "step \(step)")
      }
    }
    #expect(zip(plain, start).allSatisfy { abs($0 - $1) > 0.01 })
  }

  /// Results with a seed depend on every rounding of the rule: here it is once more, spelled out with its constants.
  @Test func plainFormsRoundAsWritten() {
    var (double, first, second) = (0.3, 0.0, 0.0)
    var (wantedDouble, m, v) = (0.3, 0.0, 0.0)
    var (float, floatFirst, floatSecond) = (Float(0.3), Float(0), Float(0))
    var (wantedFloat, n, w) = (Float(0.3), Float(0), Float(0))
    for step in 1...200 {
      let slope = sin(Double(step))
      AdamStep<Double>(Adam(learningRate: 0.1), number: step).update(&double, gradient: slope, first: &first, second: &second)
      m = 0.9 * m + (1 - 0.9) * slope
      v = 0.999 * v + (1 - 0.999) * slope * slope
      let size = (v / (1 - pow(0.999, Double(step)))).squareRoot() + 1e-8
      wantedDouble -= 0.1 * m / (1 - pow(0.9, Double(step))) / size
      #expect(double == wantedDouble && first == m && second == v, "step \(step)")

      let floatSlope = Float(slope)
      let rule = AdamStep<Float>(Adam(learningRate: Double(Float(0.01)), epsilon: 1e-7), number: step)
      rule.update(&float, gradient: floatSlope, first: &floatFirst, second: &floatSecond)
      n = 0.9 * n + 0.1 * floatSlope
      w = 0.999 * w + 0.001 * floatSlope * floatSlope
      let rate = Float(0.01) * (1 - pow(0.999, Float(step))).squareRoot() / (1 - pow(0.9, Float(step)))
      wantedFloat -= rate * n / (w.squareRoot() + 1e-7)
      #expect(float == wantedFloat && floatFirst == n && floatSecond == w, "step \(step)")
    }
  }

  /// The share of right predictions, ties for the first class.
  @Test func accuracyCountsRightRows() {
    let scores = Tensor(shape: [4, 3], [0.1, 0.7, 0.2, 5, 5, 1, -3, -2, -1, 0, 1, 0])
    #expect(rightCount(of: scores, [1, 0, 2, 0]) == 3 && accuracy(of: scores, [1, 0, 2, 0]) == 0.75)
    #expect(accuracy(of: scores, [0, 1, 1, 2]) == 0 && accuracy(of: .zeros([0, 3], .float64), []) == 0)
  }
}
