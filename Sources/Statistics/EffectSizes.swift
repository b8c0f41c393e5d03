/// Cliff's delta: the probability that a number of the first sample exceeds one of the second, less that of the reverse; from −1 to 1.
///
/// Cost O((m + n) log n). Source: Cliff, "Dominance statistics", Psychological Bulletin 114, 1993.
///
/// - Throws: `StatisticsError.tooFew` if a sample is empty, `.notFinite`.
public func cliffsDelta(_ first: [Double], _ second: [Double]) throws(StatisticsError) -> Double {
  let second = try Sample(second).values.sorted()
  var dominance = 0
  for value in try Sample(first).values {
    let below = second.partition { $0 >= value }
    let above = second.count - second.partition { $0 > value }
    dominance += below - above
  }
  return Double(dominance) / (Double(first.count) * Double(second.count))
}

/// Cohen's d of paired samples (d_z): the mean difference in units of the differences' standard deviation.
///
/// Source: Cohen, "Statistical power analysis for the behavioral sciences", 2nd edition, 1988, section 2.3.5.
///
/// - Returns: infinite where all differences are equal and not zero, 0 where they all are zero.
/// - Throws: `StatisticsError.unequalLengths`, `.tooFew` for fewer than two pairs, `.notFinite`.
public func pairedCohensD(_ first: [Double], _ second: [Double]) throws(StatisticsError) -> Double {
  guard first.count == second.count else { throw .unequalLengths(first.count, second.count) }
  let differences = try Sample(zip(first, second).map { $0 - $1 })
  let deviation = try differences.standardDeviation()
  if deviation == 0 { return differences.mean == 0 ? 0 : .infinity * (differences.mean < 0 ? -1 : 1) }
  return differences.mean / deviation
}

extension [Double] {
  /// How many of the sorted numbers come before the first for which a monotone condition holds.
  fileprivate func partition(_ condition: (Double) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if condition(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
