import Foundation
import Randomness
import SearchSpaces

/// REINFORCE with a policy of independent categorical decisions, as NAS-Bench-201's authors have it.
///
/// The policy is a table of logits, one row a decision, drawn from 1e-3 · N(0, 1). After every evaluation with score R the baseline
/// b moves (an exponential moving average with bias correction) and Adam takes a step on −log π · (R − b). Vectors that do not
/// exist in the space are drawn again.
///
/// Source: Williams, Machine Learning 8, 1992; Dong, Yang, ICLR 2020, appendix; `exps/NATS-algos/reinforce.py` of AutoDL-Projects.
public struct Reinforce: SearchMethod {
  public static let name = "reinforce"
  public static let summary = "policy gradients on a table of logits, one row a decision"

  /// Adam's step size. The authors' scripts try 0.01, 0.02, 0.1, 0.2 and 0.5; on their benchmark 0.1 is the best of these.
  public var learningRate = 0.1
  /// The baseline's momentum.
  public var momentum = 0.9

  public init() {}

  /// The method with another step size.
  public init(learningRate: Double) { self.learningRate = learningRate }

  public func strategy<Space: SearchSpace>(
    for problem: SearchProblem<Space>
  ) throws(StrategyError) -> any SearchStrategy<Space> {
    try require(learningRate, "learningRate", in: Double.leastNormalMagnitude..., "above 0")
    try require(momentum, "momentum", in: 0..<1, "at least 0 and below 1")
    var generator = problem.generator(Self.name)
    let logits = problem.space.decisions.map { decision in decision.choices.map { _ in 1e-3 * generator.nextNormal() } }
    return Run(method: self, space: problem.space, epochs: problem.epochs[0], state: .init(generator: generator, logits: logits))
  }

  private struct Run<Space: SearchSpace>: SearchStrategy {
    struct State: Codable, Sendable {
      var generator: Philox
      var ledger = Ledger<Space.Architecture>()
      var logits: [[Double]]
      /// Adam's moments and number of steps.
      var first: [[Double]] = []
      var second: [[Double]] = []
      var steps = 0
      /// The baseline is the quotient of these.
      var numerator = 0.0
      var denominator = 0.0
    }

    let method: Reinforce
    let space: Space
    let epochs: Int
    var state: State

    private static func softmax(_ row: [Double]) -> [Double] {
      let largest = row.max() ?? 0
      let values = row.map { exp($0 - largest) }
      let total = values.reduce(0, +)
      return values.map { $0 / total }
    }

    mutating func ask() -> Proposal<Space.Architecture>? {
      let policy = state.logits.map(Self.softmax)
      for _ in 0..<1_000 {
        let choices = policy.map { row in
          var rest = state.generator.nextDouble()
          for (choice, probability) in row.enumerated() {
            rest -= probability
            if rest < 0 { return choice }
          }
          return row.count - 1
        }
        if let found = space.architecture(choices: choices) { return state.ledger.propose(found, epochs: epochs) }
      }
      // A policy that has settled where nothing exists; what comes instead still teaches it.
      return state.ledger.propose(space.sample(using: &state.generator), epochs: epochs)
    }

    mutating func tell(_ evaluation: Evaluation<Space.Architecture>) {
      guard state.ledger.close(evaluation), let score = evaluation.score,
        let choices = try? space.choices(of: evaluation.proposal.architecture)
      else { return }
      let momentum = method.momentum
      state.numerator = momentum * state.numerator + (1 - momentum) * score
      state.denominator = momentum * state.denominator + (1 - momentum)
      let advantage = score - state.numerator / state.denominator
      if state.first.isEmpty {
        state.first = state.logits.map { $0.map { _ in 0 } }
        state.second = state.first
      }
      state.steps += 1
      let (beta1, beta2) = (0.9, 0.999)
      let correction1 = 1 - pow(beta1, Double(state.steps))
      let correction2 = 1 - pow(beta2, Double(state.steps))
      for (row, choice) in choices.enumerated() {
        let policy = Self.softmax(state.logits[row])
        for place in policy.indices {
          let gradient = (policy[place] - (place == choice ? 1 : 0)) * advantage
          state.first[row][place] = beta1 * state.first[row][place] + (1 - beta1) * gradient
          state.second[row][place] = beta2 * state.second[row][place] + (1 - beta2) * gradient * gradient
          let size = (state.second[row][place] / correction2).squareRoot() + 1e-8
          state.logits[row][place] -= method.learningRate * state.first[row][place] / correction1 / size
        }
      }
    }
  }
}
