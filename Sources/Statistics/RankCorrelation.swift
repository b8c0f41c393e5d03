/// Spearman's rank correlation: Pearson's correlation of the ranks, ties sharing their mean rank.
///
/// Source: Spearman, "The proof and measurement of association between two things", American Journal of Psychology 15, 1904.
///
/// - Returns: from −1 to 1.
/// - Throws: `StatisticsError.unequalLengths`, `.tooFew` for fewer than two pairs, `.notFinite` for what is not a number (infinities have
///   their ranks), `.noVariance` where all numbers of a list are equal.
public func spearmanCorrelation(_ first: [Double], _ second: [Double]) throws(StatisticsError) -> Double {
  let pairs = first.count
  guard second.count == pairs else { throw .unequalLengths(pairs, second.count) }
  guard pairs >= 2 else { throw .tooFew(found: pairs, needed: 2) }
  for list in [first, second] {
    if let index = list.firstIndex(where: \.isNaN) { throw .notFinite(index: index) }
  }
  let (a, b) = (averageRanks(first).ranks, averageRanks(second).ranks)
  let middle = Double(pairs + 1) / 2
  func products(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + ($1.0 - middle) * ($1.1 - middle) } }
  let scale = (products(a, a) * products(b, b)).squareRoot()
  guard scale > 0 else { throw .noVariance }
  return products(a, b) / scale
}
