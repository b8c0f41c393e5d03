import Basics
import Foundation
import SearchSpaces
import SearchStrategies
import Statistics
import TestSupport
import Testing

@testable import Experiments

@Suite struct SearchReportTests {
  private static func results() throws -> SearchResults {
    var comparison = SearchComparison(
      on: SpyBenchmark(), methods: [RandomSearch(), RegularizedEvolution(population: 5, tournament: 2)], dataset: "cifar10",
      epochs: [12, 200], budget: SearchBudget(seconds: 480), seeds: 5)
    comparison.points = 10
    return try comparison.run()
  }

  @Test func numbersFitTheirCells() {
    #expect(SearchReport.cell([1, 2, 3]) == "2.00 (sd 1.00)" && SearchReport.cell([]) == "–")
    #expect(SearchReport.cell([2e30]) == "2.00e+30" && SearchReport.cell([1e7, 3e7], decimals: 0) == "2.0e+07 (sd 1.4e+07)")
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
      #expect(zip(points, points.dropFirst()).allSatisfy { $0.score[1] <= $1.score[1] })
      #expect(points.last?.score[1] == quantile(method.searches.map(\.score), 0.5))
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
        && lines[0]
          == "method,seed,evaluations,seconds,wall_seconds,architecture,score,regret,cifar10_validation_200,cifar10_test_200"
    )
    let wall = results.methods[1].searches[0].wallSeconds
    #expect(wall > 0 && lines[6].hasPrefix("\"regularized-evolution:population=5,tournament=2\",1,40,480.0,\(wall),|"))
  }

  @Test func theReportShowsTablesCurvesAndTests() throws {
    let html = SearchReport.render(try Self.results(), provenance: "a test")
    for text in [
      "What was found", "While the clock runs", "Which differences are more than chance", "median regret",
      "best of the table",
      "regularized-evolution:population=5,tournament=2", "a test",
    ] { #expect(html.contains(text), "\(text)") }
    // Scores and test accuracies, by both clocks.
    #expect(html.components(separatedBy: "<svg").count == 5 && html.contains("by simulated seconds"))
    #expect(!html.contains("<script") && !html.contains("NaN"))
  }

  @Test func regretIsTheDistanceToTheOptimum() throws {
    let results = try Self.results()
    let optimum = try #require(results.datasets[0].optimum)
    for method in results.methods {
      let regrets = method.test(0).map { optimum - $0 }
      #expect(method.searches.compactMap(\.regret) == regrets)
      #expect(method.regret == .init(mean: regrets.reduce(0, +) / 5, median: regrets.sorted()[2]))
    }
  }

  /// Both clocks show the same finds: the last points agree.
  @Test func realTimeIsMeasured() throws {
    for method in try Self.results().methods {
      let points = method.wallCurve.points
      #expect(points.last?.score == method.curve.points.last?.score && points.last?.test == method.curve.points.last?.test)
      #expect(points.last?.seconds == method.searches.map(\.wallSeconds).max())
      #expect(zip(points, points.dropFirst()).allSatisfy { $0.seconds < $1.seconds && $0.searches <= $1.searches })
      // While further searches join, the median may fall.
      #expect(
        zip(points, points.dropFirst()).allSatisfy { $0.searches < $1.searches || $0.score[1] <= $1.score[1] })
      #expect(method.wallSeconds == method.searches.reduce(0) { $0 + $1.wallSeconds })
    }
  }

  @Test func rankTestsAreInTheFile() throws {
    let results = try Self.results()
    let test = try MannWhitney(results.methods[0].test(0), results.methods[1].test(0))
    #expect(results.comparisons.count == 1 && results.comparisons[0].superiority == test.superiority)
    #expect(results.comparisons[0].adjustedPValue == test.pValue)
    let json = try JSONSerialization.jsonObject(with: results.json()) as? [String: Any]
    #expect(json?["schema"] as? Int == 2 && (json?["comparisons"] as? [Any])?.count == 1)
  }

  /// Scores from an architecture's text; every evaluation is said to take a second.
  private struct TextEstimator<Space: SearchSpace>: PerformanceEstimator {
    let space: Space
    var epochs: [Int] { [0] }
    func estimate(_ architecture: Space.Architecture, epochs: Int) -> PerformanceEstimate {
      PerformanceEstimate(score: Double(space.text(of: architecture).utf8.reduce(0) { 31 &* $0 &+ Int($1) } & 1023), seconds: 1)
    }
  }

  /// Every registered space can be searched by an estimator alone; then there are scores, and nothing that a table would know.
  @Test(arguments: SearchSpaceRegistry.all.map(\.name)) func anEstimatorNeedsNoTable(name: String) throws {
    func search<Space: SearchSpace>(_ space: Space, threads: Int) throws -> SearchResults {
      try SearchComparison(
        in: space, judgedBy: TextEstimator(space: space), named: "made-up scores", methods: [RandomSearch(), LocalSearch()],
        budget: SearchBudget(evaluations: 30), seeds: 3, threads: threads
      ).run()
    }
    let space = try #require(SearchSpaceRegistry.space(named: name))
    let results = try search(space, threads: 1)
    #expect(results.benchmark == nil && results.dataset == nil && results.datasets.isEmpty && results.epochs == [0])
    for method in results.methods {
      #expect(method.regret == nil && method.searches.allSatisfy { $0.evaluations == 30 && $0.test.isEmpty && $0.regret == nil })
      #expect(method.searches.allSatisfy { $0.evaluationSeconds?.count == 30 && $0.wallSeconds > 0 })
      #expect(method.wallCurve.points.last?.test == nil && method.wallCurve.points.last?.score.count == 3)
    }
    let scores = results.methods.map { $0.searches.map(\.score) }
    #expect(try results.comparisons[0].superiority == MannWhitney(scores[0], scores[1]).superiority)
    #expect(try search(space, threads: 2).withoutMeasurements == results.withoutMeasurements)
    #expect(try JSONDecoder().decode(SearchResults.self, from: results.json()) == results)
    let html = SearchReport.render(results, provenance: "a test")
    #expect(html.contains("test accuracies are not known") && html.contains("Score of what was found"))
    #expect(html.components(separatedBy: "<svg").count == 2 && !html.contains("best of the table") && !html.contains("regret"))
  }

  @Test func aBudgetForNothingIsAnError() throws {
    let comparison = SearchComparison(
      on: SpyBenchmark(), methods: [RandomSearch()], dataset: "cifar10", epochs: [12], budget: SearchBudget(seconds: 1))
    #expect { try comparison.run() } throws: { "\($0)".contains("random-search, seed 1: none of 0 evaluations succeeded") }
  }
}
