import Basics
import Foundation
import SearchSpaces
import SearchStrategies

/// What every search method must fulfil, as checks that run on any method and space: ours and your own.
public enum StrategyContract {
  /// All violations that were found, each as a sentence; empty for a method that holds to the contract.
  ///
  /// Checked are: proposals are numbered, in the space and for offered epochs; the same seed gives the same search, also on two
  /// threads; a saved search continues bit for bit with answers outstanding; answers may come in any order; second and foreign answers
  /// change nothing; failures and scores that are no numbers are survived; budgets hold.
  ///
  /// - Parameters:
  ///   - method: the method.
  ///   - space: a space that it can search.
  ///   - evaluations: the length of the searches.
  ///   - epochs: the fidelities; only the first for methods that use one.
  public static func violations<Method: SearchMethod, Space: SearchSpace>(
    of method: Method, in space: Space, evaluations: Int = 60, epochs: [Int] = [4, 12, 36]
  ) -> [String] {
    let offered = Method.usesFidelities ? epochs : Array(epochs.prefix(1))
    func start(_ seed: UInt64 = 1) throws(MethodError) -> any SearchStrategy<Space> {
      try method.strategy(for: SearchProblem(space, epochs: offered, seed: seed))
    }
    let rig = Rig(space: space, epochs: offered, evaluations: evaluations, start: { try start($0) })
    do {
      var found = [String]()
      found += try rig.proposals()
      found += try rig.repetition()
      found += try rig.threads()
      found += try rig.continuation()
      found += try rig.answers()
      found += try rig.disorder()
      found += try rig.failures()
      found += try rig.budgets()
      return found.map { "\(Method.name) in \(space.name): \($0)" }
    } catch {
      return ["\(Method.name) in \(space.name): \(error)"]
    }
  }
}

/// Scores from the architecture's text only, with failures as asked for.
private struct MadeUpEstimator<Space: SearchSpace>: PerformanceEstimator {
  private struct Failure: Error {}

  let space: Space
  let epochs: [Int]
  /// One in so many architectures fails, and one in so many scores NaN; none for 0.
  var failing = 0
  var notANumber = 0

  func estimate(_ architecture: Space.Architecture, epochs: Int) throws -> PerformanceEstimate {
    let hash = Philox.stream(named: space.text(of: architecture))
    if failing > 0, hash % UInt64(failing) == 0 { throw Failure() }
    if notANumber > 0, hash / 7 % UInt64(notANumber) == 0 { return PerformanceEstimate(score: .nan, seconds: 1) }
    return PerformanceEstimate(
      score: Double(hash >> 40) / Double(1 << 24) + Double(epochs) / 100, seconds: 1 + Double(hash % 7) / 4)
  }
}

private struct Rig<Space: SearchSpace> {
  typealias Step = SearchStep<Space.Architecture>

  let space: Space
  let epochs: [Int]
  let evaluations: Int
  let start: (UInt64) throws -> any SearchStrategy<Space>

  private var estimator: MadeUpEstimator<Space> { MadeUpEstimator(space: space, epochs: epochs) }
  private var budget: SearchBudget { SearchBudget(evaluations: evaluations) }

  private func search(
    seed: UInt64 = 1, batch: Int = 1, threads: Int = 1, _ estimator: MadeUpEstimator<Space>? = nil
  ) throws -> SearchSession<Space> {
    var session = SearchSession(try start(seed))
    session.run(estimator ?? self.estimator, budget: budget, batch: batch, threads: threads)
    return session
  }

  func proposals() throws -> [String] {
    var found = [String]()
    for batch in [1, 7] {
      let session = try search(batch: batch)
      if session.steps.isEmpty { found.append("proposes nothing") }
      for (number, step) in session.steps.enumerated() {
        if step.proposal.number != number { found.append("proposal \(number) has number \(step.proposal.number)") }
        if !space.contains(step.proposal.architecture) {
          found.append("proposal \(number) is outside of the space: \(space.text(of: step.proposal.architecture))")
        }
        if !epochs.contains(step.proposal.epochs) {
          found.append("proposal \(number) asks for \(step.proposal.epochs) epochs, which are not offered")
        }
      }
    }
    return found
  }

