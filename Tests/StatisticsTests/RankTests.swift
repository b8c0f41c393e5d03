import Basics
import Foundation
import Statistics
import Testing

/// Values computed by SciPy, mpmath and statsmodels; `Fixtures/scipy_reference.py` writes the file.
private struct Reference: Decodable {
  struct Ties: Decodable { let differences: [Double], p: Double }
  struct Tail: Decodable { let df, x, p: Double }
  struct FTail: Decodable { let d1, d2, x, p: Double }
  struct RangeTail: Decodable {
    let k: Int, q, p, scipy: Double
  }
  struct RangeQuantile: Decodable {
    let k: Int, p, q: Double
  }
  struct Blocks: Decodable {
    let scores: [[Double]], ranks: [Double], statistic, p, f, fp, cd: Double, pairs: [[Double]]
  }
  struct Effect: Decodable { let a, b: [Double], delta, d: Double }
  struct Family: Decodable { let p, adjusted: [Double] }
  let wilcoxonTies: [Ties], chiSquareTail: [Tail], fTail: [FTail], rangeTail: [RangeTail], rangeQuantile: [RangeQuantile]
  let friedman: [Blocks], effects: [Effect], holm: [Family]

  static func load() throws -> Reference {
    let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/scipy.json")
    return try JSONDecoder().decode(Reference.self, from: Data(contentsOf: url))
  }
}

@Suite struct RankTests {
  @Test func tails() throws {
    let reference = try Reference.load()
    for row in reference.chiSquareTail {
      let p = try ChiSquare(degreesOfFreedom: row.df).upperTail(row.x)
      #expect(abs(p - row.p) <= 1e-10 * row.p, "chi2 df \(row.df) x \(row.x): \(p) for \(row.p)")
    }
    for row in reference.fTail {
      let p = try FisherF(numerator: row.d1, denominator: row.d2).upperTail(row.x)
      #expect(abs(p - row.p) <= 1e-10 * row.p, "F \(row.d1) \(row.d2) x \(row.x): \(p) for \(row.p)")
    }
    for row in reference.rangeTail {
      let p = try StudentizedRange(groups: row.k).upperTail(row.q)
      #expect(abs(p - row.p) <= 1e-10 * row.p, "range k \(row.k) q \(row.q): \(p) for \(row.p)")
      #expect(abs(p - row.scipy) <= 1e-10, "range k \(row.k) q \(row.q): \(p) for SciPy's \(row.scipy)")
    }
    for row in reference.rangeQuantile {
      let q = try StudentizedRange(groups: row.k).upperQuantile(row.p)
      #expect(agree(q, row.q), "range k \(row.k) p \(row.p): \(q) for \(row.q)")
    }
    #expect(throws: StatisticsError.self) { try StudentizedRange(groups: 1) }
    #expect(throws: StatisticsError.self) { try StudentizedRange(groups: 3).upperQuantile(0) }
    #expect(throws: StatisticsError.self) { try ChiSquare(degreesOfFreedom: 0) }
    #expect(throws: StatisticsError.self) { try FisherF(numerator: 1, denominator: .nan) }
  }

  /// Demšar, JMLR 7, 2006, table 5(a): q(α)/√2 of the two-tailed Nemenyi test.
  @Test func publishedCriticalValues() throws {
    let published: [(alpha: Double, values: [Double])] = [
      (0.05, [1.960, 2.343, 2.569, 2.728, 2.850, 2.949, 3.031, 3.102, 3.164]),
      (0.10, [1.645, 2.052, 2.291, 2.459, 2.589, 2.693, 2.780, 2.855, 2.920]),
    ]
    for row in published {
      for (offset, value) in row.values.enumerated() {
        let q = try StudentizedRange(groups: offset + 2).upperQuantile(row.alpha) / 2.0.squareRoot()
        #expect(abs(q - value) < 0.001, "k \(offset + 2): \(q) for \(value)")
      }
    }
  }

