import Foundation
import SearchSpaces
import SearchStrategies
import Statistics
import TabularBenchmarks
import Tensors

/// Several search methods on one tabular benchmark, many seeds each: what they find, how fast, and what it is worth.
///
/// Searches see validation accuracies of one data set. Only after all searches of a method have ended are the architectures that
/// they found looked up on all data sets, test accuracies included.
public struct SearchComparison<Space: SearchSpace>: Sendable {
  /// The table that is searched.
  public var benchmark: any TabularBenchmark<Space>
  /// Further tables in which found architectures are looked up.
  public var transfers: [any TabularBenchmark<Space>]
  /// The methods.
  public var methods: [any SearchMethod]
  /// The data set that is searched on.
  public var dataset: String
  /// The numbers of epochs that searches may use; methods that use only one are given the first.
  public var epochs: [Int]
  /// The seconds of the benchmark's trainings that a search may use.
  public var budget: SearchBudget
  /// How many searches each method makes.
  public var seeds: Int
  /// The first seed.
  public var firstSeed: UInt64
  /// Proposals outstanding at once.
  public var batch: Int
  /// Threads; no result depends on it.
  public var threads: Int
  /// Points of a curve.
  public var points: Int
  /// Judges architectures in the table's place, which is then read when the searches have ended alone; `nil` for the table.
  public var estimator: (any PerformanceEstimator<Space.Architecture>)?
  /// What the estimator is, for people.
  public var estimatorName: String?
  /// Told which method is at work and how many of its searches are done.
  public var progress: @Sendable (_ method: String, _ done: Int) -> Void = { _, _ in }

  /// A comparison; by default of ten searches each.
  public init(
    on benchmark: any TabularBenchmark<Space>, methods: [any SearchMethod], dataset: String, epochs: [Int],
    budget: SearchBudget, seeds: Int = 10, firstSeed: UInt64 = 1, transfers: [any TabularBenchmark<Space>] = [], batch: Int = 1,
    threads: Int = 1, points: Int = 60
  ) {
    self.benchmark = benchmark
    self.transfers = transfers
    self.methods = methods
    self.dataset = dataset
    self.epochs = epochs.sorted()
    self.budget = budget
    self.seeds = seeds
    self.firstSeed = firstSeed
    self.batch = batch
    self.threads = threads
    self.points = points
  }

  /// A found architecture's accuracies on a data set: the names of ``metrics``, in their order.
  private struct Metric {
    var table: any TabularBenchmark<Space>
    var dataset: BenchmarkDataset
  }

  private var metrics: [Metric] {
    ([benchmark] + transfers).flatMap { table in table.datasets.map { Metric(table: table, dataset: $0) } }
  }

  /// Makes all searches.
  ///
  /// - Throws: `BenchmarkError` if the table lacks the data set or epochs, `StrategyError` if a method cannot work here,
  ///   `SearchStudyError.nothingFound` if no evaluation of a search succeeds.
  public func run() throws -> SearchResults {
    // Everything that can be wrong with the question is found before the first search.
    let estimator: any PerformanceEstimator<Space.Architecture>
    if let own = self.estimator {
      _ = try benchmark.dataset(dataset)
      estimator = own
    } else {
      estimator = TabularEstimator(try SearchView(opening: benchmark, dataset: dataset, epochs: epochs))
    }
    for method in methods { _ = try start(method, seed: firstSeed) }
    let metrics = self.metrics
    let optima = try metrics.map { metric in
      try metric.dataset.testEpochs.last.flatMap { last in
        try metric.table.best(TestMetric(dataset: metric.dataset.name, epochs: last))?.score
      }
    }
    var results = [SearchResults.Method]()
    for method in methods { results.append(try run(method, estimator, metrics)) }
    return SearchResults(
      space: benchmark.space.name, benchmark: benchmark.name, dataset: dataset, epochs: self.estimator?.epochs ?? epochs,
      estimator: self.estimator == nil ? nil : estimatorName ?? "an estimator of its own",
      budgetSeconds: budget.seconds.isFinite ? budget.seconds : nil,
      budgetEvaluations: budget.evaluations == .max ? nil : budget.evaluations, seeds: seeds, firstSeed: firstSeed,
      datasets: zip(metrics, optima).map { metric, optimum in
        SearchResults.Dataset(
          name: metric.dataset.name, validationEpochs: metric.dataset.validationEpochs.last,
          testEpochs: metric.dataset.testEpochs.last, optimum: optimum)
      }, methods: results)
  }

