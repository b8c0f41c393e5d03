import Foundation
import Statistics
import Testing

/// Values computed by SciPy; `Fixtures/scipy_reference.py` writes the file.
struct SciPy: Decodable {
  struct TQuantile: Decodable { let df, p, t: Double }
  struct TTail: Decodable { let df, t, p: Double }
  struct NormalQuantile: Decodable { let p, z: Double }
  struct LevelInterval: Decodable { let level, lower, upper: Double }
  struct SampleCase: Decodable {
    let values: [Double], mean, sd: Double, intervals: [LevelInterval]
  }
  struct Wilson: Decodable {
    let successes, trials: Int, level, lower, upper: Double
  }
  struct Wilcoxon: Decodable {
    let method: String, differences: [Double], statistic, p: Double
  }
  struct Paired: Decodable {
    let a, b: [Double], difference, lower, upper, p: Double
  }
  let tQuantile: [TQuantile], tTail: [TTail], normalQuantile: [NormalQuantile], samples: [SampleCase], wilson: [Wilson]
  let wilcoxon: [Wilcoxon], paired: Paired

  static func load() throws -> SciPy {
    let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/scipy.json")
    return try JSONDecoder().decode(SciPy.self, from: Data(contentsOf: url))
  }
}

/// Relative to the size of the expected value, absolute below 1.
func agree(_ value: Double, _ expected: Double, _ tolerance: Double = 1e-10) -> Bool {
  abs(value - expected) <= tolerance * max(1, abs(expected))
}

@Suite struct DistributionTests {
  @Test func studentQuantiles() throws {
    for row in try SciPy.load().tQuantile {
      let t = try StudentT(degreesOfFreedom: row.df).upperQuantile(row.p)
      #expect(agree(t, row.t), "df \(row.df) p \(row.p): \(t) for \(row.t)")
      // 1 − p must still carry p's digits.
      if row.p >= 0.005 { #expect(try agree(-StudentT(degreesOfFreedom: row.df).upperQuantile(1 - row.p), row.t)) }
    }
  }

  @Test func studentTails() throws {
    for row in try SciPy.load().tTail {
      let p = try StudentT(degreesOfFreedom: row.df).upperTail(row.t)
      #expect(abs(p - row.p) <= 1e-10 * row.p, "df \(row.df) t \(row.t): \(p) for \(row.p)")
    }
  }

  @Test func normalQuantiles() throws {
    for row in try SciPy.load().normalQuantile {
      let z = try Normal.upperQuantile(row.p)
      #expect(agree(z, row.z), "p \(row.p): \(z) for \(row.z)")
    }
  }

  @Test(arguments: [0, 1, -0.1, .nan]) func impossibleProbabilitiesAreRefused(p: Double) throws {
    #expect(throws: StatisticsError.self) { try Normal.upperQuantile(p) }
    #expect(throws: StatisticsError.self) { try StudentT(degreesOfFreedom: 3).upperQuantile(p) }
    #expect(throws: StatisticsError.self) { try Sample([1, 2]).confidenceInterval(level: p) }
    #expect(throws: StatisticsError.self) { try Interval.wilson(successes: 1, trials: 2, level: p) }
  }

  @Test func impossibleDegreesOfFreedomAreRefused() {
    #expect(throws: StatisticsError.self) { try StudentT(degreesOfFreedom: 0) }
    #expect(throws: StatisticsError.self) { try StudentT(degreesOfFreedom: .infinity) }
  }
}

@Suite struct SampleTests {
  @Test func momentsAndIntervals() throws {
    for row in try SciPy.load().samples {
      let sample = try Sample(row.values)
      #expect(agree(sample.mean, row.mean))
      #expect(try agree(sample.standardDeviation(), row.sd))
      for expected in row.intervals {
        let interval = try sample.confidenceInterval(level: expected.level)
        #expect(agree(interval.lower, expected.lower))
        #expect(agree(interval.upper, expected.upper))
        #expect(interval.contains(sample.mean))
      }
    }
  }

