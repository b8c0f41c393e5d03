import Foundation
import Statistics
import Testing

/// Values computed by NumPy and SciPy; `Fixtures/scaling_reference.py` writes the file.
private struct Reference: Decodable {
  struct Scaling: Decodable { let distances, points: [[Double]], explained: Double }
  struct Divergence: Decodable { let p, q: [Double], distance: Double }
  let scaling: [Scaling], jensenShannon: [Divergence]

  static func load() throws -> Reference {
    let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/scaling.json")
    return try JSONDecoder().decode(Reference.self, from: Data(contentsOf: url))
  }
}

@Suite struct ScalingTests {
  @Test func classicalScalingAsByEigenvectors() throws {
    for row in try Reference.load().scaling {
      let (points, explained) = try classicalScaling(row.distances)
      #expect(abs(explained - row.explained) <= 1e-10)
      for (point, expected) in zip(points, row.points) {
        for (value, expected) in zip(point, expected) { #expect(abs(value - expected) <= 1e-9) }
      }
    }
    #expect(throws: StatisticsError.unequalLengths(2, 1)) { try classicalScaling([[0, 1], [1]]) }
    #expect(throws: StatisticsError.notFinite(index: 1)) { try classicalScaling([[0, .nan], [1, 0]]) }
    #expect(try classicalScaling([]).points.isEmpty)
  }

  /// Points of a plane keep their distances.
  @Test func planesAreKept() throws {
    let places = [(0.0, 0.0), (3, 4), (6, 0), (1, 1)]
    let distances = places.map { a in places.map { b in hypot(a.0 - b.0, a.1 - b.1) } }
    let (points, explained) = try classicalScaling(distances)
    #expect(abs(explained - 1) < 1e-12)
    for i in points.indices {
      for j in points.indices {
        #expect(abs(hypot(points[i][0] - points[j][0], points[i][1] - points[j][1]) - distances[i][j]) < 1e-12)
      }
    }
  }

  @Test func jensenShannon() throws {
    for row in try Reference.load().jensenShannon {
      #expect(try abs(jensenShannonDistance(row.p, row.q) - row.distance) <= 1e-10)
    }
    #expect(try jensenShannonDistance([0.5, 0.5], [0.5, 0.5]) == 0)
  }
}
