import Basics
import Foundation
import SearchSpaces

/// A kernel density over vectors of categorical decisions, with Aitchison and Aitken's kernel: a value keeps its choice with
/// probability 1 − h and takes any other with h / (k − 1).
///
/// Bandwidths follow the normal reference rule on the choices' numbers, 1.06 σ n^(−1/(4 + d)), within [`minimum`, (k − 1)/k], as in
/// the reference implementation of BOHB.
///
/// Source: Falkner, Klein, Hutter, "BOHB", ICML 2018, section 3.2; Aitchison, Aitken, Biometrika 63, 1976.
struct CategoricalDensity {
  private let points: [[Int]]
  private let counts: [Int]
  private let bandwidths: [Double]

  init(points: [[Int]], counts: [Int], minimum: Double = 1e-3) {
    self.points = points
    self.counts = counts
    let n = Double(points.count)
    bandwidths = counts.indices.map { place in
      let values = points.map { Double($0[place]) }
      let mean = values.reduce(0, +) / n
      let deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / n).squareRoot()
      let limit = Double(counts[place] - 1) / Double(counts[place])
      return min(limit, max(minimum, 1.06 * deviation * pow(n, -1 / (4 + Double(counts.count)))))
    }
  }

  /// The density at a vector.
  func callAsFunction(_ vector: [Int]) -> Double {
    points.reduce(0) { sum, point in
      var product = 1.0
      for place in counts.indices where counts[place] > 1 {
        let h = bandwidths[place]
        product *= vector[place] == point[place] ? 1 - h : h / Double(counts[place] - 1)
      }
      return sum + product
    } / Double(points.count)
  }

  /// A vector near a point drawn at random.
  func sample(using generator: inout Philox) -> [Int] {
    let point = points[generator.nextInt(below: points.count)]
    return counts.indices.map { place in
      guard generator.nextDouble() < bandwidths[place] else { return point[place] }
      return (point[place] + 1 + generator.nextInt(below: counts[place] - 1)) % counts[place]
    }
  }
}

/// The settings of a tree-structured Parzen estimator.
struct ParzenSettings {
  /// The share of observations that count as good.
  var goodShare: Double
  /// How many vectors are drawn for each proposal; the one with the highest ratio of densities is taken.
  var candidates: Int
  /// The share of proposals that are random.
  var randomShare: Double
}

/// Observations at one fidelity, and what they propose.
struct ParzenModel: Codable, Sendable {
  struct Observation: Codable, Sendable {
    var choices: [Int]
    var score: Double
  }

  var observations: [Observation] = []

  /// Whether there are enough observations for a model: each half needs one more than there are decisions.
  func isReady(decisions: Int) -> Bool { observations.count >= decisions + 3 }

  /// The vectors that look best, best first; each is a draw from the density of the good.
  func proposals(counts: [Int], settings: ParzenSettings, using generator: inout Philox) -> [[Int]] {
    let least = counts.count + 1
    let order = observations.indices.sorted { (observations[$0].score, $1) > (observations[$1].score, $0) }
    let goodCount = min(order.count, max(least, Int(settings.goodShare * Double(order.count))))
    let badCount = min(order.count, max(least, Int((1 - settings.goodShare) * Double(order.count))))
    let good = CategoricalDensity(points: order.prefix(goodCount).map { observations[$0].choices }, counts: counts)
    let bad = CategoricalDensity(points: order.suffix(badCount).map { observations[$0].choices }, counts: counts)
    let drawn = (0..<settings.candidates).map { _ in good.sample(using: &generator) }
    let ratios = drawn.map { max(1e-32, good($0)) / max(1e-32, bad($0)) }
    return drawn.indices.sorted { (ratios[$0], $1) > (ratios[$1], $0) }.map { drawn[$0] }
  }

  /// The architecture that looks best of those that exist; a random one if none does, or there is no model.
  func propose<Space: SearchSpace>(
    in space: Space, settings: ParzenSettings, using generator: inout Philox
  ) -> Space.Architecture {
    let counts = space.decisions.map(\.choices.count)
    guard isReady(decisions: counts.count), !generator.nextBool(probability: settings.randomShare) else {
      return space.sample(using: &generator)
    }
    for _ in 0..<100 {
      for choices in proposals(counts: counts, settings: settings, using: &generator) {
        if let found = space.architecture(choices: choices) { return found }
      }
    }
    return space.sample(using: &generator)
  }
}
