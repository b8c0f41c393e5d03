import Experiments
import SearchSpaces
import SearchStrategies
import Synchronization
import TestSupport
import Testing

/// Searches of several methods and seeds on one benchmark.
@Suite struct SearchComparisonTests {
  /// Test accuracies are read after the last search of each method alone (and for the optimum before the first one).
  @Test func aComparisonReadsTestDataAtTheEnd() throws {
    let spy = SpyBenchmark()
    let comparison = SearchComparison(
      on: spy, methods: [RandomSearch()], dataset: "cifar10", epochs: [12], budget: SearchBudget(seconds: 240), seeds: 4,
      threads: 2)
    let results = try comparison.run()
    var questions = spy.questions.withLock { $0 }
    #expect(questions.prefix(50).allSatisfy { $0 })
    questions.removeFirst(50)
    let searching = 4 * 21
    // 20 evaluations fit in each search; the 21st is asked for and does not.
    #expect(questions.prefix(searching).allSatisfy { !$0 })
    #expect(results.methods[0].searches.map(\.evaluations) == [20, 20, 20, 20])
    #expect(questions.dropFirst(searching).contains(true))
  }

  @Test func threadsChangeNothing() throws {
    func results(_ threads: Int) throws -> SearchResults {
      try SearchComparison(
        on: SpyBenchmark(), methods: [RegularizedEvolution(population: 5, tournament: 2)], dataset: "cifar10", epochs: [12],
        budget: SearchBudget(seconds: 600), seeds: 6, threads: threads
      ).run()
    }
    #expect(try results(1).withoutMeasurements == results(2).withoutMeasurements)
  }
}
