import Foundation

/// The standard normal distribution.
public enum Normal {
  /// P(Z > `z`), accurate in the far tail.
  public static func upperTail(_ z: Double) -> Double { 0.5 * erfc(z / 2.0.squareRoot()) }

  /// The z with P(Z > z) = `probability`.
  ///
  /// Halley's iteration on the tail from a rational first guess (Abramowitz, Stegun, 26.2.23).
  ///
  /// - Throws: `StatisticsError.probabilityOutOfRange` outside (0, 1).
  public static func upperQuantile(_ probability: Double) throws(StatisticsError) -> Double {
    guard probability > 0 && probability < 1 else { throw .probabilityOutOfRange(probability) }
    // 1 − p is exact for p ≥ ½.
    if probability > 0.5 { return try -upperQuantile(1 - probability) }
    if probability == 0.5 { return 0 }
    let t = (-2 * log(probability)).squareRoot()
    var z = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)))
    for _ in 0..<4 {
      let density = exp(-z * z / 2) / (2 * Double.pi).squareRoot()
      let step = (upperTail(z) - probability) / density
      z += step / (1 + z * step / 2)
    }
    return z
  }
}