  @Test func badSamplesAreRefused() {
    #expect(throws: StatisticsError.tooFew(found: 0, needed: 1)) { try Sample([]) }
    #expect(throws: StatisticsError.notFinite(index: 1)) { try Sample([0, .nan]) }
    #expect(throws: StatisticsError.tooFew(found: 1, needed: 2)) { try Sample([3]).confidenceInterval() }
  }

  @Test func wilsonIntervals() throws {
    for row in try SciPy.load().wilson {
      let interval = try Interval.wilson(successes: row.successes, trials: row.trials, level: row.level)
      #expect(agree(interval.lower, row.lower))
      #expect(agree(interval.upper, row.upper))
    }
    #expect(throws: StatisticsError.impossibleCount(successes: 3, trials: 2)) {
      try Interval.wilson(successes: 3, trials: 2)
    }
    #expect(throws: StatisticsError.impossibleCount(successes: 0, trials: 0)) {
      try Interval.wilson(successes: 0, trials: 0)
    }
  }
}

@Suite struct PairedTests {
  @Test func wilcoxonSignedRank() throws {
    for row in try SciPy.load().wilcoxon {
      let method: WilcoxonSignedRank.Method = row.method == "exact" ? .exact : .normalApproximation
      let test = try WilcoxonSignedRank(differences: row.differences, method: method)
      #expect(test.method == method)
      #expect(min(test.positiveRankSum, test.negativeRankSum) == row.statistic)
      #expect(agree(test.pValue, row.p), "\(row.differences.count) differences: \(test.pValue) for \(row.p)")
      let mirrored = try WilcoxonSignedRank(differences: row.differences.map { -$0 }, method: method)
      #expect(mirrored.pValue == test.pValue)
      #expect(mirrored.positiveRankSum == test.negativeRankSum)
    }
  }

  @Test func noDifferenceIsNoEvidence() throws {
    let test = try WilcoxonSignedRank(differences: [0, 0, 0])
    #expect(test.count == 0)
    #expect(test.pValue == 1)
  }

  @Test func pairedComparison() throws {
    let row = try SciPy.load().paired
    let comparison = try PairedComparison(row.a, row.b)
    #expect(comparison.count == 40)
    #expect(agree(comparison.meanDifference, row.difference))
    #expect(agree(comparison.interval.lower, row.lower))
    #expect(agree(comparison.interval.upper, row.upper))
    #expect(agree(comparison.wilcoxon.pValue, row.p))
    #expect(throws: StatisticsError.unequalLengths(2, 1)) { try PairedComparison([1, 2], [1]) }
    #expect(throws: StatisticsError.tooFew(found: 1, needed: 2)) { try PairedComparison([1], [1]) }
  }

  /// Accuracies are multiples of 1/75, their differences in floating point are not.
  @Test func roundingDoesNotBreakTies() throws {
    let a = [40, 50, 33, 60, 12].map { Double($0) / 75 }
    let b = [38, 48, 31, 63, 12].map { Double($0) / 75 }
    #expect(Set(zip(a, b).prefix(3).map { $0 - $1 }).count > 1)
    let comparison = try PairedComparison(a, b)
    // Differences +2, +2, +2, −3, 0: ranks 2, 2, 2, 4.
    #expect(comparison.wilcoxon.count == 4)
    #expect(comparison.wilcoxon.positiveRankSum == 6)
    #expect(comparison.wilcoxon.negativeRankSum == 4)
    #expect(comparison.wilcoxon.method == .exact)
    // Of the 16 sign patterns 8 have a rank sum of at most 4: {}, {2} and {2, 2} three times each, {4}.
    #expect(comparison.wilcoxon.pValue == 1)
  }

  /// By hand: sorted 0.005·4, 0.01·3, 0.03·2, 0.04·1, then running maxima.
  @Test func holmCorrection() throws {
    let adjusted = try holmAdjusted([0.01, 0.04, 0.03, 0.005])
    for (value, expected) in zip(adjusted, [0.03, 0.06, 0.06, 0.02]) { #expect(agree(value, expected, 1e-15)) }
    #expect(try holmAdjusted([0.9, 0.8]) == [1, 1])
    #expect(try holmAdjusted([]) == [])
    #expect(throws: StatisticsError.probabilityOutOfRange(1.5)) { try holmAdjusted([0.1, 1.5]) }
  }
}
