import Basics
import SearchSpaces

/// Local search: from the best of some random architectures to the first neighbour that is better, until none is; then anew.
///
/// Neighbours come in random order; those evaluated before are passed over.
///
/// Source: White, Nolen, Savani, "Exploring the loss landscape in neural architecture search", UAI 2021, algorithm 1, in the variant
/// that moves at the first improvement.
public struct LocalSearch: SearchMethod {
  /// The strategy's name: `local-search`.
  public static let name = "local-search"
  /// A line for people.
  public static let summary = "climb to the first better neighbour, restart at local optima"

  /// How many random architectures each climb starts from.
  public var initial = 10

  /// The method with its usual settings.
  public init() {}

  /// A search; all trainings have the problem's least number of epochs.
  ///
  /// - Throws: `MethodError.badSetting` where `initial` is below 1.
  public func strategy<Space: SearchSpace>(
    for problem: SearchProblem<Space>
  ) throws(MethodError) -> any SearchStrategy<Space> {
    try require(initial, "initial", in: 1..., "1 or more")
    return Run(
      method: self, space: problem.space, epochs: problem.epochs[0], state: .init(generator: problem.generator(Self.name)))
  }

  private struct Run<Space: SearchSpace>: SearchStrategy {
    struct Place: Codable, Sendable {
      var architecture: Space.Architecture
      var score: Double
    }
    struct State: Codable, Sendable {
      var generator: Philox
      var ledger = Ledger<Space.Architecture>()
      var seen = SeenSet<Space.Architecture>()
      /// Random architectures of this climb that were asked for.
      var started = 0
      /// The best of this climb.
      var current: Place?
      /// Neighbours still to be asked for, the next one last; `nil` while the climb starts.
      var neighbours: [Space.Architecture]?
    }

    let method: LocalSearch
    let space: Space
    let epochs: Int
    var state: State

    mutating func ask() -> Proposal<Space.Architecture>? {
      if state.neighbours == nil {
        if state.started < method.initial {
          state.started += 1
          return propose(space.sample(using: &state.generator))
        }
        guard state.ledger.outstanding == 0 else { return nil }
        lookAround()
      }
      while let next = state.neighbours?.popLast() {
        if !state.seen.contains(next) { return propose(next) }
      }
      guard state.ledger.outstanding == 0 else { return nil }
      // A local optimum (or every start failed): climb again from elsewhere.
      (state.started, state.current, state.neighbours) = (1, nil, nil)
      return propose(space.sample(using: &state.generator))
    }

    private mutating func propose(_ architecture: Space.Architecture) -> Proposal<Space.Architecture> {
      state.seen.insert(architecture)
      return state.ledger.propose(architecture, epochs: epochs)
    }

    private mutating func lookAround() {
      let around = state.current.map { space.neighbours(of: $0.architecture) } ?? []
      state.neighbours = state.generator.shuffled(around)
    }

    func flaw(in state: State) -> String? {
      if let flaw = state.ledger.flaw(in: space, epochs: [epochs]) { return flaw }
      guard (0...max(1, method.initial)).contains(state.started), state.current?.score.isFinite ?? true else {
        return "'started' or 'current' is impossible"
      }
      return space.flaw(
        in: state.seen.elements + (state.neighbours ?? []) + (state.current.map { [$0.architecture] } ?? []), "seen")
    }

    mutating func tell(_ evaluation: Evaluation<Space.Architecture>) {
      guard state.ledger.close(evaluation), let score = evaluation.score else { return }
      guard state.current.map({ score > $0.score }) ?? true else { return }
      state.current = Place(architecture: evaluation.proposal.architecture, score: score)
      if state.neighbours != nil { lookAround() }
    }
  }
}
