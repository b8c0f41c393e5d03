/// Why a statistic does not exist for the numbers given.
public enum StatisticsError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Fewer numbers than the statistic needs.
  case tooFew(found: Int, needed: Int)
  /// The two samples are not paired: their lengths differ.
  case unequalLengths(Int, Int)
  /// The number at this index is infinite or not a number.
  case notFinite(index: Int)
  /// A probability or a confidence level outside (0, 1), or a p-value outside [0, 1].
  case probabilityOutOfRange(Double)
  /// A count that no experiment gives.
  case impossibleCount(successes: Int, trials: Int)
  /// More numbers than can be gone through in a bearable time.
  case tooMany(found: Int, atMost: Int)
  /// A result that is larger than any number that can be stored.
  case overflow
  /// Numbers that are all equal where the statistic divides by their spread.
  case noVariance

  /// One sentence: what, where and what to do.
  public var description: String {
    switch self {
    case .tooFew(let found, let needed): "statistics: \(found) numbers, but at least \(needed) are needed"
    case .unequalLengths(let a, let b): "statistics: paired samples of \(a) and \(b) numbers; give both the same tasks"
    case .notFinite(let index): "statistics: the number at index \(index) is infinite or not a number"
    case .probabilityOutOfRange(let value): "statistics: \(value) is not a probability of the allowed range"
    case .impossibleCount(let successes, let trials): "statistics: \(successes) successes in \(trials) trials cannot be"
    case .tooMany(let found, let most):
      "statistics: \(found) are too many here, where at most \(most) can be gone through; take the approximation"
    case .overflow: "statistics: the result is larger than any number that can be stored; give the numbers in a larger unit"
    case .noVariance: "statistics: the numbers of a list are all equal, so that nothing can be correlated with them"
    }
  }
}
