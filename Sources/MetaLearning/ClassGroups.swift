import Foundation

/// Groups of equally many classes so that every two classes meet in at least one, and the probabilities of all classes from those of
/// groups.
public struct ClassGroups: Sendable {
  /// The most groups that are made: a model is adapted once for each.
  public static let limit = 2000

  /// The classes of every group; the last one may be filled up with classes whose pairs have met already.
  public let groups: [[Int]]
  private let classes: Int

  /// Chooses groups greedily; the same for the same numbers.
  ///
  /// - Parameters:
  ///   - classes: more than `size`.
  ///   - size: of a group, 2 or more.
  /// - Returns: `nil` where more than ``limit`` groups would be needed.
  public init?(classes: Int, size: Int) {
    precondition(size >= 2 && classes > size, "\(classes) classes need no groups of \(size)")
    // A group meets size · (size − 1) / 2 pairs at the most.
    guard classes <= 1 << 16, classes * (classes - 1) / (size * (size - 1)) <= Self.limit else { return nil }
    var met = Array(repeating: Array(repeating: false, count: classes), count: classes)
    var left = Array(repeating: classes - 1, count: classes)
    var groups: [[Int]] = []
    while let first = left.indices.max(by: { (left[$0], $1) < (left[$1], $0) }), left[first] > 0 {
      guard groups.count < Self.limit else { return nil }
      var group = [first]
      var gains = (0..<classes).map { met[first][$0] || $0 == first ? 0 : 1 }
      while group.count < size {
        let others = (0..<classes).filter { !group.contains($0) }
        // Between equals, the class that has most pairs still to meet.
        guard let next = others.max(by: { (gains[$0], left[$0], $1) < (gains[$1], left[$1], $0) }) else { break }
        group.append(next)
        for other in others where other != next && !met[next][other] { gains[other] += 1 }
      }
      for a in group {
        for b in group where a < b && !met[a][b] {
          (met[a][b], met[b][a]) = (true, true)
          left[a] -= 1
          left[b] -= 1
        }
      }
      groups.append(group.sorted())
    }
    self.groups = groups
    self.classes = classes
  }

  /// The probabilities of all classes, given those within every group: for two classes, `r = pᵢ / (pᵢ + pⱼ)` in a group that holds both
  /// (the mean of its logarithmic odds over several), and then `Pᵢ ∝ 1 / (Σⱼ 1/rᵢⱼ − (n − 2))`.
  ///
  /// Source: Price, Knerr, Personnaz & Dreyfus, *Pairwise Neural Network Classifiers with Probabilistic Outputs*, NIPS 7 (1994), eq. 6.
  /// - Parameter rows: a row of probabilities for each of ``groups``, in its order.
  public func coupled(_ rows: [[Double]]) -> [Double] {
    // Probabilities that have rounded to 0 still have an order.
    func logarithm(_ value: Double) -> Double { Foundation.log(max(value, 1e-30)) }
    var odds = Array(repeating: 0.0, count: classes * classes)
    var counts = Array(repeating: 0, count: classes * classes)
    for (group, row) in zip(groups, rows) {
      let values = row.map(logarithm)
      for (place, a) in group.enumerated() {
        for (other, b) in group.enumerated() where a != b {
          odds[a * classes + b] += values[place] - values[other]
          counts[a * classes + b] += 1
        }
      }
    }
    let scores = (0..<classes).map { a -> Double in
      // 1/r − 1 = exp(−odds), so that the sum is 1 + Σ exp(−odds).
      let sum = (0..<classes).reduce(0.0) { sum, b in
        let place = a * classes + b
        return a == b || counts[place] == 0 ? sum : sum + Foundation.exp(-odds[place] / Double(counts[place]))
      }
      return 1 / (1 + sum)
    }
    let total = scores.reduce(0, +)
    return total > 0 ? scores.map { $0 / total } : Array(repeating: 1 / Double(classes), count: classes)
  }
}
