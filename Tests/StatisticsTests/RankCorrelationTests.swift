import Foundation
import Statistics
import Testing

@Suite struct RankCorrelationTests {
  private struct Row: Decodable {
    let first, second: [Double]
    let rho: Double
  }

  @Test func agreesWithSciPy() throws {
    let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/spearman.json")
    for row in try JSONDecoder().decode([Row].self, from: Data(contentsOf: url)) {
      #expect(abs(try spearmanCorrelation(row.first, row.second) - row.rho) <= 1e-12)
      #expect(abs(try spearmanCorrelation(row.second, row.first.map { -$0 }) + row.rho) <= 1e-12)
    }
  }

  @Test func infinitiesHaveTheirRanks() throws {
    #expect(try spearmanCorrelation([-.infinity, 2, .infinity], [1, 2, 3]) == 1)
  }

  @Test func refusesWhatHasNoCorrelation() {
    #expect(throws: StatisticsError.tooFew(found: 1, needed: 2)) { try spearmanCorrelation([1], [1]) }
    #expect(throws: StatisticsError.unequalLengths(2, 3)) { try spearmanCorrelation([1, 2], [1, 2, 3]) }
    #expect(throws: StatisticsError.notFinite(index: 1)) { try spearmanCorrelation([1, .nan], [1, 2]) }
    #expect(throws: StatisticsError.noVariance) { try spearmanCorrelation([1, 1], [1, 2]) }
  }
}
