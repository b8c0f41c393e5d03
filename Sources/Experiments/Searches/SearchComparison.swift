import Basics
import Foundation
import Runs
import SearchSpaces
import SearchStrategies
import Synchronization
import Tensors

/// Several search methods on one benchmark, many seeds each: what they find, how fast, and what it is worth.
///
/// Searches see validation accuracies of one data set, or scores by an estimator. Only after all searches of a method have ended are the
/// architectures that they found looked up on all data sets, test accuracies included; without a table there is nothing to look up.
public struct SearchComparison<Space: SearchSpace>: Sendable {
  /// The space that is searched.
  public let space: Space
  /// The table that is searched, or in which found architectures are looked up; `nil` for none.
  public let benchmark: (any TabularBenchmark<Space>)?
  /// Further tables in which found architectures are looked up.
  public var transfers: [any TabularBenchmark<Space>] = []
  /// The methods.
  public var methods: [any SearchMethod]
  /// The data set of the table that is searched on; `nil` without a table.
  public var dataset: String?
  /// The numbers of epochs that searches may use; methods that use only one are given the first.
  public var epochs: [Int]
  /// The seconds of the benchmark's trainings (or of the estimator) that a search may use.
  public var budget: SearchBudget
  /// How many searches each method makes.
  public var seeds: Int
  /// The first seed.
  public var firstSeed: UInt64
  /// Proposals outstanding at once.
  public var batch = 1
  /// Threads; no result depends on it, measured seconds apart.
  public var threads: Int
  /// Points of a curve.
  public var points = 60
  /// Judges architectures in place of the table, which is then read only when the searches have ended; `nil` for the table.
  public var estimator: (any PerformanceEstimator<Space.Architecture>)?
  /// What the estimator is, for people.
  public var estimatorName: String?
  /// Where searches are kept as they go, and found again; `nil` for nowhere.
  public var store: SearchStore?
  /// Asked between evaluations whether to stop, and where the disk is full whether to wait.
  public var observer = RunObserver()
  /// Told which method is at work and how many of its searches are done.
  public var progress: @Sendable (_ method: String, _ done: Int) -> Void = { _, _ in }

  /// A comparison on a table; by default of ten searches each.
  public init(
    on benchmark: any TabularBenchmark<Space>, methods: [any SearchMethod], dataset: String, epochs: [Int],
    budget: SearchBudget, seeds: Int = 10, firstSeed: UInt64 = 1, threads: Int = 1
  ) {
    space = benchmark.space
    self.benchmark = benchmark
    self.methods = methods
    self.dataset = dataset
    self.epochs = epochs.sorted()
    self.budget = budget
    self.seeds = seeds
    self.firstSeed = firstSeed
    self.threads = threads
  }

  /// A comparison without a table: an estimator judges, and nothing is looked up.
  public init(
    in space: Space, judgedBy estimator: any PerformanceEstimator<Space.Architecture>, named name: String,
    methods: [any SearchMethod], budget: SearchBudget, seeds: Int = 10, firstSeed: UInt64 = 1, threads: Int = 1
  ) {
    self.space = space
    benchmark = nil
    self.methods = methods
    dataset = nil
    epochs = estimator.epochs
    self.budget = budget
    self.seeds = seeds
    self.firstSeed = firstSeed
    self.threads = threads
    self.estimator = estimator
    estimatorName = name
  }

  /// Finds everything that can be wrong with the question.
  ///
  /// - Throws: `BenchmarkError` if the table lacks the data set or epochs, `MethodError` if a method cannot work here.
  public func check() throws {
    _ = try judge()
    for method in methods { _ = try start(method, seed: firstSeed) }
  }

  /// What the searches depend on, for a ``SearchStore``.
  ///
  /// - Parameters:
  ///   - table: the SHA-256 of the benchmark's file.
  ///   - estimator: all that the estimator's scores depend on; by default its name.
  public func settings(table: String?, estimator: String? = nil) -> SearchStore.Settings {
    let own = self.estimator
    return SearchStore.Settings(
      space: space.name, table: own == nil ? table : nil, dataset: own == nil ? dataset : nil, epochs: own?.epochs ?? epochs,
      budget: budget.limitedSeconds, evaluations: budget.limitedEvaluations, batch: batch,
      estimator: own.map { _ in estimator ?? judgeName })
  }

  /// Makes all searches that are not kept already.
  ///
  /// - Throws: as ``check()``; `SearchStudyError.nothingFound` if no evaluation of a search succeeds, `.stopped` where
  ///   ``observer`` said so; `RunError` for files.
  public func run() throws -> SearchResults {
    try check()
    let estimator = try judge()
    let lookup = try FoundArchitectures(space, [benchmark].compactMap { $0 } + transfers, searched: dataset)
    var results = [SearchResults.Method]()
    for method in methods {
      let traces = try search(method, estimator, done: results.count * seeds)
      // All searches of the method have ended: from here on test accuracies may be read.
      results.append(try lookup.results(of: method, traces, until: budget.limitedSeconds, points: points))
    }
    return SearchResults(of: self, datasets: lookup.datasets, methods: results)
  }

  /// The estimator's name, for people.
  var judgeName: String { estimatorName ?? "an estimator of its own" }

