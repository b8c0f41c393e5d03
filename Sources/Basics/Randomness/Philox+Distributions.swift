import Foundation

// Own algorithms rather than the standard library's: `Int.random(in:using:)` and `shuffled(using:)` may change between Swift
// releases, and a run must be repeatable by the next toolchain.
extension Philox {
  /// Uniform in [0, 1): a multiple of 2⁻⁵³. Draws one number.
  public mutating func nextDouble() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Uniform in [0, 1): a multiple of 2⁻²⁴. Draws one number.
  public mutating func nextFloat() -> Float { Float(next() >> 40) * 0x1p-24 }

  /// Uniform in [`low`, `high`). Draws one number.
  public mutating func nextDouble(from low: Double, to high: Double) -> Double { low + (high - low) * nextDouble() }

  /// True with probability `probability`. Draws one number.
  public mutating func nextBool(probability: Double = 0.5) -> Bool { nextDouble() < probability }

  /// Two independent standard normal numbers. Draws two numbers.
  ///
  /// Source: Box, Muller, "A note on the generation of random normal deviates", 1958. Reaches ±8.57, the largest radius 2⁻⁵³
  /// allows.
  public mutating func nextNormalPair() -> (Double, Double) {
    // 1 − u lies in (0, 1], so that the logarithm is finite.
    let radius = (-2 * log(1 - nextDouble())).squareRoot()
    let angle = 2 * Double.pi * nextDouble()
    return (radius * cos(angle), radius * sin(angle))
  }

  /// A standard normal number. Draws two numbers: the pair's second is dropped, so that `position` is the whole state.
  public mutating func nextNormal() -> Double { nextNormalPair().0 }

  /// Uniform in 0, …, `bound` − 1 without bias. Draws one number, rarely more.
  ///
  /// Source: Lemire, "Fast random integer generation in an interval", ACM TOMACS 29, 2019, algorithm 5.
  public mutating func nextInt(below bound: Int) -> Int {
    precondition(bound > 0, "nextInt(below:) wants a positive bound")
    let range = UInt64(bound)
    var product = next().multipliedFullWidth(by: range)
    if product.low < range {
      let threshold = (0 &- range) % range
      while product.low < threshold { product = next().multipliedFullWidth(by: range) }
    }
    return Int(product.high)
  }

  /// `count` uniform numbers in [0, 1).
  public mutating func uniform(count: Int) -> [Float] {
    (0..<count).map { _ in nextFloat() }
  }

  /// `count` normal numbers; both of each Box–Muller pair are used.
  public mutating func normal(count: Int, mean: Float = 0, standardDeviation: Float = 1) -> [Float] {
    var values = [Float]()
    values.reserveCapacity(count + 1)
    while values.count < count {
      let (first, second) = nextNormalPair()
      values.append(mean + standardDeviation * Float(first))
      values.append(mean + standardDeviation * Float(second))
    }
    if values.count > count { values.removeLast() }
    return values
  }

  /// Puts the elements in a uniformly random order (Fisher–Yates from the front).
  public mutating func shuffle<Element>(_ elements: inout [Element]) {
    guard elements.count > 1 else { return }
    for i in 0..<(elements.count - 1) { elements.swapAt(i, i + nextInt(below: elements.count - i)) }
  }

  /// The elements in a uniformly random order.
  public mutating func shuffled<Element>(_ elements: [Element]) -> [Element] {
    var result = elements
    shuffle(&result)
    return result
  }

  /// `count` distinct numbers of 0, …, `population` − 1 in random order, each ordered choice equally likely.
  ///
  /// The first `count` steps of the shuffle of all, with only the displaced numbers stored: time and memory are O(`count`).
  public mutating func sample(_ count: Int, of population: Int) -> [Int] {
    precondition(count >= 0 && count <= population, "sample(_:of:) wants 0 ≤ count ≤ population")
    var displaced = [Int: Int](minimumCapacity: count)
    var result = [Int]()
    result.reserveCapacity(count)
    for i in 0..<count {
      let j = i + nextInt(below: population - i)
      result.append(displaced[j] ?? j)
      displaced[j] = displaced[i] ?? i
    }
    return result
  }

  /// `count` distinct elements in random order.
  public mutating func sample<Element>(_ count: Int, from elements: [Element]) -> [Element] {
    sample(count, of: elements.count).map { elements[$0] }
  }
}
