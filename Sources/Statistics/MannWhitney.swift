/// The Mann–Whitney U test (Wilcoxon's rank-sum test) of two independent samples, two-sided.
///
/// The p-value is the normal approximation with the variance corrected for ties and a continuity correction of ½.
///
/// Source: Mann, Whitney, "On a test of whether one of two random variables is stochastically larger than the other", Annals of
/// Mathematical Statistics 18, 1947.
public struct MannWhitney: Hashable, Codable, Sendable {
  /// U of the first sample: the pairs in which its number is the larger, ties counted half.
  public let statistic: Double
  /// The two-sided p-value; 1 if all numbers are equal.
  public let pValue: Double
  /// The share of pairs in which the first sample's number is the larger, ties counted half.
  public let superiority: Double

  /// The test of two samples.
  ///
  /// - Throws: `StatisticsError.tooFew` for an empty sample, `.notFinite` for a number that is infinite or not a number.
  public init(_ first: [Double], _ second: [Double]) throws(StatisticsError) {
    for sample in [first, second] {
      guard !sample.isEmpty else { throw .tooFew(found: 0, needed: 1) }
      if let index = sample.firstIndex(where: { !$0.isFinite }) { throw .notFinite(index: index) }
    }
    let (ranks, ties) = averageRanks(first + second)
    let (n, m) = (Double(first.count), Double(second.count))
    statistic = ranks[..<first.count].reduce(0, +) - n * (n + 1) / 2
    superiority = statistic / (n * m)
    let all = n + m
    let tied = ties.reduce(0.0) { $0 + Double($1) * (Double($1) * Double($1) - 1) }
    let variance = n * m / 12 * (all + 1 - tied / max(1, all * (all - 1)))
    guard variance > 0 else {
      pValue = 1
      return
    }
    let distance = max(statistic, n * m - statistic) - n * m / 2 - 0.5
    pValue = min(1, 2 * Normal.upperTail(distance / variance.squareRoot()))
  }
}
