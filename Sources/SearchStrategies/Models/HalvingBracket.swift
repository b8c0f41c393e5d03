import Basics
import SearchSpaces

/// One bracket of successive halving: many architectures for few epochs, the best of them for more, and so on.
struct HalvingBracket<Architecture: Hashable & Codable & Sendable>: Codable, Sendable {
  struct Result: Codable, Sendable {
    var number: Int
    var architecture: Architecture
    var score: Double?
  }

  /// The epochs of every rung.
  let epochs: [Int]
  /// How many architectures every rung trains.
  private(set) var sizes: [Int]
  private(set) var rung = 0
  /// New architectures that the first rung still wants.
  private(set) var wanted: Int
  private var queue: [Architecture] = []
  private var results: [Result] = []

  init(epochs: [Int], sizes: [Int]) {
    self.epochs = epochs
    self.sizes = sizes
    wanted = sizes[0]
  }

  var isFinished: Bool { rung >= sizes.count }

  /// The next architecture to train and for how long; `fresh` gives new ones. `nil` while results are awaited.
  mutating func next(fresh: () -> Architecture) -> (architecture: Architecture, epochs: Int)? {
    guard !isFinished else { return nil }
    if wanted > 0 {
      wanted -= 1
      return (fresh(), epochs[0])
    }
    guard !queue.isEmpty else { return nil }
    return (queue.removeFirst(), epochs[rung])
  }

  /// What no bracket can be that was begun as planned; `nil` where all is well.
  ///
  /// - Parameter outstanding: proposals that wait for their answers.
  func flaw<Space: SearchSpace>(
    planned: HalvingBracket, outstanding: Int, in space: Space
  ) -> String? where Space.Architecture == Architecture {
    guard epochs == planned.epochs, sizes.count == planned.sizes.count, (0...sizes.count).contains(rung),
      zip(sizes, planned.sizes).allSatisfy({ (0...$1).contains($0) }), sizes[0] == planned.sizes[0],
      (0...sizes[0]).contains(wanted)
    else { return "'bracket' has other rungs than the method" }
    if isFinished { return outstanding == 0 && wanted == 0 ? nil : "'bracket' has ended with answers outstanding" }
    // What was asked of the present rung has been answered or is waited for.
    let asked = sizes[rung] - (rung == 0 ? wanted : queue.count)
    guard rung == 0 ? queue.isEmpty : wanted == 0, results.count + outstanding == asked, results.count < sizes[rung],
      results.allSatisfy({ $0.score?.isFinite ?? true })
    else { return "'bracket' has impossible numbers of results" }
    return space.flaw(in: queue + results.map(\.architecture), "bracket")
  }

  /// Takes a result of the present rung; after the last one the best move up.
  mutating func add(number: Int, _ architecture: Architecture, score: Double?) {
    guard !isFinished else { return }
    results.append(Result(number: number, architecture: architecture, score: score))
    guard results.count == sizes[rung] else { return }
    let best = results.filter { $0.score != nil }.sorted { ($0.score ?? 0, $1.number) > ($1.score ?? 0, $0.number) }
    results = []
    rung += 1
    guard !isFinished else { return }
    queue = best.prefix(sizes[rung]).map(\.architecture)
    // Where failures leave fewer than the rung holds, it holds those; none end the bracket.
    sizes[rung] = queue.count
    if queue.isEmpty { rung = sizes.count }
  }
}

/// A search by brackets, one after the other, whose new architectures are random or come from a model of the results.
struct BracketRun<Space: SearchSpace>: SearchStrategy {
  struct State: Codable, Sendable {
    var generator: Philox
    var ledger = Ledger<Space.Architecture>()
    /// Brackets that were begun.
    var brackets = 0
    var bracket: HalvingBracket<Space.Architecture>
    /// The results by rung, lowest first, where there is a model.
    var models: [ParzenModel]
  }

  let space: Space
  let epochs: [Int]
  /// The bracket with a number, from 0.
  let plan: @Sendable (Int) -> HalvingBracket<Space.Architecture>
  /// How new architectures are proposed; at random where it is `nil`.
  let model: ParzenSettings?
  var state: State

  init(
    _ problem: SearchProblem<Space>, name: String, model: ParzenSettings? = nil,
    plan: @escaping @Sendable (Int) -> HalvingBracket<Space.Architecture>
  ) {
    space = problem.space
    epochs = problem.epochs
    self.plan = plan
    self.model = model
    state = State(
      generator: problem.generator(name), brackets: 1, bracket: plan(0),
      models: model == nil ? [] : problem.epochs.map { _ in ParzenModel() })
  }

  mutating func ask() -> Proposal<Space.Architecture>? {
    if state.bracket.isFinished {
      state.bracket = plan(state.brackets)
      state.brackets += 1
    }
    var (generator, bracket) = (state.generator, state.bracket)
    let next = bracket.next {
      guard let model else { return space.sample(using: &generator) }
      let count = space.decisions.count
      // The highest fidelity with enough results for a model.
      let best = state.models.last { $0.isReady(decisions: count) } ?? ParzenModel()
      return best.propose(in: space, settings: model, using: &generator)
    }
    (state.generator, state.bracket) = (generator, bracket)
    return next.map { state.ledger.propose($0.architecture, epochs: $0.epochs) }
  }

  func flaw(in state: State) -> String? {
    if let flaw = state.ledger.flaw(in: space, epochs: epochs) { return flaw }
    guard state.brackets >= 1 else { return "'brackets' is \(state.brackets)" }
    guard state.models.count == (model == nil ? 0 : epochs.count) else { return "'models' are \(state.models.count)" }
    let observations = state.models.flatMap(\.observations)
    guard observations.allSatisfy({ space.areChoices($0.choices) && $0.score.isFinite }) else {
      return "'models' has something that is no choice of \(space.name), or no score"
    }
    return state.bracket.flaw(planned: plan(state.brackets - 1), outstanding: state.ledger.outstanding, in: space)
  }

  mutating func tell(_ evaluation: Evaluation<Space.Architecture>) {
    guard state.ledger.close(evaluation) else { return }
    let proposal = evaluation.proposal
    if model != nil, let score = evaluation.score, let choices = try? space.choices(of: proposal.architecture),
      let rung = epochs.firstIndex(of: proposal.epochs)
    {
      state.models[rung].observations.append(.init(choices: choices, score: score))
    }
    state.bracket.add(number: proposal.number, proposal.architecture, score: evaluation.score)
  }
}

/// Hyperband's bracket number `number`, counted over cycles of all brackets: ⌈(r + 1)/(s + 1) · ηˢ⌉ architectures, s = r first, where
/// the r + 1 rungs are the fidelities that there are.
func hyperbandBracket<Architecture: Hashable & Codable & Sendable>(
  _ number: Int, epochs: [Int], eta: Int
) -> HalvingBracket<Architecture> {
  let highest = epochs.count - 1
  let s = highest - number % (highest + 1)
  func power(_ exponent: Int) -> Int { (0..<exponent).reduce(1) { product, _ in product * eta } }
  let first = ((highest + 1) * power(s) + s) / (s + 1)
  return HalvingBracket(epochs: Array(epochs[(highest - s)...]), sizes: (0...s).map { max(1, first / power($0)) })
}
