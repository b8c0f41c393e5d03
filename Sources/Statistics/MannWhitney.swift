/// The Mann–Whitney U test (Wilcoxon's rank-sum test) of two independent samples, two-sided.
///
/// Up to 50 numbers in both samples together the p-value is exact: twice the smaller of the shares of all divisions of the numbers,
/// ties included as they are, whose rank sum is as small or as large as this one's. Above, it is the normal approximation with the
/// variance corrected for ties and a continuity correction of ½.
///
/// Source: Mann, Whitney, "On a test of whether one of two random variables is stochastically larger than the other", Annals of
/// Mathematical Statistics 18, 1947.
public struct MannWhitney: Hashable, Codable, Sendable {
  /// U of the first sample: the pairs in which its number is the larger, ties counted half.
  public let statistic: Double
  /// The two-sided p-value; 1 if all numbers are equal.
  public let pValue: Double
  /// How the p-value was found.
  public let method: WilcoxonSignedRank.Method
  /// The share of pairs in which the first sample's number is the larger, ties counted half.
  public let superiority: Double

  /// The most numbers, of both samples together, that are treated exactly.
  public static let exactLimit = 50
  /// The most for which an exact test may be asked for.
  public static let exactCeiling = 200

  /// The test of two samples.
  ///
  /// - Parameters:
  ///   - first: the numbers of one sample.
  ///   - second: the numbers of the other sample, of any length.
  ///   - wanted: how to find the p-value; `nil` for the rule above. Exact takes time O(N⁴) for N numbers, and is refused above
  ///     ``exactCeiling``.
  /// - Throws: `StatisticsError.tooFew` for an empty sample, `.tooMany` for an exact test of too many, `.notFinite` for a number that
  ///   is infinite or not a number.
  public init(
    _ first: [Double], _ second: [Double], method wanted: WilcoxonSignedRank.Method? = nil
  ) throws(StatisticsError) {
    for sample in [first, second] {
      guard !sample.isEmpty else { throw .tooFew(found: 0, needed: 1) }
      if let index = sample.firstIndex(where: { !$0.isFinite }) { throw .notFinite(index: index) }
    }
    let (ranks, ties) = averageRanks(first + second)
    let (n, m) = (Double(first.count), Double(second.count))
    statistic = ranks[..<first.count].reduce(0, +) - n * (n + 1) / 2
    superiority = statistic / (n * m)
    let all = n + m
    if wanted == .exact, ranks.count > Self.exactCeiling { throw .tooMany(found: ranks.count, atMost: Self.exactCeiling) }
    method = wanted ?? (ranks.count <= Self.exactLimit ? .exact : .normalApproximation)
    if method == .exact {
      pValue = Self.exactPValue(ranks: ranks, count: first.count)
      return
    }
    let tied = ties.reduce(0.0) { $0 + tieTerm($1) }
    let variance = n * m / 12 * (all + 1 - tied / max(1, all * (all - 1)))
    guard variance > 0 else {
      pValue = 1
      return
    }
    let distance = max(statistic, n * m - statistic) - n * m / 2 - 0.5
    pValue = min(1, 2 * Normal.upperTail(distance / variance.squareRoot()))
  }

  /// Twice the smaller tail of the rank sum of the first `count` numbers, among all choices of that many ranks.
  private static func exactPValue(ranks: [Double], count: Int) -> Double {
    // Mean ranks are multiples of a half. The smaller sample determines the larger one's sum.
    let doubled = ranks.map { Int(2 * $0) }
    let chosen = count <= ranks.count - count ? doubled[..<count] : doubled[count...]
    let (size, observed) = (chosen.count, chosen.reduce(0, +))
    let largest = doubled.sorted().suffix(size).reduce(0, +)
    // ways[j][s]: choices of j of the ranks so far with doubled sum s.
    var ways = [[Double]](repeating: [Double](repeating: 0, count: largest + 1), count: size + 1)
    ways[0][0] = 1
    for (place, rank) in doubled.enumerated() {
      for j in stride(from: min(size, place + 1), to: 0, by: -1) {
        for sum in stride(from: largest, through: rank, by: -1) where ways[j - 1][sum - rank] != 0 {
          ways[j][sum] += ways[j - 1][sum - rank]
        }
      }
    }
    let all = ways[size].reduce(0, +)
    let (low, high) = (ways[size][...observed].reduce(0, +), ways[size][observed...].reduce(0, +))
    return min(1, 2 * min(low, high) / all)
  }
}