  @Test func friedmanAndNemenyi() throws {
    for row in try Reference.load().friedman {
      let test = try Friedman(scores: row.scores, method: .chiSquare)
      for (rank, expected) in zip(test.meanRanks, row.ranks) { #expect(agree(rank, expected)) }
      #expect(agree(test.statistic, row.statistic))
      #expect(agree(test.pValue, row.p))
      #expect(try agree(#require(test.imanDavenport), row.f))
      #expect(agree(test.imanDavenportPValue, row.fp))
      let nemenyi = try Nemenyi(test)
      #expect(agree(nemenyi.criticalDifference, row.cd))
      for (i, pairs) in row.pairs.enumerated() {
        for (j, p) in pairs.enumerated() {
          #expect(agree(nemenyi.pValue(i, j), p))
          if i != j {
            let together = nemenyi.groups.contains { $0.contains(i) && $0.contains(j) }
            #expect(together == (p >= 0.05), "methods \(i) and \(j), p \(p)")
          }
        }
      }
    }
  }

  @Test func extremeTables() throws {
    let same = try Friedman(scores: [[1, 1, 1], [2, 2, 2]])
    #expect(same.statistic == 0 && same.pValue == 1 && same.meanRanks == [2, 2, 2] && same.imanDavenportPValue == 1)
    // Always the same order: χ² = N(k − 1), F infinite.
    let always = try Friedman(scores: [[3, 2, 1], [5, 4, 1], [9, 8, 7], [3, 2, 1]])
    #expect(agree(always.statistic, 8) && always.imanDavenport == nil && always.imanDavenportPValue == 0)
    #expect(try Friedman(scores: [[0.6 - 0.5, 0.5 - 0.4, 0.3], [0.1, 0.1, 0.4]]).meanRanks == [2.5, 2.5, 1])
    #expect(throws: StatisticsError.tooFew(found: 1, needed: 2)) { try Friedman(scores: [[1, 2]]) }
    #expect(throws: StatisticsError.tooFew(found: 1, needed: 2)) { try Friedman(scores: [[1], [2]]) }
    #expect(throws: StatisticsError.unequalLengths(2, 1)) { try Friedman(scores: [[1, 2], [1]]) }
    #expect(throws: StatisticsError.notFinite(index: 3)) { try Friedman(scores: [[1, 2], [1, .nan]]) }
  }

  /// Groups overlap: the best differs from the worst, the third from neither.
  @Test func groupsAreMaximal() throws {
    let nemenyi = try Nemenyi(meanRanks: [1.2, 3.8, 2.4, 2.5], blocks: 12)
    #expect(abs(nemenyi.criticalDifference - 2.569 * (20.0 / 72).squareRoot()) < 0.001)
    #expect(nemenyi.groups == [[0, 2, 3], [3, 1]])
    #expect(try Nemenyi(meanRanks: [1, 2, 3], blocks: 1000).groups.isEmpty)
    #expect(try Nemenyi(meanRanks: [1, 2, 3], blocks: 2).groups == [[0, 1, 2]])
  }

  @Test func signedRanksWithTies() throws {
    for row in try Reference.load().wilcoxonTies {
      let test = try WilcoxonSignedRank(differences: row.differences)
      #expect(test.method == .exact)
      #expect(agree(test.pValue, row.p), "\(row.differences): \(test.pValue) for \(row.p)")
    }
  }

  @Test func effectSizes() throws {
    for row in try Reference.load().effects {
      #expect(try agree(cliffsDelta(row.a, row.b), row.delta))
      #expect(try agree(cliffsDelta(row.b, row.a), -row.delta))
      #expect(try agree(pairedCohensD(row.a, row.b), row.d))
    }
    #expect(try pairedCohensD([1, 2], [1, 2]) == 0)
    #expect(try pairedCohensD([1, 2], [2, 3]) == -.infinity)
    #expect(try WilcoxonSignedRank(differences: [1, -2, 3]).rankBiserial == (4.0 - 2) / 6)
    #expect(throws: StatisticsError.unequalLengths(1, 2)) { try pairedCohensD([1], [1, 2]) }
    #expect(throws: StatisticsError.tooFew(found: 0, needed: 1)) { try cliffsDelta([], [1]) }
  }

  @Test func holm() throws {
    for row in try Reference.load().holm {
      for (value, expected) in zip(try holmAdjusted(row.p), row.adjusted) { #expect(agree(value, expected)) }
    }
  }
}

/// Whether 95 % means 95 %: many made-up experiments, of which the truth is known.
@Suite struct CoverageTests {
  /// The share of experiments whose interval holds the truth; its standard error is 0.15 points.
  private func coverage(_ experiments: Int = 20_000, _ hit: (inout Philox) throws -> Bool) rethrows -> Double {
    var hits = 0
    for experiment in 0..<experiments {
      var generator = Philox(seed: 7, stream: "coverage", index: UInt64(experiment))
      if try hit(&generator) { hits += 1 }
    }
    return Double(hits) / Double(experiments)
  }

  /// Accuracies of tasks as they are: 75 queries each, with a difficulty of its own.
  private func accuracies(_ count: Int, _ generator: inout Philox) -> [Double] {
    (0..<count).map { _ in
      let difficulty = generator.nextDouble(from: 0.4, to: 0.9)
      return Double((0..<75).count { _ in generator.nextBool(probability: difficulty) }) / 75
    }
  }

  @Test func meansOfTaskAccuracies() throws {
    let share = try coverage(4_000) { generator in
      try Sample(accuracies(60, &generator)).confidenceInterval().contains(0.65)
    }
    #expect(abs(share - 0.95) <= 0.01, "\(share)")
  }

  @Test(arguments: [2, 5, 30]) func meansOfNormalSamples(count: Int) throws {
    let share = try coverage { generator in
      try Sample((0..<count).map { _ in 3 + 2 * generator.nextNormal() }).confidenceInterval().contains(3)
    }
    #expect(abs(share - 0.95) <= 0.01, "\(share)")
  }

  @Test func pairedDifferences() throws {
    let share = try coverage { generator in
      let shared = (0..<20).map { _ in generator.nextNormal() }
      let first = shared.map { $0 + 0.5 * generator.nextNormal() + 0.3 }
      let second = shared.map { $0 + 0.5 * generator.nextNormal() }
      return try PairedComparison(first, second).interval.contains(0.3)
    }
    #expect(abs(share - 0.95) <= 0.01, "\(share)")
  }

  /// Tests at 5 % refuse a true null at most that often (exact signed-rank: 24 differences, coarse steps), and Nemenyi's family too.
  @Test func nullsAreKept() throws {
    let wilcoxon = try coverage { generator in
      try WilcoxonSignedRank(differences: (0..<24).map { _ in generator.nextNormal() }).pValue > 0.05
    }
    #expect(wilcoxon >= 0.945 && wilcoxon <= 0.96, "\(wilcoxon)")
    let nemenyi = try coverage(4_000) { generator in
      let scores = (0..<30).map { _ in (0..<4).map { _ in generator.nextNormal() } }
      let ranks = try Friedman(scores: scores, method: .chiSquare).meanRanks
      return try (ranks.max() ?? 0) - (ranks.min() ?? 0) <= Self.criticalDifference.get()
    }
    #expect(abs(nemenyi - 0.95) <= 0.015, "\(nemenyi)")
  }

  private static let criticalDifference = Result {
    try Nemenyi(meanRanks: [2.5, 2.5, 2.5, 2.5], blocks: 30).criticalDifference
  }
}
