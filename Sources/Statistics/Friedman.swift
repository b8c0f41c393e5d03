/// Friedman's test: do several methods differ over the same blocks, such as data sets?
///
/// Methods are ranked within every block, the best (largest score) first; ties share their mean rank. The statistic is corrected for
/// ties. Where methods and blocks are few enough to go through all orders that the ranks of the blocks can have, the p-value is exact, ties
/// included as they are; else it is that of χ². Beside it stands Iman and Davenport's F, which is less conservative than χ².
///
/// Sources: Friedman, "The use of ranks to avoid the assumption of normality", JASA 32, 1937; Iman, Davenport, "Approximations of the
/// critical region of the Friedman statistic", Communications in Statistics A9, 1980; Demšar, "Statistical comparisons of classifiers
/// over multiple data sets", JMLR 7, 2006, section 3.2.2.
public struct Friedman: Hashable, Codable, Sendable {
  /// How a p-value was found.
  public enum Method: String, Codable, Sendable {
    /// From the permutation distribution of the ranks, and from the χ² approximation.
    case exact, chiSquare
  }

  /// Blocks: data sets, N.
  public let blocks: Int
  /// Methods, k.
  public let treatments: Int
  /// The mean rank of every method, from 1 (always the best) to k.
  public let meanRanks: [Double]
  /// χ², with k − 1 degrees of freedom; 0 if all methods tie in every block.
  public let statistic: Double
  /// P(χ² or more) where the methods do not differ.
  public let pValue: Double
  /// How ``pValue`` was found.
  public let method: Method
  /// Iman and Davenport's F, with k − 1 and (k − 1)(N − 1) degrees of freedom; `nil` if every block has the same ranks, which
  /// makes it infinite.
  public let imanDavenport: Double?
  /// P(F or more) where the methods do not differ.
  public let imanDavenportPValue: Double

  /// The test of scores, one row per block and one column per method. Scores that differ only by rounding are ties.
  ///
  /// - Parameters:
  ///   - scores: one row per block, with one number per method.
  ///   - wanted: how to find the p-value; `nil` for exact where that is feasible. Where it is not, the p-value is the
  ///     approximation by χ² even if `.exact` is requested.
  /// - Throws: `StatisticsError.tooFew` for fewer than 2 blocks or 2 methods, `.unequalLengths` for rows of different lengths,
  ///   `.notFinite` with the index counted over all rows.
  public init(scores: [[Double]], method wanted: Method? = nil) throws(StatisticsError) {
    guard scores.count >= 2 else { throw .tooFew(found: scores.count, needed: 2) }
    let k = scores[0].count
    guard k >= 2 else { throw .tooFew(found: k, needed: 2) }
    if let row = scores.first(where: { $0.count != k }) { throw .unequalLengths(k, row.count) }
    let all = scores.flatMap { $0 }
    if let index = all.firstIndex(where: { !$0.isFinite }) { throw .notFinite(index: index) }

    let grain = roundingGrain(of: all)
    var sums = [Double](repeating: 0, count: k)
    var ties = 0.0
    var rows: [[Double]] = []
    for row in scores {
      let (ranks, tieSizes) = averageRanks(row.map { -($0 / grain).rounded() })
      for index in 0..<k { sums[index] += ranks[index] }
      ties += tieSizes.reduce(0) { $0 + tieTerm($1) }
      rows.append(ranks)
    }
    let (n, m) = (Double(scores.count), Double(k))
    blocks = scores.count
    treatments = k
    meanRanks = sums.map { $0 / n }
    let correction = 1 - ties / (m * (m * m - 1) * n)
    let middle = n * (m + 1) / 2
    let raw = 12 / (m * n * (m + 1)) * sums.reduce(0) { $0 + ($1 - middle) * ($1 - middle) }
    statistic = correction > 0 ? raw / correction : 0
    if wanted != .chiSquare, let exact = Self.exactPValue(ranks: rows) {
      (pValue, method) = (exact, .exact)
    } else {
      (pValue, method) = (try ChiSquare(degreesOfFreedom: m - 1).upperTail(statistic), .chiSquare)
    }
    let rest = n * (m - 1) - statistic
    if rest > 1e-9 * n * (m - 1) {
      let f = (n - 1) * statistic / rest
      imanDavenport = f
      imanDavenportPValue = try FisherF(numerator: m - 1, denominator: (m - 1) * (n - 1)).upperTail(f)
    } else {
      imanDavenport = nil
      imanDavenportPValue = 0
    }
  }
}

