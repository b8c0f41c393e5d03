import Basics
import Foundation
import SearchSpaces

/// REINFORCE with a policy of independent categorical decisions, as NAS-Bench-201's authors have it.
///
/// The policy is a table of logits, one row a decision, drawn from 1e-3 · N(0, 1). After every evaluation with score R the baseline
/// b moves (an exponential moving average with bias correction) and Adam takes a step on −log π · (R − b). Vectors that do not
/// exist in the space are drawn again.
///
/// Source: Williams, Machine Learning 8, 1992; Dong, Yang, ICLR 2020, appendix; `exps/NATS-algos/reinforce.py` of AutoDL-Projects.
public struct Reinforce: SearchMethod {
  /// The strategy's name: `reinforce`.
  public static let name = "reinforce"
  /// A line for people.
  public static let summary = "policy gradients on a table of logits, one row a decision"

  /// Adam's step size. The authors' scripts try 0.01, 0.02, 0.1, 0.2 and 0.5; on their benchmark 0.1 is the best of these.
  public var learningRate = 0.1
  /// The baseline's momentum.
  public var momentum = 0.9

  /// The method with its usual settings.
  public init() {}

  /// The method with another step size.
  public init(learningRate: Double) { self.learningRate = learningRate }

  /// A search with a policy close to uniform; all trainings have the problem's least number of epochs.
  ///
  /// - Throws: `MethodError.badSetting` unless the learning rate is above 0 and the momentum in 0..<1.
  public func strategy<Space: SearchSpace>(
    for problem: SearchProblem<Space>
  ) throws(MethodError) -> any SearchStrategy<Space> {
    try require(learningRate, "learningRate", in: Double.leastNormalMagnitude..., "above 0")
    try require(momentum, "momentum", in: 0..<1, "at least 0 and below 1")
    var generator = problem.generator(Self.name)
    let logits = problem.space.decisions.map { decision in decision.choices.map { _ in 1e-3 * generator.nextNormal() } }
    return Run(
      space: problem.space, epochs: problem.epochs[0],
      state: .init(generator: generator, policy: .init(logits: logits, learningRate: learningRate, momentum: momentum)))
  }

  private struct Run<Space: SearchSpace>: SearchStrategy {
    struct State: Codable, Sendable {
      var generator: Philox
      var ledger = Ledger<Space.Architecture>()
      var policy: CategoricalPolicy
    }

    let space: Space
    let epochs: Int
    var state: State

    mutating func ask() -> Proposal<Space.Architecture>? {
      for _ in 0..<1_000 {
        let choices = state.policy.sample(using: &state.generator)
        if let found = space.architecture(choices: choices) { return state.ledger.propose(found, epochs: epochs) }
      }
      // A policy that has settled where nothing exists; what comes instead still teaches it.
      return state.ledger.propose(space.sample(using: &state.generator), epochs: epochs)
    }

    func flaw(in state: State) -> String? {
      if let flaw = state.ledger.flaw(in: space, epochs: [epochs]) { return flaw }
      return state.policy.fits(counts: space.decisions.map(\.choices.count), like: self.state.policy)
        ? nil : "'policy' is that of another space or method, or has impossible numbers"
    }

    mutating func tell(_ evaluation: Evaluation<Space.Architecture>) {
      guard state.ledger.close(evaluation), let score = evaluation.score,
        let choices = try? space.choices(of: evaluation.proposal.architecture)
      else { return }
      state.policy.learn(choices, reward: score)
    }
  }
}
