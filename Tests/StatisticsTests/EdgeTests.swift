import Foundation
import Statistics
import Testing

/// Distributions and statistics where numbers are small, large, many or none; `Fixtures/edges_reference.py` writes the file.
struct Edges: Decodable {
  struct Tail: Decodable { let df, t, p: Double }
  struct Quantile: Decodable { let p, z: Double }
  struct ChiSquareTail: Decodable { let df, x, p: Double }
  struct FTail: Decodable { let d1, d2, x, p: Double }
  struct Signed: Decodable { let differences: [Double], p: Double }
  struct Pair: Decodable { let first, second: [Double], p: Double }
  struct Table: Decodable { let scores: [[Double]], p: Double }
  let tTail: [Tail], tQuantile: [Tail], normalQuantile: [Quantile], chiSquareTail: [ChiSquareTail], fTail: [FTail]
  let wilcoxonLarge: [Signed], mannWhitneyExact: [Pair], friedmanExact: [Table]

  static func load() throws -> Edges {
    let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/edges.json")
    return try JSONDecoder().decode(Edges.self, from: Data(contentsOf: url))
  }
}

/// Relative in any case.
private func close(_ value: Double, _ expected: Double, _ tolerance: Double) -> Bool {
  abs(value - expected) <= tolerance * abs(expected)
}

@Suite struct EdgeTests {
  @Test func studentsTails() throws {
    for row in try Edges.load().tTail {
      let student = try StudentT(degreesOfFreedom: row.df)
      let p = student.upperTail(row.t)
      #expect(close(p, row.p, 1e-10), "ν \(row.df) t \(row.t): \(p) for \(row.p)")
      // Near 0 the distance from ½ is what counts.
      if row.t < 1e-3 { #expect(close(0.5 - p, 0.5 - row.p, 1e-6), "ν \(row.df) t \(row.t): ½ − \(0.5 - p)") }
      #expect(abs(student.upperTail(-row.t) - (1 - row.p)) <= 1e-15)
    }
    for nu in [0.5, 1, 3, 1e6, 1e10, 1e300] {
      let student = try StudentT(degreesOfFreedom: nu)
      #expect(student.upperTail(0) == 0.5, "ν \(nu): \(student.upperTail(0))")
      #expect(student.upperTail(.infinity) == 0 && student.upperTail(-.infinity) == 1 && student.upperTail(.nan).isNaN)
    }
  }

  @Test func studentsQuantiles() throws {
    for row in try Edges.load().tQuantile {
      let t = try StudentT(degreesOfFreedom: row.df).upperQuantile(row.p)
      #expect(close(t, row.t, 1e-9), "ν \(row.df) p \(row.p): \(t) for \(row.t)")
    }
    #expect(throws: StatisticsError.overflow) { try StudentT(degreesOfFreedom: 1e-3).upperQuantile(1e-12) }
  }

  @Test func otherTails() throws {
    let edges = try Edges.load()
    for row in edges.normalQuantile {
      let z = try Normal.upperQuantile(row.p)
      #expect(close(z, row.z, 1e-4), "p \(row.p): \(z) for \(row.z)")
    }
    for row in edges.chiSquareTail {
      let p = try ChiSquare(degreesOfFreedom: row.df).upperTail(row.x)
      // x itself is rounded: at 10¹⁰ degrees of freedom its last place moves p by 1e-11.
      #expect(close(p, row.p, 1e-9), "ν \(row.df) x \(row.x): \(p) for \(row.p)")
    }
    for row in edges.fTail {
      let p = try FisherF(numerator: row.d1, denominator: row.d2).upperTail(row.x)
      #expect(close(p, row.p, 1e-9), "\(row.d1), \(row.d2) x \(row.x): \(p) for \(row.p)")
    }
    #expect(try ChiSquare(degreesOfFreedom: 1e300).upperTail(2e300) == 0)
    #expect(
      try ChiSquare(degreesOfFreedom: 2).upperTail(.nan).isNaN && FisherF(numerator: 1, denominator: 2).upperTail(.nan).isNaN)
    let far = try FisherF(numerator: 1e12, denominator: 1e12)
    #expect(far.upperTail(2) == 0 && abs(far.upperTail(1) - 0.5) < 1e-9)
    let range = try StudentizedRange(groups: 5)
    #expect(range.upperTail(1e300) == 0 && range.upperTail(0) == 1 && range.upperTail(.nan).isNaN)
    #expect(try StudentizedRange(groups: 1_000_000).upperQuantile(0.05) > 9)
    #expect(throws: StatisticsError.tooMany(found: .max, atMost: 1_000_000)) { try StudentizedRange(groups: .max) }
  }

  @Test func enormousAndTinyNumbers() throws {
    #expect(try Sample([1e308, 1.5e308]).mean == 1.25e308)
    #expect(try Sample([-1.7e308, 1.7e308]).mean == 0)
    #expect(try close(Sample([1e308, 1.5e308]).standardDeviation(), 0.5e308 / 2.0.squareRoot(), 1e-12))
    #expect(throws: StatisticsError.overflow) { try Sample([1e308, 1.5e308]).variance() }
    #expect(throws: StatisticsError.overflow) { try Sample([1e308, 1.5e308]).confidenceInterval() }
    #expect(try close(Sample([1e-200, 3e-200]).standardDeviation(), 2e-200 / 2.0.squareRoot(), 1e-12))
    #expect(try close(pairedCohensD([1e-200, 3e-200], [0, 0]), 2.0.squareRoot(), 1e-12))
    #expect(Interval(lower: -1.5e308, upper: 1.5e308).halfWidth == 1.5e308)
    let (points, _) = try classicalScaling([[0, 1e200], [1e200, 0]])
    #expect(close(abs(points[0][0] - points[1][0]), 1e200, 1e-12))
  }

