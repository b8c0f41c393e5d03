import Basics
import SearchSpaces

/// Random search: architectures drawn independently from the space, with repetition.
///
/// Source: Bergstra, Bengio, JMLR 13, 2012; as a baseline for architectures Li, Talwalkar, UAI 2019.
public struct RandomSearch: SearchMethod {
  /// The strategy's name: `random-search`.
  public static let name = "random-search"
  /// A line for people.
  public static let summary = "architectures drawn independently from the space"

  /// The method; it has no settings.
  public init() {}

  /// A search; all trainings have the problem's least number of epochs.
  public func strategy<Space: SearchSpace>(for problem: SearchProblem<Space>) -> any SearchStrategy<Space> {
    Run(space: problem.space, epochs: problem.epochs[0], state: .init(generator: problem.generator(Self.name)))
  }

  private struct Run<Space: SearchSpace>: SearchStrategy {
    struct State: Codable, Sendable {
      var generator: Philox
      var ledger = Ledger<Space.Architecture>()
    }

    let space: Space
    let epochs: Int
    var state: State

    mutating func ask() -> Proposal<Space.Architecture>? {
      state.ledger.propose(space.sample(using: &state.generator), epochs: epochs)
    }

    func flaw(in state: State) -> String? { state.ledger.flaw(in: space, epochs: [epochs]) }

    mutating func tell(_ evaluation: Evaluation<Space.Architecture>) { _ = state.ledger.close(evaluation) }
  }
}
