import Foundation

/// Student's t distribution.
public struct StudentT: Hashable, Sendable {
  /// ν, positive.
  public let degreesOfFreedom: Double

  /// The distribution with ν degrees of freedom.
  ///
  /// - Throws: `StatisticsError.tooFew` unless ν is positive and finite.
  public init(degreesOfFreedom: Double) throws(StatisticsError) {
    guard degreesOfFreedom > 0, degreesOfFreedom.isFinite else { throw .tooFew(found: 1, needed: 2) }
    self.degreesOfFreedom = degreesOfFreedom
  }

  /// P(T > `t`), accurate in the far tail: ½ I(ν/(ν+t²); ν/2, ½) for t ≥ 0.
  public func upperTail(_ t: Double) -> Double {
    let tail = 0.5 * incompleteBeta(degreesOfFreedom / (degreesOfFreedom + t * t), degreesOfFreedom / 2, 0.5)
    return t >= 0 ? tail : 1 - tail
  }

  /// The t with P(T > t) = `probability`.
  ///
  /// Newton's iteration on the logarithm of the tail, kept inside a bracket that shrinks.
  ///
  /// - Throws: `StatisticsError.probabilityOutOfRange` outside (0, 1).
  public func upperQuantile(_ probability: Double) throws(StatisticsError) -> Double {
    guard probability > 0 && probability < 1 else { throw .probabilityOutOfRange(probability) }
    if probability > 0.5 { return try -upperQuantile(1 - probability) }
    if probability == 0.5 { return 0 }
    var (low, high) = (0.0, 1.0)
    while upperTail(high) > probability { (low, high) = (high, high * 2) }
    let nu = degreesOfFreedom
    let scale = exp(logGamma((nu + 1) / 2) - logGamma(nu / 2)) / (nu * Double.pi).squareRoot()
    var t = (low + high) / 2
    for _ in 0..<200 {
      let tail = upperTail(t)
      if tail > probability { low = t } else { high = t }
      let density = scale * exp(-(nu + 1) / 2 * log1p(t * t / nu))
      var next = t + tail / density * log(tail / probability)
      if !(next > low && next < high) { next = (low + high) / 2 }
      if abs(next - t) <= 2e-16 * abs(t) { return next }
      t = next
    }
    return t
  }
}

/// The regularised incomplete beta function I(x; a, b) by its continued fraction.
///
/// Source: DLMF 8.17.22, evaluated with Lentz's method as modified by Thompson and Barnett (1986); converges fast below the
/// mean, so the symmetry I(x; a, b) = 1 − I(1 − x; b, a) is used above it.
func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
  guard x > 0 else { return 0 }
  guard x < 1 else { return 1 }
  if x > (a + 1) / (a + b + 2) { return 1 - incompleteBeta(1 - x, b, a) }
  let logFront = logGamma(a + b) - logGamma(a) - logGamma(b) + a * log(x) + b * log1p(-x)
  let tiny = 1e-300
  func guarded(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
  var c = 1.0
  var d = 1 / guarded(1 - (a + b) * x / (a + 1))
  var fraction = d
  for m in 1...10_000 {
    let k = Double(m)
    for coefficient in [
      k * (b - k) * x / ((a + 2 * k - 1) * (a + 2 * k)), -(a + k) * (a + b + k) * x / ((a + 2 * k) * (a + 2 * k + 1)),
    ] {
      d = 1 / guarded(1 + coefficient * d)
      c = guarded(1 + coefficient / c)
      fraction *= c * d
    }
    if abs(c * d - 1) < 1e-16 { break }
  }
  return exp(logFront) * fraction / a
}

/// ln Γ(x) for positive x.
func logGamma(_ x: Double) -> Double { lgamma(x).0 }