  private func start(_ method: any SearchMethod, seed: UInt64) throws -> any SearchStrategy<Space> {
    let epochs = estimator?.epochs ?? epochs
    let offered = type(of: method).usesFidelities ? epochs : Array(epochs.prefix(1))
    return try method.strategy(for: SearchProblem(benchmark.space, epochs: offered, seed: seed))
  }

  private func run(
    _ method: any SearchMethod, _ estimator: any PerformanceEstimator<Space.Architecture>, _ metrics: [Metric]
  ) throws -> SearchResults.Method {
    let label = method.label
    let clock = ContinuousClock()
    let begin = clock.now
    let counter = Counter()
    let sessions = try parallelMap(seeds, threads: threads) { index in
      var session = SearchSession(try start(method, seed: firstSeed &+ UInt64(index)))
      session.run(estimator, budget: budget, batch: batch)
      progress(label, counter.next())
      return session
    }
    let seconds = (clock.now - begin) / .seconds(1)
    // All searches of the method have ended: from here on test accuracies may be read.
    let searches = try sessions.enumerated().map { index, session in
      guard let best = session.best, let score = best.score else {
        throw SearchStudyError.nothingFound(
          method: label, seed: firstSeed &+ UInt64(index), evaluations: session.steps.count,
          reason: session.steps.last?.failure ?? "the budget does not suffice for one evaluation")
      }
      return SearchResults.Search(
        seed: firstSeed &+ UInt64(index), evaluations: session.steps.count, seconds: session.clock,
        architecture: benchmark.space.text(of: best.proposal.architecture), score: score,
        validation: try metrics.map { try validation(of: best.proposal.architecture, $0) },
        test: try metrics.map { try test(of: best.proposal.architecture, $0) })
    }
    return SearchResults.Method(
      name: label, summary: type(of: method).summary, wallSeconds: seconds, searches: searches,
      curve: try AnytimeCurve(sessions, benchmark: benchmark, dataset: dataset, budget: budget, points: points))
  }

  private func validation(of architecture: Space.Architecture, _ metric: Metric) throws -> Double? {
    guard let epochs = metric.dataset.validationEpochs.last else { return nil }
    return try metric.table.validation(of: architecture, ValidationMetric(dataset: metric.dataset.name, epochs: epochs)).score
  }

  private func test(of architecture: Space.Architecture, _ metric: Metric) throws -> Double? {
    guard let epochs = metric.dataset.testEpochs.last else { return nil }
    return try metric.table.test(of: architecture, TestMetric(dataset: metric.dataset.name, epochs: epochs))
  }
}

/// Why a comparison of searches cannot be made.
public enum SearchStudyError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A search ended without a single success.
  case nothingFound(method: String, seed: UInt64, evaluations: Int, reason: String)

  /// One sentence: what, where and, after a semicolon, what to do.
  public var description: String {
    switch self {
    case .nothingFound(let method, let seed, let evaluations, let reason):
      "\(method), seed \(seed): none of \(evaluations) evaluations succeeded (\(reason)); raise the budget or check the benchmark"
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
private final class Counter: @unchecked Sendable {
  private let lock = NSLock()
  private var count = 0

  func next() -> Int {
    lock.withLock {
      count += 1
      return count
    }
  }
}
