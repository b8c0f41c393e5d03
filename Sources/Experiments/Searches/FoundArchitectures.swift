import Foundation
import SearchSpaces
import SearchStrategies

/// Looks up what searches have found, once they have ended.
struct FoundArchitectures<Space: SearchSpace> {
  private struct Metric {
    var table: any TabularBenchmark<Space>
    var dataset: BenchmarkDataset
  }

  private let space: Space
  private let metrics: [Metric]
  /// The data sets, in the order of accuracies.
  let datasets: [SearchResults.Dataset]
  /// The number of the one that was searched on.
  private let searched: Int?

  /// - Throws: `BenchmarkError` if a table lacks values that it announces.
  init(_ space: Space, _ tables: [any TabularBenchmark<Space>], searched: String?) throws {
    self.space = space
    let metrics = tables.flatMap { table in table.datasets.map { Metric(table: table, dataset: $0) } }
    self.metrics = metrics
    datasets = try metrics.map { metric in
      SearchResults.Dataset(
        name: metric.dataset.name, validationEpochs: metric.dataset.validationEpochs.last,
        testEpochs: metric.dataset.testEpochs.last,
        optimum: try metric.dataset.testEpochs.last.flatMap { last in
          try metric.table.best(TestMetric(dataset: metric.dataset.name, epochs: last))?.score
        })
    }
    self.searched = searched.flatMap { name in metrics.firstIndex { $0.dataset.name == name } }
  }

  /// What the searches of a method amount to.
  ///
  /// - Parameter end: where curves on the searches' own clock end; the last search's end where it is `nil`.
  /// - Throws: `SearchStudyError.nothingFound`, or `BenchmarkError` for an architecture that a table does not have.
  func results(of method: any SearchMethod, _ traces: [SearchTrace], until end: Double?, points: Int) throws
    -> SearchResults.Method
  {
    let searches = try traces.map(result)
    var known = [String: Double?]()
    func test(_ text: String) throws -> Double? {
      guard let searched else { return nil }
      if let value = known[text] { return value }
      let value = try self.test(of: space.architecture(parsing: text), metrics[searched])
      known[text] = value
      return value
    }
    let regrets = searches.compactMap(\.regret)
    return SearchResults.Method(
      name: method.label, summary: type(of: method).summary, wallSeconds: searches.reduce(0) { $0 + $1.wallSeconds },
      searches: searches,
      regret: regrets.isEmpty
        ? nil : .init(mean: regrets.reduce(0, +) / Double(regrets.count), median: quantile(regrets, 0.5)),
      curve: try AnytimeCurve(
        traces, at: AnytimeCurve.evenMoments(points, until: end ?? traces.map(\.seconds).max() ?? 0), clock: { $0.seconds },
        test: test
      ),
      wallCurve: try AnytimeCurve(traces, at: AnytimeCurve.wallMoments(points, of: traces), clock: { $0.wallSeconds }, test: test)
    )
  }

  private func result(_ trace: SearchTrace) throws -> SearchResults.Search {
    guard let best = trace.improvements.last else {
      throw SearchStudyError.nothingFound(
        method: trace.method, seed: trace.seed, evaluations: trace.evaluations,
        reason: trace.failure ?? "the budget does not suffice for one evaluation")
    }
    let architecture = try space.architecture(parsing: best.architecture)
    let tests = try metrics.map { try test(of: architecture, $0) }
    let regret = searched.flatMap { place in datasets[place].optimum.flatMap { optimum in tests[place].map { optimum - $0 } } }
    return SearchResults.Search(
      seed: trace.seed, evaluations: trace.evaluations, seconds: trace.seconds, wallSeconds: trace.wallSeconds,
      evaluationSeconds: trace.evaluationSeconds, architecture: best.architecture, score: best.score,
      validation: try metrics.map { try validation(of: architecture, $0) }, test: tests, regret: regret)
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
