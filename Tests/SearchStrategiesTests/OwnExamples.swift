import Foundation
import Randomness
import SearchSpaces
import SearchStrategies

// The examples of docs/search.md: the same lines, compiled and run (OwnExamplesTests).

// example: own-space
/// Perceptrons of one to three layers.
struct PerceptronSpace: SearchSpace {
  struct Perceptron: Hashable, Codable, Sendable {
    var widths: [Int]
    var activation: String
  }

  static let widths = [0, 16, 64, 256]
  static let activations = ["relu", "tanh", "swish"]

  let name = "perceptron"
  let decisions =
    (1...3).map { Decision("width of layer \($0)", choices: widths.map(String.init)) }
    + [Decision("activation", choices: activations)]

  func architecture(choices: [Int]) -> Perceptron? {
    let widths = choices[..<3].map { Self.widths[$0] }
    // A layer of width 0 is none: the first must be there, and none may follow a missing one.
    guard widths[0] > 0, widths[1] > 0 || widths[2] == 0 else { return nil }
    return Perceptron(widths: widths.filter { $0 > 0 }, activation: Self.activations[choices[3]])
  }

  func choices(of architecture: Perceptron) throws(ArchitectureError) -> [Int] {
    let padded = architecture.widths + Array(repeating: 0, count: max(0, 3 - architecture.widths.count))
    let choices = padded.compactMap(Self.widths.firstIndex) + [Self.activations.firstIndex(of: architecture.activation) ?? -1]
    guard choices.count == 4, choices[3] >= 0, self.architecture(choices: choices) == architecture else {
      throw .notInSpace(space: name, reason: "no such perceptron")
    }
    return choices
  }

  func networkCost(of architecture: Perceptron) -> NetworkCost? {
    let sizes = [784] + architecture.widths + [10]
    let products = zip(sizes, sizes.dropFirst()).map { $0 * $1 }.reduce(0, +)
    return NetworkCost(parameters: products + sizes.dropFirst().reduce(0, +), multiplyAdds: products)
  }
}
// end of example

// example: own-strategy
/// Simulated annealing: a mutation replaces the present architecture if it is better, or with a probability that falls.
struct Annealing: SearchMethod {
  static let name = "annealing"
  static let summary = "mutations that are accepted with falling probability if they are worse"

  var temperature = 1.0
  var cooling = 0.95

  func strategy<Space: SearchSpace>(for problem: SearchProblem<Space>) -> any SearchStrategy<Space> {
    Run(method: self, space: problem.space, epochs: problem.epochs[0], state: .init(generator: problem.generator(Self.name)))
  }

  struct Run<Space: SearchSpace>: SearchStrategy {
    struct State: Codable, Sendable {
      var generator: Philox
      var ledger = Ledger<Space.Architecture>()
      var present: Space.Architecture?
      var score = -Double.infinity
      var temperature = 1.0
    }

    let method: Annealing
    let space: Space
    let epochs: Int
    var state: State

    mutating func ask() -> Proposal<Space.Architecture>? {
      let next =
        state.present.map { space.mutate($0, using: &state.generator) } ?? space.sample(using: &state.generator)
      return state.ledger.propose(next, epochs: epochs)
    }

    mutating func tell(_ evaluation: Evaluation<Space.Architecture>) {
      guard state.ledger.close(evaluation), let score = evaluation.score else { return }
      state.temperature *= method.cooling
      let chance = exp((score - state.score) / (method.temperature * state.temperature))
      guard state.present == nil || state.generator.nextDouble() < chance else { return }
      (state.present, state.score) = (evaluation.proposal.architecture, score)
    }
  }
}
// end of example

// example: own-estimator
/// Judges a perceptron by how near its parameters come to a budget.
struct ParameterBudget: PerformanceEstimator {
  let space = PerceptronSpace()
  let parameters: Double
  /// Nothing is trained.
  let epochs = [0]

  func estimate(_ architecture: PerceptronSpace.Perceptron, epochs: Int) throws -> PerformanceEstimate {
    let own = Double(space.networkCost(of: architecture)?.parameters ?? 0)
    return PerformanceEstimate(score: -abs(log(own / parameters)), seconds: 0)
  }
}
// end of example