  private func judge() throws -> any PerformanceEstimator<Space.Architecture> {
    if let benchmark, let dataset {
      _ = try benchmark.dataset(dataset)
      if let estimator { return estimator }
      return TabularEstimator(try SearchView(opening: benchmark, dataset: dataset, epochs: epochs))
    }
    guard let estimator else { throw SearchStudyError.nothingJudges }
    return estimator
  }

  private func start(_ method: any SearchMethod, seed: UInt64) throws -> any SearchStrategy<Space> {
    let epochs = estimator?.epochs ?? epochs
    let offered = type(of: method).usesFidelities ? epochs : Array(epochs.prefix(1))
    return try method.strategy(for: SearchProblem(space, epochs: offered, seed: seed))
  }

  /// All searches of a method, by seed.
  private func search(
    _ method: any SearchMethod, _ estimator: any PerformanceEstimator<Space.Architecture>, done: Int
  ) throws -> [SearchTrace] {
    let label = method.label
    let counter = Counter()
    let traces = try parallelMap(seeds, threads: threads) { index in
      let trace = try search(method, label, seed: firstSeed &+ UInt64(index), estimator)
      if trace != nil { progress(label, counter.next()) }
      return trace
    }.compactMap { $0 }
    guard traces.count == seeds else {
      throw SearchStudyError.stopped(ended: done + traces.count, of: methods.count * seeds)
    }
    return traces
  }

  /// One search to its end; `nil` where it was interrupted.
  private func search(
    _ method: any SearchMethod, _ label: String, seed: UInt64, _ estimator: any PerformanceEstimator<Space.Architecture>
  ) throws -> SearchTrace? {
    if let kept = store?.trace(label, seed: seed) { return kept }
    if observer.isInterrupted() { return nil }
    var session = SearchSession(try start(method, seed: seed))
    if let store, let state = try store.state(label, seed: seed) {
      do {
        session = try SearchSession(restoring: state, into: session.strategy, in: space)
      } catch {
        let reason = (error as? SearchStateError)?.reason ?? "no state of this search"
        try store.beginAgain(label, seed: seed, store.unreadable(label, seed: seed, reason))
      }
    }
    let clock = ContinuousClock()
    while !session.isFinished {
      let next = store == nil ? nil : clock.now + SearchStore.interval
      session.run(estimator, budget: budget, batch: batch) { observer.isInterrupted() || next.map { clock.now >= $0 } ?? false }
      if session.isFinished { break }
      if let store {
        let state = try session.saved()
        try observer.persist { try store.save(state, label, seed: seed) }
      }
      if observer.isInterrupted() { return nil }
    }
    if let stall = session.stall {
      throw SearchStudyError.neverEnds(method: label, seed: seed, evaluations: session.steps.count, reason: stall)
    }
    let trace = SearchTrace(session, method: label, seed: seed, space: space, keepsTimes: self.estimator != nil)
    if let store { try observer.persist { try store.end(trace) } }
    return trace
  }
}

extension SearchBudget {
  /// The seconds, where they are limited.
  var limitedSeconds: Double? { seconds.isFinite ? seconds : nil }
  /// The evaluations, where they are limited.
  var limitedEvaluations: Int? { evaluations == .max ? nil : evaluations }
}

/// Why a comparison of searches cannot be made.
public enum SearchStudyError: ReportableError, Hashable, Sendable {
  /// A search ended without a single success.
  case nothingFound(method: String, seed: UInt64, evaluations: Int, reason: String)
  /// The budget's seconds would never be used up.
  case neverEnds(method: String, seed: UInt64, evaluations: Int, reason: String)
  /// There is neither a table nor an estimator.
  case nothingJudges
  /// The user asked to stop before all searches had ended.
  case stopped(ended: Int, of: Int)

  /// Which search, what is wrong, and what to do.
  public var fault: Fault {
    switch self {
    case .nothingFound(let method, let seed, let evaluations, let reason):
      // A reason that says what to do itself would be in the way of the advice here.
      Fault(
        "none of \(evaluations) evaluations succeeded (\(reason.prefix { $0 != ";" }))", at: .named("\(method), seed \(seed)"),
        help: "raise the budget or check what judges")
    case .neverEnds(let method, let seed, let evaluations, let reason):
      Fault(
        "the budget of seconds would not end the search (\(evaluations) evaluations, \(reason))",
        at: .named("\(method), seed \(seed)"),
        help: "limit its evaluations (--evaluations), or give a table whose trainings take time")
    case .nothingJudges: Fault("nothing judges architectures", help: "give a benchmark or an estimator")
    case .stopped(let ended, let all):
      Fault("stopped after \(ended) of \(all) searches", help: "call it again to go on where it was")
    }
  }
}

extension SearchView {
  /// The view of a benchmark of any kind.
  init(opening benchmark: any TabularBenchmark<Space>, dataset: String, epochs: [Int]) throws(BenchmarkError) {
    try self.init(of: benchmark, dataset: dataset, epochs: epochs)
  }
}

/// Counts what several threads have done.
private final class Counter: Sendable {
  private let count = Atomic<Int>(0)

  func next() -> Int { count.add(1, ordering: .relaxed).newValue }
}
