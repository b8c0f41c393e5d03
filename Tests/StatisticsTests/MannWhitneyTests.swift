import Foundation
import Statistics
import Testing

@Suite struct MannWhitneyTests {
  private struct Row: Decodable {
    let first, second: [Double]
    let statistic, p: Double
  }

  @Test func agreesWithSciPy() throws {
    let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/mann_whitney.json")
    for row in try JSONDecoder().decode([Row].self, from: Data(contentsOf: url)) {
      let test = try MannWhitney(row.first, row.second, method: .normalApproximation)
      #expect(agree(test.statistic, row.statistic))
      #expect(agree(test.pValue, row.p), "\(test.pValue) \(row.p)")
      let turned = try MannWhitney(row.second, row.first, method: .normalApproximation)
      #expect(agree(turned.pValue, row.p) && agree(turned.superiority, 1 - test.superiority))
    }
  }

  @Test func equalNumbersAreNoEvidence() throws {
    #expect(try MannWhitney([1, 1], [1, 1, 1]).pValue == 1)
  }

  @Test func refusesWhatIsNoSample() {
    #expect(throws: StatisticsError.tooFew(found: 0, needed: 1)) { try MannWhitney([], [1]) }
    #expect(throws: StatisticsError.notFinite(index: 1)) { try MannWhitney([1], [1, .nan]) }
  }
}