/// Nemenyi's test after Friedman's: which methods differ from which?
///
/// Two methods differ at the level α where their mean ranks are further apart than the critical difference
/// q(α; k, ∞)/√2 · √(k(k + 1)/(6N)), q being a quantile of the studentized range.
///
/// Sources: Nemenyi, "Distribution-free multiple comparisons", Princeton 1963; Demšar, JMLR 7, 2006, section 3.2.2.
public struct Nemenyi: Hashable, Codable, Sendable {
  /// The mean ranks, 1 the best.
  public let meanRanks: [Double]
  /// Blocks that the ranks are means of.
  public let blocks: Int
  /// The significance level α.
  public let alpha: Double
  /// How far apart mean ranks must be to differ.
  public let criticalDifference: Double

  /// The test of mean ranks.
  ///
  /// - Throws: `StatisticsError.probabilityOutOfRange` for an α outside (0, 1), `.tooFew` for fewer than 2 methods or no block,
  ///   `.notFinite`.
  public init(meanRanks: [Double], blocks: Int, alpha: Double = 0.05) throws(StatisticsError) {
    guard blocks >= 1 else { throw .tooFew(found: blocks, needed: 1) }
    if let index = meanRanks.firstIndex(where: { !$0.isFinite }) { throw .notFinite(index: index) }
    self.meanRanks = meanRanks
    self.blocks = blocks
    self.alpha = alpha
    let range = try StudentizedRange(groups: meanRanks.count)
    criticalDifference =
      try range.upperQuantile(alpha) / 2.0.squareRoot() * Self.standardError(methods: meanRanks.count, blocks: blocks)
  }

  /// The test of Friedman's ranks.
  ///
  /// - Throws: `StatisticsError.probabilityOutOfRange` for an α outside (0, 1).
  public init(_ friedman: Friedman, alpha: Double = 0.05) throws(StatisticsError) {
    try self.init(meanRanks: friedman.meanRanks, blocks: friedman.blocks, alpha: alpha)
  }

  private static func standardError(methods: Int, blocks: Int) -> Double {
    (Double(methods) * (Double(methods) + 1) / (6 * Double(blocks))).squareRoot()
  }

  /// The p-value of a pair of methods, given by index, for the whole family of pairs.
  public func pValue(_ first: Int, _ second: Int) -> Double {
    let z = abs(meanRanks[first] - meanRanks[second]) / Self.standardError(methods: meanRanks.count, blocks: blocks)
    // At least two methods: the initialiser saw to it.
    return (try? StudentizedRange(groups: meanRanks.count).upperTail(z * 2.0.squareRoot())) ?? 1
  }

  /// The largest sets of methods that do not differ from each other, as indices in the order of their ranks: the bars of a
  /// critical-difference diagram. Single methods are left out.
  public var groups: [[Int]] {
    let order = meanRanks.indices.sorted { (meanRanks[$0], $0) < (meanRanks[$1], $1) }
    var groups: [[Int]] = []
    var reached = 0
    for start in order.indices {
      var end = start
      while end + 1 < order.count && meanRanks[order[end + 1]] - meanRanks[order[start]] <= criticalDifference { end += 1 }
      if end > start && (groups.isEmpty || end > reached) { groups.append(Array(order[start...end])) }
      reached = max(reached, end)
    }
    return groups
  }
}

/// The step to which numbers are rounded before they are compared: 0.6 − 0.5 and 0.5 − 0.4 are a tie, but not as doubles. 4,096 units
/// in the last place of the largest number.
func roundingGrain(of values: [Double]) -> Double {
  4096 * max(Double.leastNormalMagnitude, values.reduce(0) { max($0, abs($1)) }).ulp
}
