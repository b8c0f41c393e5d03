import Foundation
import SearchSpaces
import SearchStrategies
import Testing

@testable import SearchStudies

@Suite struct SearchReportTests {
  private static func results() throws -> SearchResults {
    try SearchComparison(
      on: SpyBenchmark(), methods: [RandomSearch(), RegularizedEvolution(population: 5, tournament: 2)], dataset: "cifar10",
      epochs: [12, 200], budget: SearchBudget(seconds: 480), seeds: 5, points: 10
    ).run()
  }

  /// `numpy.quantile([3, 1, 4, 1, 5], [0, .25, .5, .75, .9])`.
  @Test func quantilesAreNumPys() {
    let values = [0, 0.25, 0.5, 0.75, 0.9].map { quantile([3, 1, 4, 1, 5], $0) }
    for (value, expected) in zip(values, [1, 1, 3, 4, 4.6]) { #expect(abs(value - expected) < 1e-12) }
    #expect(quantile([], 0.5).isNaN)
  }

  @Test func curvesClimbAndEndWhereTheSearchesEnd() throws {
    let results = try Self.results()
    for method in results.methods {
      let points = method.curve.points
      #expect(points.count == 10 && points.last?.seconds == 480)
      #expect(zip(points, points.dropFirst()).allSatisfy { $0.validation[1] <= $1.validation[1] })
      #expect(points.last?.validation[1] == quantile(method.searches.map(\.score), 0.5))
      let tests = method.test(0)
      #expect(abs((points.last?.meanTest ?? 0) - tests.reduce(0, +) / 5) < 1e-12)
    }
  }

  @Test func theOptimumIsTheTablesBest() throws {
    let spy = SpyBenchmark()
    #expect(try Self.results().datasets[0].optimum == spy.architectures.map { Double($0.code % 89) }.max())
  }

  @Test func filesAgree() throws {
    let results = try Self.results()
    let decoded = try JSONDecoder().decode(SearchResults.self, from: results.json())
    #expect(decoded == results)
    let lines = results.csv.split(separator: "\n")
    #expect(
      lines.count == 11
        && lines[0] == "method,seed,evaluations,seconds,architecture,score,cifar10_validation_200,cifar10_test_200")
    #expect(lines[6].hasPrefix("\"regularized-evolution:population=5,tournament=2\",1,40,480.0,|"))
  }

  @Test func theReportShowsTablesCurvesAndTests() throws {
    let html = SearchReport.render(try Self.results(), provenance: "a test")
    for text in [
      "What was found", "While the clock runs", "Which differences are more than chance", "median regret",
      "best of the table",
      "regularized-evolution:population=5,tournament=2", "a test",
    ] { #expect(html.contains(text), "\(text)") }
    #expect(html.components(separatedBy: "<svg").count == 3)
    #expect(!html.contains("<script") && !html.contains("NaN"))
  }

  @Test func aBudgetForNothingIsAnError() throws {
    let comparison = SearchComparison(
      on: SpyBenchmark(), methods: [RandomSearch()], dataset: "cifar10", epochs: [12], budget: SearchBudget(seconds: 1))
    #expect { try comparison.run() } throws: { "\($0)".contains("random-search, seed 1: none of 0 evaluations succeeded") }
  }
}
