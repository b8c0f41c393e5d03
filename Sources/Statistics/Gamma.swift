import Foundation

/// The regularised upper incomplete gamma function Q(a, x) = Γ(a, x)/Γ(a) for a > 0, x ≥ 0, accurate in the far tail.
///
/// Source: DLMF 8.7.1 (series of the lower function) below a + 1, DLMF 8.9.2 (continued fraction, by Lentz's method) above it.
func upperIncompleteGamma(_ a: Double, _ x: Double) -> Double {
  guard x > 0 else { return 1 }
  guard x.isFinite else { return 0 }
  let front = exp(a * log(x) - x - logGamma(a))
  if x < a + 1 {
    var term = 1 / a
    var sum = term
    var n = a
    while abs(term) > abs(sum) * 1e-17 {
      n += 1
      term *= x / n
      sum += term
    }
    return max(0, 1 - front * sum)
  }
  let tiny = 1e-300
  var b = x + 1 - a
  var c = 1 / tiny
  var d = 1 / b
  var fraction = d
  for i in 1...10_000 {
    let k = Double(i)
    let coefficient = -k * (k - a)
    b += 2
    d = coefficient * d + b
    d = 1 / (abs(d) < tiny ? tiny : d)
    c = b + coefficient / c
    if abs(c) < tiny { c = tiny }
    fraction *= c * d
    if abs(c * d - 1) < 1e-16 { break }
  }
  return front * fraction
}

/// The chi-square distribution.
public struct ChiSquare: Hashable, Sendable {
  /// ν, positive.
  public let degreesOfFreedom: Double

  /// The distribution with ν degrees of freedom.
  ///
  /// - Throws: `StatisticsError.tooFew` unless ν is positive and finite.
  public init(degreesOfFreedom: Double) throws(StatisticsError) {
    guard degreesOfFreedom > 0, degreesOfFreedom.isFinite else { throw .tooFew(found: 1, needed: 2) }
    self.degreesOfFreedom = degreesOfFreedom
  }

  /// P(X > `x`): Q(ν/2, x/2).
  public func upperTail(_ x: Double) -> Double { upperIncompleteGamma(degreesOfFreedom / 2, x / 2) }
}

/// Fisher's F distribution.
public struct FisherF: Hashable, Sendable {
  /// The numerator's degrees of freedom, positive.
  public let numerator: Double
  /// The denominator's degrees of freedom, positive.
  public let denominator: Double

  /// The distribution with these degrees of freedom.
  ///
  /// - Throws: `StatisticsError.tooFew` unless both are positive and finite.
  public init(numerator: Double, denominator: Double) throws(StatisticsError) {
    guard numerator > 0, numerator.isFinite, denominator > 0, denominator.isFinite else {
      throw .tooFew(found: 1, needed: 2)
    }
    self.numerator = numerator
    self.denominator = denominator
  }

  /// P(X > `x`): I(d₂/(d₂ + d₁x); d₂/2, d₁/2).
  public func upperTail(_ x: Double) -> Double {
    guard x > 0 else { return 1 }
    guard x.isFinite else { return 0 }
    return incompleteBeta(denominator / (denominator + numerator * x), denominator / 2, numerator / 2)
  }
}
