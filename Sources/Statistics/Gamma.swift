import Foundation

/// The regularised upper incomplete gamma function Q(a, x) = Γ(a, x)/Γ(a) for a > 0, x ≥ 0, accurate in the far tail.
///
/// Source: DLMF 8.7.1 (series of the lower function) below a + 1, DLMF 8.9.2 (continued fraction, by Lentz's method) above it.
func upperIncompleteGamma(_ a: Double, _ x: Double) -> Double {
  guard !x.isNaN else { return x }
  guard x > 0 else { return 1 }
  guard x.isFinite else { return 0 }
  // x^a e^−x / Γ(a), for large a by the distance of x from a.
  let distance = (x - a) / a
  let front =
    a < 10
    ? exp(a * log(x) - x - logGamma(a))
    : (a / (2 * Double.pi)).squareRoot() * exp(-a * excess(distance) - stirlingRest(a))
  if a > 1e5 { return gammaOfMany(a, x, front) }
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

/// The same by an integral of the density, for a so large that series and fraction take too long.
private func gammaOfMany(_ a: Double, _ x: Double, _ front: Double) -> Double {
  guard front > 0 else { return x > a ? 0 : 1 }
  if x >= a - 1 {
    let slope = (x - (a - 1)) / x
    return min(
      1,
      front / x
        * decayingIntegral(width: min(x / a.squareRoot(), 1 / slope)) { u in exp(-u * slope - (a - 1) * excess(u / x)) })
  }
  let slope = ((a - 1) - x) / x
  let lower =
    front / x
    * decayingIntegral(width: min(x / a.squareRoot(), 1 / slope)) { u in u < x ? exp(-u * slope - (a - 1) * excess(-u / x)) : 0 }
  return max(0, 1 - lower)
}

/// `x − ln(1 + x)` for x > −1, also near 0.
private func excess(_ x: Double) -> Double {
  guard abs(x) < 0.1 else { return x - log1p(x) }
  var (sum, power) = (0.0, x)
  for k in 2...18 {
    power *= -x
    sum -= power / Double(k)
  }
  return sum
}

/// The chi-square distribution.
public struct ChiSquare: Hashable, Sendable {
  /// The degrees of freedom ν, positive.
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

  /// P(X > `x`): I(d₂/(d₂ + d₁x); d₂/2, d₁/2). From 10¹⁰ degrees of freedom on they count as infinitely many.
  public func upperTail(_ x: Double) -> Double {
    guard !x.isNaN else { return x }
    guard x > 0 else { return 1 }
    guard x.isFinite else { return 0 }
    let many = 1e10
    switch (numerator > many, denominator > many) {
    case (true, true): return Normal.upperTail(0.5 * log(x) / (0.5 / numerator + 0.5 / denominator).squareRoot())
    case (false, true): return upperIncompleteGamma(numerator / 2, numerator / 2 * x)
    case (true, false): return 1 - upperIncompleteGamma(denominator / 2, denominator / 2 / x)
    case (false, false): return incompleteBeta(BetaArgument(ratio: numerator / denominator * x), denominator / 2, numerator / 2)
    }
  }
}
