import Foundation

/// x and 1 − x with their logarithms: near 0 and 1 neither can be computed from the other.
struct BetaArgument {
  var x: Double
  var complement: Double
  var logX: Double
  var logComplement: Double

  /// `x = 1/(1 + ratio)`, for a ratio of 0 or more.
  init(ratio: Double) {
    x = 1 / (1 + ratio)
    complement = ratio > 1 ? 1 / (1 + 1 / ratio) : ratio / (1 + ratio)
    logX = -log1p(ratio)
    logComplement = -log1p(1 / ratio)
  }

  /// An x too small to be a number.
  init(logOfSmall: Double) { (x, complement, logX, logComplement) = (exp(logOfSmall), 1, logOfSmall, 0) }

  var swapped: BetaArgument {
    var result = self
    (result.x, result.complement, result.logX, result.logComplement) = (complement, x, logComplement, logX)
    return result
  }
}

/// The regularised incomplete beta function I(x; a, b) by its continued fraction.
///
/// Source: DLMF 8.17.22, evaluated with Lentz's method as modified by Thompson and Barnett (1986); converges fast below the
/// mean, so the symmetry I(x; a, b) = 1 − I(1 − x; b, a) is used above it. Takes some √(a + b) terms.
func incompleteBeta(_ at: BetaArgument, _ a: Double, _ b: Double) -> Double {
  guard !at.x.isNaN else { return .nan }
  guard at.logX > -.infinity else { return 0 }
  guard at.complement > 0 else { return 1 }
  if at.x > (a + 1) / (a + b + 2) { return 1 - incompleteBeta(at.swapped, b, a) }
  let x = at.x
  let logFront = a * at.logX + b * at.logComplement - logBeta(a, b)
  let tiny = 1e-300
  func guarded(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
  var c = 1.0
  var d = 1 / guarded(1 - (a + b) * x / (a + 1))
  var fraction = d
  for m in 1...Int(1000 + 50 * min(1e11, a + b).squareRoot()) {
    let k = Double(m)
    var change = 1.0
    for coefficient in [
      k * (b - k) * x / ((a + 2 * k - 1) * (a + 2 * k)), -(a + k) * (a + b + k) * x / ((a + 2 * k) * (a + 2 * k + 1)),
    ] {
      d = 1 / guarded(1 + coefficient * d)
      c = guarded(1 + coefficient / c)
      change = c * d
      fraction *= change
    }
    if abs(change - 1) < 1e-16 { break }
  }
  return exp(logFront) * fraction / a
}

/// ln Γ(x) for positive x.
func logGamma(_ x: Double) -> Double { lgamma(x).0 }

/// ln Γ(x) less Stirling's `(x − ½) ln x − x + ½ ln 2π`, for x ≥ 10.
///
/// Source: DLMF 5.11.1.
func stirlingRest(_ x: Double) -> Double {
  let y = 1 / (x * x)
  return
    (1 / 12.0 + y * (-1 / 360.0 + y * (1 / 1260.0 + y * (-1 / 1680.0 + y * (1 / 1188.0 + y * (-691 / 360_360.0 + y / 156)))))) / x
}

/// ln B(a, b) for positive a and b, without the cancellation of three logarithms of large numbers.
///
/// Source: Didonato, Morris, "Algorithm 708", ACM TOMS 18, 1992.
func logBeta(_ a: Double, _ b: Double) -> Double {
  let (p, q) = (min(a, b), max(a, b))
  guard q >= 10 else { return logGamma(p) + logGamma(q) - logGamma(p + q) }
  let share = p / (p + q)
  let rest = stirlingRest(q) - stirlingRest(p + q)
  if p >= 10 {
    return 0.5 * log(2 * Double.pi) - 0.5 * log(q) + stirlingRest(p) + rest + (p - 0.5) * log(share) + q * log1p(-share)
  }
  return logGamma(p) + rest + p - p * log(p + q) + (q - 0.5) * log1p(-share)
}

/// `∫ f(u) du` over u from 0 for a smooth f that falls from 1 like an exponential function or faster, within about `width`.
///
/// The trapezoidal rule after `u = width · exp(s − exp(−s))`, whose error falls exponentially with the step.
/// Source: Takahasi, Mori, "Double exponential formulas for numerical integration", Publ. RIMS 9, 1974.
func decayingIntegral(width: Double, _ f: (Double) -> Double) -> Double {
  let step = 1 / 32.0
  var sum = 0.0
  for index in -130...320 {
    let s = Double(index) * step
    let u = width * exp(s - exp(-s))
    let term = f(u) * u * (1 + exp(-s))
    if term.isFinite { sum += term }
  }
  return sum * step
}
