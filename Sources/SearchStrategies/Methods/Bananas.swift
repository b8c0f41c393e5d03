import Basics
import Foundation
import SearchSpaces

/// BANANAS: an ensemble of small predictors on the path encoding chooses among mutations of the best architectures so far, by
/// independent Thompson sampling.
///
/// The usual predictors have 3 layers and 100 epochs, which are quick; the authors' have 10 and 150 (`layers=10,epochs=150`).
///
/// Source: White, Neiswanger, Savani, "BANANAS: Bayesian optimization with neural architectures for neural architecture search", AAAI
/// 2021, algorithm 1 and section 5.
public struct Bananas: SearchMethod {
  /// The strategy's name: `bananas`.
  public static let name = "bananas"
  /// A line for people.
  public static let summary = "an ensemble of predictors on the path encoding, by Thompson sampling"

  /// Random architectures at the beginning.
  public var initial = 10
  /// Proposals between two trainings of the ensemble.
  public var batch = 10
  /// How many of the best architectures are mutated.
  public var parents = 5
  /// Mutations among which each batch is chosen.
  public var candidates = 100
  /// Predictors in the ensemble.
  public var ensemble = 5
  /// Hidden layers of a predictor.
  public var layers = 3
  /// Units of a hidden layer.
  public var width = 20
  /// Epochs of a predictor's training.
  public var epochs = 100
  /// How architectures are encoded: `path`, `adjacency` or `oneHot`.
  public var encoding = ArchitectureEncoding.path
  /// How many numbers of the encoding are used, from the front; 0 for all. (The authors truncate paths.)
  public var truncation = 0

  /// The method with its usual settings.
  public init() {}

  /// A search that begins with `initial` random architectures; all trainings have the problem's least number of epochs.
  ///
  /// - Throws: `MethodError.badSetting` for a setting that is out of its range, `.unsuitable` where the space lacks the encoding.
  public func strategy<Space: SearchSpace>(
    for problem: SearchProblem<Space>
  ) throws(MethodError) -> any SearchStrategy<Space> {
    for (name, value, most) in [
      ("initial", initial, 1_000_000), ("batch", batch, 1_000_000), ("parents", parents, 1_000_000),
      ("candidates", candidates, 1_000_000), ("ensemble", ensemble, 1_000), ("layers", layers, 100), ("width", width, 1_000),
      ("epochs", epochs, 1_000_000),
    ] { try require(value, name, in: 1...most, "from 1 to \(most)") }
    try require(initial, "initial", in: 2..., "2 or more")
    try require(truncation, "truncation", in: 0..., "0 or more")
    var generator = problem.generator(Self.name)
    var probe = generator
    guard problem.space.encode(problem.space.sample(using: &probe), as: encoding) != nil else {
      throw .unsuitable(
        method: Self.name, space: problem.space.name,
        reason: Fault("the space has no \(encoding.rawValue) encoding", help: "choose another one (encoding=oneHot)"))
    }
    _ = generator.next()
    return Run(method: self, space: problem.space, epochs: problem.epochs[0], state: .init(generator: generator))
  }

  private struct Run<Space: SearchSpace>: SearchStrategy {
    struct Member: Codable, Sendable {
      var number: Int
      var architecture: Space.Architecture
      var score: Double
    }
    struct State: Codable, Sendable {
      var generator: Philox
      var ledger = Ledger<Space.Architecture>()
      var seen = SeenSet<Space.Architecture>()
      var evaluated: [Member] = []
      /// What the ensemble has chosen and is still to be asked for, the next one last.
      var queue: [Space.Architecture] = []
    }

    let method: Bananas
    let space: Space
    let epochs: Int
    var state: State

    mutating func ask() -> Proposal<Space.Architecture>? {
      if state.queue.isEmpty, state.ledger.count >= method.initial {
        // The ensemble learns from whole batches, so that what it proposes does not depend on how many are evaluated at once.
        guard state.ledger.outstanding == 0 else { return nil }
        state.queue = choose().reversed()
      }
      let next = state.queue.popLast() ?? space.sample(using: &state.generator)
      state.seen.insert(next)
      return state.ledger.propose(next, epochs: epochs)
    }

    func flaw(in state: State) -> String? {
      if let flaw = state.ledger.flaw(in: space, epochs: [epochs]) { return flaw }
      guard state.queue.count <= method.batch, state.evaluated.count <= state.ledger.count,
        state.evaluated.allSatisfy({ $0.score.isFinite && (0..<state.ledger.count).contains($0.number) })
      else { return "'queue' or 'evaluated' is impossible" }
      return space.flaw(in: state.seen.elements + state.queue + state.evaluated.map(\.architecture), "seen")
    }

    mutating func tell(_ evaluation: Evaluation<Space.Architecture>) {
      guard state.ledger.close(evaluation), let score = evaluation.score else { return }
      let proposal = evaluation.proposal
      state.evaluated.append(Member(number: proposal.number, architecture: proposal.architecture, score: score))
    }

    private func encoded(_ architecture: Space.Architecture) -> [Float] {
      let values = space.encode(architecture, as: method.encoding) ?? []
      return (method.truncation > 0 ? Array(values.prefix(method.truncation)) : values).map(Float.init)
    }

    private mutating func choose() -> [Space.Architecture] {
      let known = state.evaluated.sorted { $0.number < $1.number }
      guard known.count >= 2 else { return (0..<method.batch).map { _ in space.sample(using: &state.generator) } }
      let inputs = known.map { encoded($0.architecture) }
      let scores = known.map(\.score)
      let settings = ScorePredictor.Settings(layers: method.layers, width: method.width, epochs: method.epochs)
      let predictors = (0..<method.ensemble).map { _ in
        ScorePredictor(inputs: inputs, scores: scores, settings: settings, generator: &state.generator)
      }
      let best = known.sorted { ($0.score, $1.number) > ($1.score, $0.number) }.prefix(method.parents)
      var candidates = SeenSet<Space.Architecture>()
      // Small spaces run out of mutations that are new.
      for attempt in 0..<(4 * method.candidates) where candidates.elements.count < method.candidates {
        let parent = best[best.startIndex + attempt % best.count].architecture
        let child = space.mutate(parent, using: &state.generator)
        if !state.seen.contains(child) { candidates.insert(child) }
      }
      let draws = candidates.elements.map { candidate in
        let predictions = predictors.map { $0(encoded(candidate)) }
        let mean = predictions.reduce(0, +) / Double(predictions.count)
        let deviation = (predictions.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(predictions.count)).squareRoot()
        return mean + deviation * state.generator.nextNormal()
      }
      var chosen = draws.indices.sorted { (draws[$0], $1) > (draws[$1], $0) }.prefix(method.batch).map { candidates.elements[$0] }
      while chosen.count < method.batch { chosen.append(space.sample(using: &state.generator)) }
      return chosen
    }
  }
}
