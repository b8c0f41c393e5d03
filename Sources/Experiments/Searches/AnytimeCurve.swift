import Foundation

/// How good the best architecture so far is while a clock of the searches runs: medians and quartiles over seeds.
public struct AnytimeCurve: Hashable, Codable, Sendable {
  /// A moment.
  public struct Point: Hashable, Codable, Sendable {
    /// Seconds of the clock.
    public let seconds: Double
    /// How many searches have found anything by then.
    public let searches: Int
    /// The best score so far by which searches judge: 25 %, 50 %, 75 % over searches.
    public let score: [Double]
    /// The test accuracy of that architecture on the data set searched on, after the benchmark's most epochs; `nil` where there is none.
    public let test: [Double]?
    /// The mean of those test accuracies.
    public let meanTest: Double?
  }

  /// The moments, in order; those before most searches have found anything are left out.
  public let points: [Point]

  /// No moments.
  static let empty = AnytimeCurve(points: [])

  private init(points: [Point]) { self.points = points }

  /// The curve of searches that have ended.
  ///
  /// - Parameters:
  ///   - clock: which of the clocks.
  ///   - test: the test accuracy of an architecture; `nil` where there is none.
  init(
    _ traces: [SearchTrace], at moments: [Double], clock: (SearchTrace.Improvement) -> Double,
    test lookUp: (String) throws -> Double?
  ) rethrows {
    var places = [Int](repeating: 0, count: traces.count)
    // What every search has at the moment: its score, and the test accuracy if there is one.
    var current = [(score: Double, test: Double?)?](repeating: nil, count: traces.count)
    var result = [Point]()
    for moment in moments {
      for (search, trace) in traces.enumerated() {
        let before = places[search]
        while places[search] < trace.improvements.count, clock(trace.improvements[places[search]]) <= moment {
          places[search] += 1
        }
        guard places[search] > before else { continue }
        let best = trace.improvements[places[search] - 1]
        current[search] = (best.score, try lookUp(best.architecture))
      }
      let score = current.compactMap { $0?.score }
      let test = current.compactMap { $0?.test }
      guard 2 * score.count > traces.count else { continue }
      result.append(
        Point(
          seconds: moment, searches: score.count, score: Self.quartiles(score), test: test.isEmpty ? nil : Self.quartiles(test),
          meanTest: test.isEmpty ? nil : test.reduce(0, +) / Double(test.count)))
    }
    points = result
  }

  private static func quartiles(_ values: [Double]) -> [Double] { [0.25, 0.5, 0.75].map { quantile(values, $0) } }

  /// Moments with equal distances, the last one at the end.
  static func evenMoments(_ count: Int, until end: Double) -> [Double] {
    (1...max(1, count)).map { end * Double($0) / Double(max(1, count)) }
  }

  /// Moments with equal ratios from the first find of any search to the end of the last one: strategies differ by orders of magnitude in
  /// the real time that they take.
  static func wallMoments(_ count: Int, of traces: [SearchTrace]) -> [Double] {
    let finds = traces.compactMap { $0.improvements.first?.wallSeconds }.filter { $0 > 0 }
    guard let first = finds.min(), let end = traces.map(\.wallSeconds).max(), end > first, count > 1 else {
      return traces.map(\.wallSeconds).max().map { [$0] } ?? []
    }
    // The end exactly, so that no rounding leaves out what was found last.
    return (0..<(count - 1)).map { first * pow(end / first, Double($0) / Double(count - 1)) } + [end]
  }
}

/// The quantile of a sample by linear interpolation between order statistics, as NumPy's default.
func quantile(_ values: [Double], _ share: Double) -> Double {
  let sorted = values.sorted()
  guard let last = sorted.indices.last else { return .nan }
  let place = share * Double(last)
  let below = Int(place.rounded(.down))
  let above = min(below + 1, last)
  return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
}