  func repetition() throws -> [String] {
    var found = [String]()
    let once = try search().steps
    if try search().steps != once { found.append("two searches with one seed differ") }
    if space.size > 1_000, try search(seed: 2).steps == once { found.append("searches with different seeds are equal") }
    return found
  }

  func threads() throws -> [String] {
    try search(batch: 5, threads: 1).steps == search(batch: 5, threads: 2).steps
      ? [] : ["the search differs between one and two threads"]
  }

  func continuation() throws -> [String] {
    var found = [String]()
    // With sessions: saved, restored, gone on.
    let whole = try search()
    for part in [1, evaluations / 3, evaluations / 2] where part < evaluations {
      var first = SearchSession(try start(1))
      first.run(estimator, budget: SearchBudget(evaluations: part))
      // The budget ended the first part, so the strategy goes on in a session of its own.
      var fresh = try start(99)
      try fresh.restore(first.strategy.saved())
      var second = SearchSession(fresh)
      second.run(estimator, budget: SearchBudget(evaluations: evaluations - part))
      let steps = first.steps + second.steps
      if steps.map(\.proposal) != whole.steps.map(\.proposal) || steps.map(\.score) != whole.steps.map(\.score) {
        found.append("a search restored after \(part) evaluations goes on otherwise")
      }
      if try second.strategy.saved() != whole.strategy.saved() {
        found.append("a search restored after \(part) evaluations ends in another state")
      }
    }
    // In the middle of a batch: three asked, one answered.
    var original = try start(3)
    var asked = [Proposal<Space.Architecture>]()
    for _ in 0..<3 { if let next = original.ask() { asked.append(next) } }
    if let first = asked.first { original.tell(Evaluation(first, score: 0.5)) }
    var copy = try start(4)
    try copy.restore(original.saved())
    let rest = Array(asked.dropFirst())
    if try follow(&original, rest) != follow(&copy, rest) {
      found.append("a search restored with answers outstanding goes on otherwise")
    }
    return found
  }

  /// Answers what is outstanding, then goes on one by one.
  private func follow(
    _ strategy: inout some SearchStrategy<Space>, _ outstanding: [Proposal<Space.Architecture>]
  ) throws -> [Proposal<Space.Architecture>] {
    var seen = [Proposal<Space.Architecture>]()
    for proposal in outstanding { strategy.tell(Evaluation(proposal, score: score(proposal))) }
    while seen.count < evaluations / 2, let next = strategy.ask() {
      seen.append(next)
      strategy.tell(Evaluation(next, score: score(next)))
    }
    return seen
  }

  private func score(_ proposal: Proposal<Space.Architecture>) -> Double? {
    (try? estimator.estimate(proposal.architecture, epochs: proposal.epochs))?.score
  }

  func answers() throws -> [String] {
    var plain = try start(1)
    var pestered = try start(1)
    for number in 0..<evaluations {
      let (a, b) = (plain.ask(), pestered.ask())
      guard a == b else { return ["a second answer, or one to a proposal that was never made, changes proposal \(number)"] }
      guard let a, let b else { break }
      plain.tell(Evaluation(a, score: score(a)))
      let foreign = Proposal(number: b.number + 1_000_000, architecture: b.architecture, epochs: b.epochs)
      pestered.tell(Evaluation(foreign, score: 9))
      pestered.tell(Evaluation(b, score: score(b)))
      pestered.tell(Evaluation(b, score: 9))
      pestered.tell(Evaluation(b, score: nil))
    }
    return []
  }

