import Foundation
import Statistics
import Testing

/// Rank tests of few numbers against enumerations, of many against whole-number counts; `Fixtures/edges_reference.py`.
@Suite struct ExactRankTests {
  @Test func wilcoxonOfMany() throws {
    for row in try Edges.load().wilcoxonLarge {
      let test = try WilcoxonSignedRank(differences: row.differences, method: .exact)
      #expect(abs(test.pValue - row.p) <= 1e-10 * row.p, "\(row.differences.count): \(test.pValue) for \(row.p)")
    }
    // No share of 2¹⁵⁰⁰ is a number, and none is needed.
    #expect(try WilcoxonSignedRank(differences: (1...1500).map(Double.init), method: .exact).pValue == 0)
    #expect(throws: StatisticsError.tooMany(found: 2001, atMost: 2000)) {
      try WilcoxonSignedRank(differences: (1...2001).map(Double.init), method: .exact)
    }
  }

  @Test func mannWhitneyOfFew() throws {
    for row in try Edges.load().mannWhitneyExact {
      let test = try MannWhitney(row.first, row.second)
      #expect(test.method == .exact)
      #expect(agree(test.pValue, row.p, 1e-12), "\(row.first) \(row.second): \(test.pValue) for \(row.p)")
      #expect(try agree(MannWhitney(row.second, row.first).pValue, row.p, 1e-12))
    }
    // 1 of 20 divisions on each side; the normal approximation says 0.081.
    #expect(try agree(MannWhitney([1, 2, 3], [4, 5, 6]).pValue, 0.1, 1e-15))
    #expect(try abs(MannWhitney([1, 2, 3], [4, 5, 6], method: .normalApproximation).pValue - 0.081) < 1e-3)
    #expect(throws: StatisticsError.tooMany(found: 201, atMost: 200)) {
      try MannWhitney([Double](repeating: 1, count: 200), [1], method: .exact)
    }
  }

  @Test func friedmanOfFew() throws {
    for row in try Edges.load().friedmanExact {
      let test = try Friedman(scores: row.scores)
      #expect(test.method == .exact)
      #expect(agree(test.pValue, row.p, 1e-12), "\(row.scores): \(test.pValue) for \(row.p)")
    }
    // Three methods, always in the same order: (1/6)² of the orders are as far apart; χ² says 0.0498.
    #expect(try agree(Friedman(scores: [[1, 2, 3], [1, 2, 3], [1, 2, 3]]).pValue, 1 / 36.0, 1e-14))
    // Too many to go through.
    let many = (0..<40).map { block in (0..<9).map { Double((block * 7 + $0 * 5) % 11) } }
    #expect(try Friedman(scores: many).method == .chiSquare)
  }

  /// The sizes up to which the distribution is gone through, against a count of the sums that orders can have; for the larger numbers of
  /// methods, whose blocks are soon counted.
  @Test(arguments: [6, 7]) func friedmanDecidesBySize(methods: Int) throws {
    let order = Array(1...methods)
    let orders = permutations(order)
    var sums: Set<[Int]> = [[Int](repeating: 0, count: methods)]
    var (blocks, steps) = (0, 0)
    while true {
      steps += sums.count * orders.count
      if steps > 500_000 { break }
      blocks += 1
      // The last one need not be gone through: its sums would only be counted.
      if steps + sums.count * orders.count > 500_000 { break }
      var next: Set<[Int]> = []
      for sum in sums { for order in orders { next.insert(zip(sum, order).map(+).sorted()) } }
      sums = next
    }
    let rows = [[Double]](repeating: order.map(Double.init), count: blocks)
    #expect(try Friedman(scores: rows).method == .exact, "\(methods) × \(blocks)")
    #expect(try Friedman(scores: rows + [rows[0]]).method == .chiSquare, "\(methods) × \(blocks + 1)")
    // Blocks that do not differ add nothing to the sums, so that they are no reason to give up.
    let tied = [[Double]](repeating: [Double](repeating: 1, count: methods), count: 20)
    #expect(try Friedman(scores: rows.prefix(2) + tied).method == .exact)
  }

  private func permutations(_ values: [Int]) -> [[Int]] {
    guard values.count > 1 else { return [values] }
    return values.indices.flatMap { index in
      var rest = values
      let first = rest.remove(at: index)
      return permutations(rest).map { [first] + $0 }
    }
  }
}
