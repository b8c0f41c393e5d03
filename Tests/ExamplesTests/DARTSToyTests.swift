import ArchPrior
import Testing

@testable import ArchPriorExamples

/// DARTS' Fig. 2 has a closed form: with `w = α` at rest and the hypergradient `w' − 2 + 2ξα`, the end is `2 / (1 + 2ξ)`.
@Suite struct DARTSToyTests {
  @Test(arguments: [0, 0.1, 0.25, 0.5])
  func alternationsEndWhereTheClosedFormSays(_ rate: Double) throws {
    let points = try DARTSToy.trajectory(rate: rate, steps: 4000)
    let end = points[points.count - 1]
    #expect(abs(end.0 - 2 / (1 + 2 * rate)) < 1e-6 && abs(end.1 - end.0) < 1e-6, "\(end)")
  }

  @Test func theImplicitHypergradientFindsTheSolution() throws {
    let points = try DARTSToy.trajectory(rate: nil, steps: 4000)
    let end = points[points.count - 1]
    #expect(abs(end.0 - 1) < 1e-6 && abs(end.1 - 1) < 1e-6, "\(end)")
  }

  /// At (2, −2) and ξ = 0.1 the second-order gradient is −2.8; the weight's step then follows the new α.
  @Test func theFirstStepIsTheOneByHand() throws {
    let points = try DARTSToy.trajectory(rate: 0.1, steps: 1, outerRate: 0.05, weightRate: 0.05)
    #expect(abs(points[1].0 - 2.14) < 1e-12 && abs(points[1].1 - (-2 - 0.1 * (-2 - 2.14))) < 1e-12, "\(points[1])")
  }
}
