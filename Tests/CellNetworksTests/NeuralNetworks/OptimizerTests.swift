import ArchPrior
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
}
