/// Wilcoxon's signed-rank test of paired differences against a median of zero, two-sided.
///
/// Zero differences are dropped, ties share their mean rank. Up to 50 differences the p-value is exact: the distribution of the rank
/// sum over all 2ⁿ signs, given the ranks as they are, ties included. Above, it is the normal approximation with the variance
/// corrected for ties, without continuity correction.
///
/// Source: Wilcoxon, "Individual comparisons by ranking methods", Biometrics Bulletin 1, 1945.
public struct WilcoxonSignedRank: Hashable, Codable, Sendable {
  /// How the p-value was found.
  public enum Method: String, Codable, Sendable {
    /// From the distribution over all signs, and from a normal distribution with the same variance.
    case exact, normalApproximation
  }

  /// How many differences are not zero.
  public let count: Int
  /// The sum of the ranks of the positive differences.
  public let positiveRankSum: Double
  /// The sum of the ranks of the negative differences.
  public let negativeRankSum: Double
  /// The two-sided p-value; 1 if every difference is zero.
  public let pValue: Double
  /// How the p-value was found.
  public let method: Method

  /// The largest sample treated exactly.
  public static let exactLimit = 50
  /// The largest sample that can be treated exactly on request.
  public static let exactCeiling = 2000

  /// The test of these differences.
  ///
  /// - Parameters:
  ///   - differences: a finite number for each pair, at least one; zeros are left out.
  ///   - wanted: how to find the p-value; `nil` for the rule above. Exact takes time O(n³) and memory O(n²), and is refused above
  ///     ``exactCeiling`` differences.
  /// - Throws: `StatisticsError.tooFew` for none, `.tooMany` for an exact test of too many, `.notFinite` for one that is infinite or
  ///   not a number.
  public init(differences: [Double], method wanted: Method? = nil) throws(StatisticsError) {
    guard !differences.isEmpty else { throw .tooFew(found: 0, needed: 1) }
    if let index = differences.firstIndex(where: { !$0.isFinite }) { throw .notFinite(index: index) }
    let kept = differences.filter { $0 != 0 }
    let (ranks, tieSizes) = averageRanks(kept.map(abs))
    let total = zip(kept, ranks).reduce(into: (plus: 0.0, minus: 0.0)) { sums, item in
      if item.0 > 0 { sums.plus += item.1 } else { sums.minus += item.1 }
    }
    count = kept.count
    positiveRankSum = total.plus
    negativeRankSum = total.minus
    if wanted == .exact, kept.count > Self.exactCeiling { throw .tooMany(found: kept.count, atMost: Self.exactCeiling) }
    method = wanted ?? (kept.count <= Self.exactLimit ? .exact : .normalApproximation)
    if kept.isEmpty {
      pValue = 1
    } else if method == .exact {
      pValue = Self.exactPValue(ranks: ranks, smallerSum: min(total.plus, total.minus))
    } else {
      let n = Double(kept.count)
      let ties = tieSizes.reduce(0.0) { $0 + tieTerm($1) }
      let variance = (n * (n + 1) * (2 * n + 1) - ties / 2) / 24
      let z = (total.plus - n * (n + 1) / 4) / variance.squareRoot()
      pValue = min(1, 2 * Normal.upperTail(abs(z)))
    }
  }

  /// Twice the share of the 2ⁿ sign patterns whose positive rank sum is at most `smallerSum`, at most 1.
  private static func exactPValue(ranks: [Double], smallerSum: Double) -> Double {
    // Mean ranks are multiples of a half, so that doubled ones are whole; where all are whole, nothing need be doubled.
    let scale = ranks.allSatisfy { $0 == $0.rounded() } ? 1.0 : 2.0
    let limit = Int(scale * smallerSum)
    // shares[s]: the share of the sign patterns of the ranks so far with scaled positive sum s. Counts of patterns would overflow from
    // 1,024 ranks on; halving is exact.
    var shares = [Double](repeating: 0, count: limit + 1)
    shares[0] = 1
    var reach = 0
    for rank in ranks.map({ Int(scale * $0) }) {
      reach = min(limit, reach + rank)
      for sum in stride(from: reach, through: 0, by: -1) {
        shares[sum] = 0.5 * (sum >= rank ? shares[sum] + shares[sum - rank] : shares[sum])
      }
    }
    return min(1, 2 * shares.reduce(0, +))
  }

  /// The matched-pairs rank-biserial correlation, (W₊ − W₋)/(W₊ + W₋): an effect size from −1 to 1; 0 if every difference is zero.
  public var rankBiserial: Double {
    let total = positiveRankSum + negativeRankSum
    return total > 0 ? (positiveRankSum - negativeRankSum) / total : 0
  }
}

/// t³ − t of a group of t equal numbers, which every correction for ties is made of.
func tieTerm(_ size: Int) -> Double {
  let t = Double(size)
  return t * (t * t - 1)
}

/// The ranks from 1 of the numbers, ties sharing their mean rank, and the sizes of the groups of equal numbers.
func averageRanks(_ values: [Double]) -> (ranks: [Double], tieSizes: [Int]) {
  let order = values.indices.sorted { values[$0] < values[$1] }
  var ranks = [Double](repeating: 0, count: values.count)
  var tieSizes = [Int]()
  var start = 0
  while start < order.count {
    var end = start
    while end < order.count && values[order[end]] == values[order[start]] { end += 1 }
    for i in start..<end { ranks[order[i]] = Double(start + 1 + end) / 2 }
    tieSizes.append(end - start)
    start = end
  }
  return (ranks, tieSizes)
}
