import Randomness
import SearchSpaces

/// The tree-structured Parzen estimator: draws from a density of the good architectures and takes the draw with the highest ratio to
/// the density of the others.
///
/// Source: Bergstra, Bardenet, Bengio, Kégl, "Algorithms for hyper-parameter optimization", NeurIPS 2011, section 4, with BOHB's
/// multivariate categorical kernel densities.
public struct TPE: SearchMethod {
  public static let name = "tpe"
  public static let summary = "draw where good architectures are dense and others are not"

  /// The share of evaluations that count as good.
  public var goodShare = 0.15
  /// Draws for each proposal.
  public var candidates = 24
  /// The share of proposals that are random.
  public var randomShare = 0.1

  public init() {}

  public func strategy<Space: SearchSpace>(
    for problem: SearchProblem<Space>
  ) throws(StrategyError) -> any SearchStrategy<Space> {
    try require(goodShare, "goodShare", in: 0.001...0.999, "between 0 and 1")
    try require(candidates, "candidates", in: 1...10_000, "from 1 to 10000")
    try require(randomShare, "randomShare", in: 0...1, "from 0 to 1")
    return Run(
      space: problem.space, epochs: problem.epochs[0],
      settings: .init(goodShare: goodShare, candidates: candidates, randomShare: randomShare),
      state: .init(generator: problem.generator(Self.name)))
  }

  private struct Run<Space: SearchSpace>: SearchStrategy {
    struct State: Codable, Sendable {
      var generator: Philox
      var ledger = Ledger<Space.Architecture>()
      var model = ParzenModel()
    }

    let space: Space
    let epochs: Int
    let settings: ParzenSettings
    var state: State

    mutating func ask() -> Proposal<Space.Architecture>? {
      let next = state.model.propose(in: space, settings: settings, using: &state.generator)
      return state.ledger.propose(next, epochs: epochs)
    }

    mutating func tell(_ evaluation: Evaluation<Space.Architecture>) {
      guard state.ledger.close(evaluation), let score = evaluation.score,
        let choices = try? space.choices(of: evaluation.proposal.architecture)
      else { return }
      state.model.observations.append(.init(choices: choices, score: score))
    }
  }
}
