import Basics

/// A density over vectors of categorical decisions in which each decision is independent: smoothed relative frequencies.
///
/// Source: Bergstra, Bardenet, Bengio, Kégl, "Algorithms for hyper-parameter optimization", NeurIPS 2011, section 4.2: the posterior
/// probability of a choice is proportional to N p + C, with p the uniform prior and C the choice's count.
struct IndependentDensity {
  private let probabilities: [[Double]]

  init(points: [[Int]], counts: [Int]) {
    probabilities = counts.indices.map { place in
      var weights = [Double](repeating: 1, count: counts[place])
      for point in points { weights[point[place]] += 1 }
      let total = weights.reduce(0, +)
      return weights.map { $0 / total }
    }
  }

  /// The density at a vector.
  func callAsFunction(_ vector: [Int]) -> Double {
    zip(probabilities, vector).reduce(1) { $0 * $1.0[$1.1] }
  }

  /// A vector drawn from the density.
  func sample(using generator: inout Philox) -> [Int] {
    probabilities.map { row in
      var rest = generator.nextDouble()
      for (choice, probability) in row.enumerated() {
        rest -= probability
        if rest < 0 { return choice }
      }
      return row.count - 1
    }
  }
}
