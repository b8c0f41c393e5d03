import Foundation

/// The range of k independent standard normal numbers: the studentized range with infinitely many degrees of freedom.
///
/// Source: Tukey; P(Q ≤ q) = k ∫ φ(z) [Φ(z) − Φ(z − q)]^(k−1) dz. The integrand is entire and falls off like a normal density, so
/// that the trapezoidal rule reaches rounding error.
public struct StudentizedRange: Hashable, Sendable {
  /// k, at least 2.
  public let groups: Int

  /// The distribution for k groups.
  ///
  /// - Throws: `StatisticsError.tooFew` for fewer than 2 groups, `.tooMany` for more than a million.
  public init(groups: Int) throws(StatisticsError) {
    guard groups >= 2 else { throw .tooFew(found: groups, needed: 2) }
    guard groups <= 1_000_000 else { throw .tooMany(found: groups, atMost: 1_000_000) }
    self.groups = groups
  }

  /// P(Q > `q`), accurate in the far tail.
  public func upperTail(_ q: Double) -> Double {
    guard !q.isNaN else { return q }
    guard q > 0 else { return 1 }
    // Below the smallest number for a million groups.
    guard q < 60 else { return 0 }
    // The rule's error is about exp(−2π²/(h²k)): rounding error for any k with this step.
    let step = min(0.05, 0.7 / Double(groups).squareRoot())
    let count = Int(((q + 18) / step).rounded(.up))
    var sum = 0.0
    for index in 0...count {
      let z = -9 + Double(index) * step
      let all = Normal.upperTail(-z)
      let far = Normal.upperTail(q - z)
      // Φᵐ − (Φ − far)ᵐ without cancellation.
      let others = Double(groups - 1)
      sum -= exp(-z * z / 2) * pow(all, others) * expm1(others * log1p(-min(1, far / all)))
    }
    return min(1, Double(groups) * sum * step / (2 * Double.pi).squareRoot())
  }

  /// The q with P(Q > q) = `probability`, by bisection.
  ///
  /// - Throws: `StatisticsError.probabilityOutOfRange` outside (0, 1).
  public func upperQuantile(_ probability: Double) throws(StatisticsError) -> Double {
    guard probability > 0 && probability < 1 else { throw .probabilityOutOfRange(probability) }
    var (low, high) = (0.0, 1.0)
    while upperTail(high) > probability { (low, high) = (high, high * 2) }
    while true {
      let middle = (low + high) / 2
      guard middle > low && middle < high else { return middle }
      if upperTail(middle) > probability { low = middle } else { high = middle }
    }
  }
}