  /// A search whose answers come in another order than its proposals, each of them twice.
  private struct Disorder {
    /// All proposals, and those that wait for their answers.
    var asked = [Proposal<Space.Architecture>]()
    var waiting = [Proposal<Space.Architecture>]()
    /// Proposals whose second answer changed the state.
    var counted = [Int]()
    var order = Philox(seed: 1, stream: "order of answers")

    mutating func run(
      _ strategy: inout some SearchStrategy<Space>, until count: Int, score: (Proposal<Space.Architecture>) -> Double?
    ) throws {
      while asked.count < count {
        while waiting.count < 5, let next = strategy.ask() {
          asked.append(next)
          waiting.append(next)
        }
        guard !waiting.isEmpty else { return }
        let proposal = waiting.remove(at: order.nextInt(below: waiting.count))
        strategy.tell(Evaluation(proposal, score: score(proposal)))
        // Coding a state costs more than a step of most strategies, so that the first answers have to tell.
        let state = asked.count <= 15 ? try strategy.saved() : nil
        strategy.tell(Evaluation(proposal, score: 9))
        if let state, try strategy.saved() != state { counted.append(proposal.number) }
      }
    }
  }

  func disorder() throws -> [String] {
    var found = [String]()
    var strategy = try start(5)
    var history = Disorder()
    try history.run(&strategy, until: evaluations / 2, score: score)
    var copy = try start(6)
    try copy.restore(strategy.saved())
    var copied = history
    let half = history.asked.count
    try history.run(&strategy, until: evaluations, score: score)
    try copied.run(&copy, until: evaluations, score: score)
    if try copied.asked != history.asked || copy.saved() != strategy.saved() {
      found.append("a search restored after \(half) proposals goes on otherwise when answers come out of order")
    }
    // A strategy that lost an answer waits for it for ever; one that has nothing more to ask ends in any order.
    let usual = try search(seed: 5, batch: 5).steps.count
    if history.asked.count < usual {
      found.append("asks \(history.asked.count) proposals instead of \(usual) when answers come out of order")
    }
    if history.asked.map(\.number) != Array(history.asked.indices) {
      found.append("proposals are lost or repeated when answers come out of order")
    }
    for proposal in history.asked where !space.contains(proposal.architecture) || !epochs.contains(proposal.epochs) {
      found.append("proposal \(proposal.number) is outside of the space or not offered when answers come out of order")
    }
    for number in history.counted { found.append("a second answer to proposal \(number) changes the state") }
    return found
  }

  func failures() throws -> [String] {
    var found = [String]()
    for (failing, notANumber) in [(3, 0), (0, 3), (4, 4)] {
      let session = try search(batch: 3, MadeUpEstimator(space: space, epochs: epochs, failing: failing, notANumber: notANumber))
      if session.steps.count < min(evaluations, 2) {
        found.append("stops after \(session.steps.count) evaluations when some fail")
      }
      if session.steps.contains(where: { $0.score.map { !$0.isFinite } ?? ($0.failure == nil) }) {
        found.append("a failed evaluation is not recorded as one")
      }
    }
    // Everything fails: the search may go on or end, but nothing may be recommended.
    let hopeless = try search(MadeUpEstimator(space: space, epochs: epochs, failing: 1))
    if hopeless.best != nil { found.append("recommends an architecture although all evaluations failed") }
    return found
  }

  func budgets() throws -> [String] {
    var found = [String]()
    for seconds in [0.5, 10, 40] {
      var session = SearchSession(try start(1))
      session.run(estimator, budget: SearchBudget(seconds: seconds, evaluations: evaluations), batch: 4)
      if session.clock > seconds { found.append("uses \(session.clock) s of a budget of \(seconds) s") }
    }
    var session = SearchSession(try start(1))
    session.run(estimator, budget: SearchBudget(evaluations: 7), batch: 4)
    if session.steps.count > 7 { found.append("makes \(session.steps.count) evaluations of 7") }
    return found
  }
}