  /// Cubes of group sizes do not fit into whole numbers from 2,097,152 ties on.
  @Test func millionsOfTies() throws {
    let count = 2_097_153
    let signed = try WilcoxonSignedRank(differences: [Double](repeating: 1, count: count))
    #expect(signed.pValue == 0 && signed.method == .normalApproximation)
    let friedman = try Friedman(scores: [[Double](repeating: 1, count: count), [Double](repeating: 2, count: count)])
    #expect(friedman.statistic == 0 && friedman.pValue == 1)
  }

  private typealias Values = [Double]

  /// Lists of every kind.
  private static let lists: [(String, [Double])] = [
    ("none", []), ("one", [0.5]), ("two", [0.2, 0.7]), ("three", [3, 1, 2]), ("equal", [1, 1, 1, 1]), ("zero", [0, 0, 0]),
    ("NaN", [1, .nan, 2]), ("infinite", [.infinity, 1, 2]), ("minus infinite", [1, -.infinity]),
    ("all infinite", [.infinity, .infinity]),
    ("enormous", [1.7e308, -1.7e308, 1.6e308]), ("tiny", [5e-324, 1e-323, 0]), ("mixed", [1e308, 1e-308, -1e308]),
    ("many", (0..<5000).map { Double($0 % 37) - 18 }), ("two many", (0..<700).map { Double($0 * $0 % 101) }),
  ]

  /// Functions of one list.
  private static let functionsOfOne: [(String, @Sendable ([Double]) throws -> Values)] = [
    ("mean", { [try Sample($0).mean] }), ("variance", { [try Sample($0).variance()] }),
    ("standard deviation", { [try Sample($0).standardDeviation()] }), ("standard error", { [try Sample($0).standardError()] }),
    ("interval", { [try Sample($0).confidenceInterval().halfWidth] }),
    ("interval, sure", { [try Sample($0).confidenceInterval(level: 1.0.nextDown).halfWidth] }),
    ("Wilcoxon", { [try WilcoxonSignedRank(differences: $0).pValue, try WilcoxonSignedRank(differences: $0).rankBiserial] }),
    ("Wilcoxon, exact", { [try WilcoxonSignedRank(differences: $0, method: .exact).pValue] }),
    ("Holm", { try holmAdjusted($0) }),
    ("scaling", { list in try classicalScaling(list.map { _ in list }).points.flatMap { $0 } }),
    ("scaling, −1", { list in try classicalScaling([list], dimensions: -1).points.flatMap { $0 } }),
    ("Nemenyi", { [try Nemenyi(meanRanks: $0, blocks: 3).criticalDifference] }),
    ("normal", { try $0.map { try Normal.upperQuantile($0) } }),
    ("normal tail", { $0.filter { !$0.isNaN }.map { Normal.upperTail($0) } }),
    (
      "Student",
      {
        try $0.flatMap {
          [try StudentT(degreesOfFreedom: $0).upperTail(1), try StudentT(degreesOfFreedom: 2).upperQuantile($0)]
        }
      }
    ),
    ("χ²", { try $0.map { try ChiSquare(degreesOfFreedom: $0).upperTail($0) } }),
    ("F", { try $0.map { try FisherF(numerator: $0, denominator: $0).upperTail($0) } }),
    ("range", { try $0.map { try StudentizedRange(groups: 3).upperQuantile($0) } }),
  ]

  /// Functions of two lists.
  private static let functionsOfTwo: [(String, @Sendable ([Double], [Double]) throws -> Values)] = [
    ("Mann–Whitney", { [try MannWhitney($0, $1).pValue, try MannWhitney($0, $1).superiority] }),
    ("Mann–Whitney, exact", { $0.count + $1.count > 60 ? [] : [try MannWhitney($0, $1, method: .exact).pValue] }),
    ("paired", { [try PairedComparison($0, $1).wilcoxon.pValue, try PairedComparison($0, $1).interval.halfWidth] }),
    ("Cliff", { [try cliffsDelta($0, $1)] }), ("Spearman", { [try spearmanCorrelation($0, $1)] }),
    ("Friedman", { [try Friedman(scores: [$0, $1]).pValue] }),
    ("Friedman, three", { [try Friedman(scores: [$0, $1, $0]).pValue] }),
    ("Jensen–Shannon", { [try jensenShannonDistance($0, $1)] }),
  ]

  /// Every function that takes lists, on lists of every kind: a finite result or a typed error, and never the end of the process.
  @Test func everyFunctionOnEveryKindOfList() {
    func check(_ label: String, _ body: () throws -> Values) {
      do {
        let values = try body()
        #expect(values.allSatisfy { $0.isFinite }, "\(label): \(values.prefix(4))")
      } catch {
        #expect(error is StatisticsError, "\(label): \(error)")
        #expect("\(error)".hasPrefix("statistics: "))
      }
    }
    for (kind, list) in Self.lists {
      for (name, function) in Self.functionsOfOne where list.count < 100 || !name.hasPrefix("scaling") {
        check("\(name) of \(kind)") { try function(list) }
      }
      for (other, second) in Self.lists {
        for (name, function) in Self.functionsOfTwo { check("\(name) of \(kind) and \(other)") { try function(list, second) } }
      }
    }
    // Cohen's d alone may be infinite, by its definition.
    #expect(throws: StatisticsError.self) { try pairedCohensD([.nan, 1], [1, 2]) }
    for (successes, trials) in [(0, 1), (1, 1), (Int.max, Int.max), (0, Int.max), (-1, 2), (3, 2)] {
      check("Wilson \(successes) of \(trials)") { [try Interval.wilson(successes: successes, trials: trials).halfWidth] }
    }
  }
}
