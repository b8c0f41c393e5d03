import Basics

/// Why a statistic does not exist for the numbers given.
public enum StatisticsError: ReportableError, Hashable, Sendable {
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

  /// What is wrong with the numbers, and sometimes what to do.
  public var fault: Fault {
    switch self {
    case .tooFew(let found, let needed): Self.fault("\(found) numbers, but at least \(needed) are needed")
    case .unequalLengths(let a, let b): Self.fault("paired samples of \(a) and \(b) numbers", help: "give both the same tasks")
    case .notFinite(let index): Self.fault("the number at index \(index) is infinite or not a number")
    case .probabilityOutOfRange(let value): Self.fault("\(value) is not a probability of the allowed range")
    case .impossibleCount(let successes, let trials): Self.fault("\(successes) successes in \(trials) trials cannot be")
    case .tooMany(let found, let most):
      Self.fault("\(found) are too many here, where at most \(most) can be gone through", help: "take the approximation")
    case .overflow:
      Self.fault("the result is larger than any number that can be stored", help: "give the numbers in a larger unit")
    case .noVariance: Self.fault("the numbers of a list are all equal, so that nothing can be correlated with them")
    }
  }

  private static func fault(_ what: String, help: String? = nil) -> Fault { Fault(what, at: .named("statistics"), help: help) }
}
