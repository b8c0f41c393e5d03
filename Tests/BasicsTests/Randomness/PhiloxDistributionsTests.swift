import Basics
import Foundation
import Testing

/// Statistical bounds are at five standard errors or the 10⁻⁶ quantile; the seeds are fixed, so that a pass is a pass for ever.
@Suite struct PhiloxDistributionsTests {
  @Test func uniformMomentsAndRange() {
    var generator = Philox(seed: 11, stream: "uniform")
    let n = 200_000
    let values = (0..<n).map { _ in generator.nextDouble() }
    let mean = values.reduce(0, +) / Double(n)
    let square = values.reduce(0) { $0 + $1 * $1 } / Double(n)
    #expect(abs(mean - 0.5) < 5 * (1.0 / 12 / Double(n)).squareRoot())
    // Var(U²) = 1/5 − 1/9.
    #expect(abs(square - 1.0 / 3) < 5 * ((1.0 / 5 - 1.0 / 9) / Double(n)).squareRoot())
    #expect(values.allSatisfy { $0 >= 0 && $0 < 1 })
    let floats = generator.uniform(count: n)
    #expect(floats.allSatisfy { $0 >= 0 && $0 < 1 })
    #expect(abs(floats.reduce(0.0) { $0 + Double($1) } / Double(n) - 0.5) < 5 * (1.0 / 12 / Double(n)).squareRoot())
  }

  @Test func normalMomentsAndDistribution() {
    var generator = Philox(seed: 12, stream: "normal")
    let n = 200_001
    let values = generator.normal(count: n).map(Double.init)
    #expect(values.count == n)
    let moments = (1...4).map { power in values.reduce(0) { $0 + pow($1, Double(power)) } / Double(n) }
    // E[Z^k] = 0, 1, 0, 3 with variances 1, 2, 15, 96.
    for (moment, (expected, variance)) in zip(moments, [(0.0, 1.0), (1, 2), (0, 15), (3, 96)]) {
      #expect(abs(moment - expected) < 5 * (variance / Double(n)).squareRoot())
    }
    // Kolmogorov–Smirnov against Φ; P(√n D > 2.7) < 10⁻⁶.
    let sorted = values.sorted()
    let distance = sorted.enumerated().map { i, z in
      let p = 0.5 * erfc(-z / 2.0.squareRoot())
      return max(abs(p - Double(i) / Double(n)), abs(Double(i + 1) / Double(n) - p))
    }.max()!
    #expect(distance * Double(n).squareRoot() < 2.7)
    // The two of a pair are uncorrelated.
    let products = stride(from: 0, to: n - 1, by: 2).reduce(0) { $0 + values[$1] * values[$1 + 1] }
    #expect(abs(products / Double(n / 2)) < 5 / Double(n / 2).squareRoot())
  }

  @Test func scaledNormal() {
    var plain = Philox(seed: 1)
    var scaled = Philox(seed: 1)
    let a = plain.normal(count: 5)
    let b = scaled.normal(count: 5, mean: 2, standardDeviation: 3)
    #expect(zip(a, b).allSatisfy { abs(2 + 3 * $0 - $1) < 1e-6 })
  }

  // Upper 10⁻⁶ quantiles of χ² with bound − 1 degrees of freedom, scipy.stats.chi2.isf(1e-6, df).
  @Test(arguments: [(2, 23.928), (5, 33.377), (7, 38.258), (100, 180.79)]) func integersAreUniform(bound: Int, quantile: Double) {
    var generator = Philox(seed: 13, stream: "integers", index: UInt64(bound))
    let n = 100_000
    var counts = [Int](repeating: 0, count: bound)
    for _ in 0..<n { counts[generator.nextInt(below: bound)] += 1 }
    let expected = Double(n) / Double(bound)
    let chiSquare = counts.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
    #expect(chiSquare < quantile)
  }

  @Test func largeBoundsAreUnbiased() {
    // Below 3·2⁶¹ a plain modulo favours the lower two thirds, and a plain multiplication the residues 0 and 1 of three: 3/8,
    // 3/8, 1/4.
    var generator = Philox(seed: 14)
    let third = 1 << 61
    let n = 60_000
    var thirds = [0, 0, 0]
    var residues = [0, 0, 0]
    for _ in 0..<n {
      let value = generator.nextInt(below: 3 * third)
      thirds[value / third] += 1
      residues[value % 3] += 1
    }
    for count in thirds + residues {
      #expect(abs(Double(count) - Double(n) / 3) < 5 * (Double(n) * 2 / 9).squareRoot())
    }
  }

  @Test func shufflesOfThreeAreEquallyLikely() {
    var generator = Philox(seed: 15, stream: "shuffle")
    var counts = [[Int]: Int]()
    for _ in 0..<60_000 { counts[generator.shuffled([0, 1, 2]), default: 0] += 1 }
    #expect(counts.count == 6)
    let chiSquare = counts.values.reduce(0) { $0 + (Double($1) - 10_000) * (Double($1) - 10_000) / 10_000 }
    #expect(chiSquare < 35.888)  // scipy.stats.chi2.isf(1e-6, 5)
  }

  @Test func samplesArePrefixesOfAShuffle() {
    for (count, population) in [(0, 0), (0, 4), (1, 1), (3, 10), (10, 10), (5, 1_000_000)] {
      var sampling = Philox(seed: 16, index: UInt64(population))
      let sample = sampling.sample(count, of: population)
      #expect(Set(sample).count == count)
      #expect(sample.allSatisfy { (0..<population).contains($0) })
      guard population <= 10 else { continue }
      var shuffling = Philox(seed: 16, index: UInt64(population))
      #expect(Array(shuffling.shuffled(Array(0..<population)).prefix(count)) == sample)
    }
    var generator = Philox(seed: 17)
    #expect(Set(generator.sample(2, from: ["a", "b"])) == ["a", "b"])
  }

  @Test func pairsWithoutReplacementAreEquallyLikely() {
    var generator = Philox(seed: 18, stream: "sample")
    var counts = [[Int]: Int]()
    for _ in 0..<60_000 { counts[generator.sample(2, of: 4), default: 0] += 1 }
    #expect(counts.count == 12)
    let chiSquare = counts.values.reduce(0) { $0 + (Double($1) - 5_000) * (Double($1) - 5_000) / 5_000 }
    #expect(chiSquare < 48.865)  // scipy.stats.chi2.isf(1e-6, 11)
  }
}
