import Basics
import SearchSpaces

/// The tree-structured Parzen estimator: draws from a density of the good architectures and takes the draw with the highest ratio to
/// the density of the others. Decisions are independent in both densities.
///
/// Source: Bergstra, Bardenet, Bengio, Kégl, "Algorithms for hyper-parameter optimization", NeurIPS 2011, section 4.
public struct TPE: SearchMethod {
  /// The strategy's name: `tpe`.
  public static let name = "tpe"
  /// A line for people.
  public static let summary = "draw where good architectures are dense and others are not"

  /// Random architectures at the beginning.
  public var initial = 20
  /// The share of evaluations that count as good (γ).
  public var goodShare = 0.15
  /// Draws for each proposal.
  public var candidates = 24

  /// The method with its usual settings.
  public init() {}

  /// A search that begins with `initial` random architectures; all trainings have the problem's least number of epochs.
  ///
  /// - Throws: `MethodError.badSetting` for a setting that is out of its range.
  public func strategy<Space: SearchSpace>(
    for problem: SearchProblem<Space>
  ) throws(MethodError) -> any SearchStrategy<Space> {
    try require(initial, "initial", in: 2..., "2 or more")
    try require(goodShare, "goodShare", in: 0.001...0.999, "between 0 and 1")
    try require(candidates, "candidates", in: 1...10_000, "from 1 to 10000")
    return Run(
      method: self, space: problem.space, epochs: problem.epochs[0], state: .init(generator: problem.generator(Self.name)))
  }

  private struct Run<Space: SearchSpace>: SearchStrategy {
    struct State: Codable, Sendable {
      var generator: Philox
      var ledger = Ledger<Space.Architecture>()
      var observations: [ParzenModel.Observation] = []
    }

    let method: TPE
    let space: Space
    let epochs: Int
    var state: State

    mutating func ask() -> Proposal<Space.Architecture>? { state.ledger.propose(next(), epochs: epochs) }

    private mutating func next() -> Space.Architecture {
      let observations = state.observations
      guard observations.count >= method.initial else { return space.sample(using: &state.generator) }
      let counts = space.decisions.map(\.choices.count)
      let order = observations.indices.sorted { (observations[$0].score, $1) > (observations[$1].score, $0) }
      let split = max(1, Int((method.goodShare * Double(order.count)).rounded(.up)))
      let good = IndependentDensity(points: order.prefix(split).map { observations[$0].choices }, counts: counts)
      let bad = IndependentDensity(points: order.dropFirst(split).map { observations[$0].choices }, counts: counts)
      var best: (architecture: Space.Architecture, ratio: Double)?
      for _ in 0..<method.candidates {
        let choices = good.sample(using: &state.generator)
        guard let found = space.architecture(choices: choices) else { continue }
        let ratio = good(choices) / bad(choices)
        if ratio > best?.ratio ?? -.infinity { best = (found, ratio) }
      }
      // Where no draw exists in the space, chance decides.
      return best?.architecture ?? space.sample(using: &state.generator)
    }

    func flaw(in state: State) -> String? {
      if let flaw = state.ledger.flaw(in: space, epochs: [epochs]) { return flaw }
      return state.observations.allSatisfy { space.areChoices($0.choices) && $0.score.isFinite }
        ? nil : "'observations' has something that is no choice of \(space.name), or no score"
    }

    mutating func tell(_ evaluation: Evaluation<Space.Architecture>) {
      guard state.ledger.close(evaluation), let score = evaluation.score,
        let choices = try? space.choices(of: evaluation.proposal.architecture)
      else { return }
      state.observations.append(.init(choices: choices, score: score))
    }
  }
}
