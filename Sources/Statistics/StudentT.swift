import Foundation

/// Student's t distribution.
public struct StudentT: Hashable, Sendable {
  /// The degrees of freedom ν, positive.
  public let degreesOfFreedom: Double

  /// The distribution with ν degrees of freedom.
  ///
  /// - Throws: `StatisticsError.tooFew` unless ν is positive and finite.
  public init(degreesOfFreedom: Double) throws(StatisticsError) {
    guard degreesOfFreedom > 0, degreesOfFreedom.isFinite else { throw .tooFew(found: 1, needed: 2) }
    self.degreesOfFreedom = degreesOfFreedom
  }

  /// P(T > `t`), accurate in the far tail and near 0: ½ I(ν/(ν+t²); ν/2, ½) for t ≥ 0, and an integral of the density for many degrees
  /// of freedom. NaN where `t` is NaN.
  public func upperTail(_ t: Double) -> Double {
    let size = abs(t)
    guard size.isFinite else { return t.isNaN ? t : t > 0 ? 0 : 1 }
    guard size > 0 else { return 0.5 }
    let tail: Double
    if degreesOfFreedom > Self.manyDegrees {
      tail = tailOfMany(size)
    } else {
      let ratio = size * size / degreesOfFreedom
      // t² is infinite before t is.
      let parts =
        ratio.isFinite
        ? BetaArgument(ratio: ratio) : BetaArgument(logOfSmall: log(degreesOfFreedom) - 2 * log(size))
      tail = 0.5 * incompleteBeta(parts, degreesOfFreedom / 2, 0.5)
    }
    return t >= 0 ? tail : 1 - tail
  }

  /// Degrees of freedom from which on the continued fraction of the beta function takes too long.
  private static let manyDegrees = 1e4

  /// The density's factor `1/(√ν B(½, ν/2))`.
  private var scale: Double { exp(-logBeta(0.5, degreesOfFreedom / 2)) / degreesOfFreedom.squareRoot() }

  /// `f(t) ∫ (f(t + u)/f(t)) du` over u from 0.
  private func tailOfMany(_ t: Double) -> Double {
    let nu = degreesOfFreedom
    let density = scale * exp(-(nu + 1) / 2 * log1p(t / nu * t))
    guard density > 0 else { return 0 }
    return density
      * decayingIntegral(width: 1 / max(1, t)) { u in exp(-(nu + 1) / 2 * log1p(u / (nu + t * t) * (2 * t + u))) }
  }

  /// The t with P(T > t) = `probability`.
  ///
  /// Newton's iteration on the logarithm of the tail, kept inside a bracket that shrinks.
  ///
  /// - Throws: `StatisticsError.probabilityOutOfRange` outside (0, 1), `.overflow` if t is larger than any number.
  public func upperQuantile(_ probability: Double) throws(StatisticsError) -> Double {
    guard probability > 0 && probability < 1 else { throw .probabilityOutOfRange(probability) }
    if probability > 0.5 { return try -upperQuantile(1 - probability) }
    if probability == 0.5 { return 0 }
    var (low, high) = (0.0, 1.0)
    while upperTail(high) > probability { (low, high) = (high, high * 2) }
    guard high.isFinite else { throw .overflow }
    let (nu, scale) = (degreesOfFreedom, scale)
    var t = (low + high) / 2
    for _ in 0..<200 {
      let tail = upperTail(t)
      if tail > probability { low = t } else { high = t }
      let density = scale * exp(-(nu + 1) / 2 * log1p(t / nu * t))
      var next = t + tail / density * log(tail / probability)
      if !(next > low && next < high) { next = (low + high) / 2 }
      if abs(next - t) <= 2e-16 * abs(t) { return next }
      t = next
    }
    return t
  }
}
