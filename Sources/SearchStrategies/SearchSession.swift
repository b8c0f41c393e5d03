import Foundation
import SearchSpaces
import Tensors

/// How long a search may go on.
public struct SearchBudget: Hashable, Codable, Sendable {
  /// Seconds of the estimator's clock; an evaluation that would end later is not made.
  public var seconds: Double
  /// The most evaluations that are made.
  public var evaluations: Int

  /// A budget; without limit where a number is left out.
  public init(seconds: Double = .infinity, evaluations: Int = .max) {
    self.seconds = seconds
    self.evaluations = evaluations
  }
}

/// One evaluation of a search.
public struct SearchStep<Architecture: Hashable & Codable & Sendable>: Hashable, Codable, Sendable {
  /// What was asked.
  public let proposal: Proposal<Architecture>
  /// The score; `nil` if the evaluation failed.
  public let score: Double?
  /// What it took, in seconds.
  public let seconds: Double
  /// The clock when it was done.
  public let clock: Double
  /// Why it failed.
  public let failure: String?
}

/// What an evaluation took on this machine; measured, so that it differs from run to run.
public struct SearchTiming: Hashable, Codable, Sendable {
  /// Real seconds of the evaluation itself.
  public let seconds: Double
  /// Real seconds that the search had taken when it was done, the strategy's own included.
  public let clock: Double
}

/// A search and everything that has happened in it; can be saved at any point between evaluations and continued bit for bit.
public struct SearchSession<Space: SearchSpace>: Sendable {
  /// Evaluations that failed in a row before a search gives up: failures may cost nothing, so the budget would never end it.
  public static var failureLimit: Int { 1_000 }

  /// The strategy that is asked and told.
  public private(set) var strategy: any SearchStrategy<Space>
  /// The evaluations, in the order of the proposals.
  public private(set) var steps: [SearchStep<Space.Architecture>] = []
  /// Seconds used so far.
  public private(set) var clock = 0.0
  /// The real times of ``steps``, in their order.
  public private(set) var timings: [SearchTiming] = []
  /// Real seconds of all calls of ``run(_:budget:batch:threads:pause:)``.
  public private(set) var wallSeconds = 0.0
  /// After so many evaluations in a row that took no time, a search whose budget is only seconds gives up.
  public static var idleLimit: Int { 1_000 }
  /// A search whose budget is only seconds makes no more evaluations than this.
  public static var evaluationLimit: Int { 1_000_000 }
  /// Why a budget of seconds would never have ended the search, where that is so.
  public private(set) var stall: String?
  /// Whether the budget is used up, the strategy has nothing more to ask, or too many evaluations failed.
  public private(set) var isFinished = false

  /// A session at its beginning.
  public init(_ strategy: any SearchStrategy<Space>) { self.strategy = strategy }

  /// Goes on until the budget is used up.
  ///
  /// - Parameters:
  ///   - estimator: judges architectures.
  ///   - budget: the limits, counted from the beginning of the session.
  ///   - batch: how many proposals are made before their answers come. Changes what a strategy does, unlike `threads`.
  ///   - threads: how many threads evaluate a batch.
  ///   - pause: asked between batches; the session stops if it is true, and can go on later.
  public mutating func run(
    _ estimator: some PerformanceEstimator<Space.Architecture>, budget: SearchBudget, batch: Int = 1, threads: Int = 1,
    pause: () -> Bool = { false }
  ) {
    let watch = ContinuousClock()
    let (begin, before) = (watch.now, wallSeconds)
    func wall() -> Double { before + (watch.now - begin) / .seconds(1) }
    defer { wallSeconds = wall() }
    var failures = steps.reversed().prefix { $0.score == nil }.count
    var idle = steps.reversed().prefix { $0.seconds <= 0 }.count
    let hasOnlySeconds = budget.seconds.isFinite && budget.evaluations == .max
    while !isFinished, !pause() {
      var proposals = [Proposal<Space.Architecture>]()
      while proposals.count < max(1, batch), steps.count + proposals.count < budget.evaluations, let next = strategy.ask() {
        proposals.append(next)
      }
      guard !proposals.isEmpty else {
        isFinished = true
        return
      }
      for (proposal, outcome) in zip(proposals, Self.evaluate(proposals, estimator, threads)) {
        let (estimate, failure, real) = outcome
        let failed = estimator.measuresSeconds ? real : 0
        let seconds = estimate.map { $0.seconds.isFinite ? max(0, $0.seconds) : 0 } ?? failed
        guard clock + seconds <= budget.seconds else {
          isFinished = true
          return
        }
        clock += seconds
        let evaluation = Evaluation(proposal, score: estimate?.score)
        let reason = failure ?? (evaluation.score == nil ? "the score is not finite" : nil)
        steps.append(
          SearchStep(proposal: proposal, score: evaluation.score, seconds: seconds, clock: clock, failure: reason))
        timings.append(SearchTiming(seconds: real, clock: wall()))
        strategy.tell(evaluation)
        failures = evaluation.score == nil ? failures + 1 : 0
        if failures >= Self.failureLimit { isFinished = true }
        idle = seconds > 0 ? 0 : idle + 1
        if hasOnlySeconds, idle >= Self.idleLimit {
          (stall, isFinished) = ("the last \(idle) of which took 0 s", true)
        } else if hasOnlySeconds, steps.count >= Self.evaluationLimit {
          (stall, isFinished) = ("which took \(clock) s in all", true)
        }
        if isFinished { return }
      }
    }
  }

