import Basics
import SearchSpaces

/// Regularized (aging) evolution: the best of a random tournament is mutated, the child joins the population, the oldest leaves.
///
/// Failed evaluations do not join. NAS-Bench-201's authors use a population of 10 and tournaments of 3.
///
/// Source: Real, Aggarwal, Huang, Le, "Regularized evolution for image classifier architecture search", AAAI 2019, algorithm 1.
public struct RegularizedEvolution: SearchMethod {
  /// The strategy's name: `regularized-evolution`.
  public static let name = "regularized-evolution"
  /// A line for people.
  public static let summary = "mutate the best of a tournament, discard the oldest (aging evolution)"

  /// How many architectures live at once (P).
  public var population = 100
  /// How many of them are drawn, with replacement, for a tournament (S).
  public var tournament = 25

  /// The method with its usual settings.
  public init() {}

  /// The method with other sizes.
  public init(population: Int, tournament: Int) {
    self.population = population
    self.tournament = tournament
  }

  /// A search that begins with `population` random architectures; all trainings have the problem's least number of epochs.
  ///
  /// - Throws: `MethodError.badSetting` where a size is below 1.
  public func strategy<Space: SearchSpace>(
    for problem: SearchProblem<Space>
  ) throws(MethodError) -> any SearchStrategy<Space> {
    try require(population, "population", in: 1..., "1 or more")
    try require(tournament, "tournament", in: 1..., "1 or more")
    return Run(
      method: self, space: problem.space, epochs: problem.epochs[0], state: .init(generator: problem.generator(Self.name)))
  }

  private struct Run<Space: SearchSpace>: SearchStrategy {
    struct Member: Codable, Sendable {
      var architecture: Space.Architecture
      var score: Double
    }
    struct State: Codable, Sendable {
      var generator: Philox
      var ledger = Ledger<Space.Architecture>()
      /// Oldest first.
      var population: [Member] = []
    }

    let method: RegularizedEvolution
    let space: Space
    let epochs: Int
    var state: State

    mutating func ask() -> Proposal<Space.Architecture>? {
      guard state.ledger.count >= method.population, !state.population.isEmpty else {
        return state.ledger.propose(space.sample(using: &state.generator), epochs: epochs)
      }
      var parent = state.population[state.generator.nextInt(below: state.population.count)]
      for _ in 1..<method.tournament {
        let rival = state.population[state.generator.nextInt(below: state.population.count)]
        if rival.score > parent.score { parent = rival }
      }
      return state.ledger.propose(space.mutate(parent.architecture, using: &state.generator), epochs: epochs)
    }

    func flaw(in state: State) -> String? {
      if let flaw = state.ledger.flaw(in: space, epochs: [epochs]) { return flaw }
      guard state.population.count <= method.population, state.population.allSatisfy({ $0.score.isFinite }) else {
        return "'population' is too large, or has a score that is not finite"
      }
      return space.flaw(in: state.population.map(\.architecture), "population")
    }

    mutating func tell(_ evaluation: Evaluation<Space.Architecture>) {
      guard state.ledger.close(evaluation), let score = evaluation.score else { return }
      state.population.append(Member(architecture: evaluation.proposal.architecture, score: score))
      if state.population.count > method.population { state.population.removeFirst() }
    }
  }
}
