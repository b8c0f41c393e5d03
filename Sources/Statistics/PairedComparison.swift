/// Two methods on the same tasks: the difference of their scores.
public struct PairedComparison: Hashable, Codable, Sendable {
  /// How many pairs.
  public let count: Int
  /// The mean of first − second.
  public let meanDifference: Double
  /// Student's confidence interval of the mean difference.
  public let interval: Interval
  /// Wilcoxon's signed-rank test of the differences, taken as equal or zero if they differ only by rounding.
  public let wilcoxon: WilcoxonSignedRank

  /// The comparison of two methods' scores, task by task.
  ///
  /// - Throws: `StatisticsError` if the lengths differ, there are fewer than two pairs, a score is not finite or the level is
  ///   not in (0, 1).
  public init(_ first: [Double], _ second: [Double], level: Double = 0.95) throws(StatisticsError) {
    guard first.count == second.count else { throw .unequalLengths(first.count, second.count) }
    let differences = try Sample(zip(first, second).map { $0 - $1 })
    count = differences.count
    meanDifference = differences.mean
    interval = try differences.confidenceInterval(level: level)
    let grain = roundingGrain(of: first + second)
    // Only their signs and their order matter.
    wilcoxon = try WilcoxonSignedRank(differences: differences.values.map { ($0 / grain).rounded() })
  }
}

/// Holm's correction for several tests: p-values to be compared with the level of the whole family.
///
/// Source: Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6, 1979.
///
/// - Returns: the adjusted p-values, in the order of the arguments.
/// - Throws: `StatisticsError.probabilityOutOfRange` for a p-value outside [0, 1].
public func holmAdjusted(_ pValues: [Double]) throws(StatisticsError) -> [Double] {
  if let bad = pValues.first(where: { !($0 >= 0 && $0 <= 1) }) { throw .probabilityOutOfRange(bad) }
  var adjusted = pValues
  var largest = 0.0
  for (rank, index) in pValues.indices.sorted(by: { pValues[$0] < pValues[$1] }).enumerated() {
    largest = max(largest, min(1, Double(pValues.count - rank) * pValues[index]))
    adjusted[index] = largest
  }
  return adjusted
}