  /// Estimates, or why there is none, and the real seconds that they took.
  private static func evaluate(
    _ proposals: [Proposal<Space.Architecture>], _ estimator: some PerformanceEstimator<Space.Architecture>, _ threads: Int
  ) -> [(PerformanceEstimate?, String?, Double)] {
    let outcomes = try? parallelMap(proposals.count, threads: threads) { index -> (PerformanceEstimate?, String?, Double) in
      let watch = ContinuousClock()
      let begin = watch.now
      let result = Result { try estimator.estimate(proposals[index].architecture, epochs: proposals[index].epochs) }
      let seconds = (watch.now - begin) / .seconds(1)
      switch result {
      case .success(let estimate): return (estimate, nil, seconds)
      case .failure(let error): return (nil, "\(error)", seconds)
      }
    }
    return outcomes ?? []
  }

  /// The best step so far, after every step: that with the most epochs and, among those, the highest score; `nil` before the first
  /// success.
  public var incumbents: [SearchStep<Space.Architecture>?] {
    var best: SearchStep<Space.Architecture>?
    return steps.map { step in
      if let score = step.score {
        let epochs = step.proposal.epochs
        if best.map({ (epochs, score) > ($0.proposal.epochs, $0.score ?? -.infinity) }) ?? true { best = step }
      }
      return best
    }
  }

  /// The architecture that the search recommends, if any evaluation succeeded.
  public var best: SearchStep<Space.Architecture>? { incumbents.last ?? nil }
}

extension SearchSession {
  private struct Saved: Codable {
    var strategy: Data
    var steps: [SearchStep<Space.Architecture>]
    var clock: Double
    var isFinished: Bool
    var timings: [SearchTiming]
    var wallSeconds: Double

    /// What no session can say.
    func flaw(in space: Space?) -> String? {
      guard timings.count == steps.count else { return "\(steps.count) 'steps' have \(timings.count) 'timings'" }
      let times = [clock, wallSeconds] + timings.flatMap { [$0.seconds, $0.clock] } + steps.flatMap { [$0.seconds, $0.clock] }
      guard times.allSatisfy({ (0...1e15).contains($0) }) else { return "'clock', 'seconds' or 'wallSeconds' is no time" }
      for (place, step) in steps.enumerated() {
        guard step.proposal.number == place, step.proposal.epochs >= 0, step.score?.isFinite ?? true,
          space?.contains(step.proposal.architecture) ?? true
        else { return "'steps[\(place)]' is no evaluation" }
      }
      return nil
    }
  }

  /// The session as JSON, to be kept in a file.
  ///
  /// - Throws: `EncodingError`.
  public func saved() throws -> Data {
    try StateCoding.encoder.encode(
      Saved(
        strategy: strategy.saved(), steps: steps, clock: clock, isFinished: isFinished, timings: timings,
        wallSeconds: wallSeconds))
  }

  /// A session as saved, real times included, given the strategy of the same method, settings and space at its beginning.
  ///
  /// - Parameters:
  ///   - data: what ``saved()`` gave.
  ///   - strategy: the strategy at its beginning, of the same method, settings and space.
  ///   - space: the space, where what was evaluated is to be looked at as well.
  /// - Throws: ``SearchStateError`` if the data are not a session of this strategy.
  public init(restoring data: Data, into strategy: any SearchStrategy<Space>, in space: Space? = nil) throws {
    let saved = try StateCoding.decode(Saved.self, from: data)
    if let flaw = saved.flaw(in: space) { throw SearchStateError(flaw) }
    self.strategy = strategy
    try self.strategy.restore(saved.strategy)
    steps = saved.steps
    clock = saved.clock
    isFinished = saved.isFinished
    timings = saved.timings
    wallSeconds = saved.wallSeconds
  }
}
