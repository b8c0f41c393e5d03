import ArchPrior
import Foundation
import Testing

@testable import ArchPriorExamples

@Suite struct SinusoidTests {
  @Test func sinesAreSinesAndDrawnAnew() {
    let problem = SinusoidProblem(index: 4, stream: "test", shots: 3, queries: 50)
    // Three points of one frequency determine amplitude and phase: y = a sin x + b cos x fits all others.
    let (x, y) = (problem.queryX.doubles, problem.queryY.doubles)
    let (s, c) = (x.map(sin), x.map(cos))
    func product(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    let determinant = product(s, s) * product(c, c) - product(s, c) * product(s, c)
    let a = (product(y, s) * product(c, c) - product(y, c) * product(s, c)) / determinant
    let b = (product(y, c) * product(s, s) - product(y, s) * product(s, c)) / determinant
    let residual = x.indices.map { abs(y[$0] - a * s[$0] - b * c[$0]) }.max() ?? 1
    #expect(residual < 1e-5 && (0.1...5).contains((a * a + b * b).squareRoot()))
    #expect(SinusoidProblem(index: 5, stream: "test", shots: 3, queries: 50).queryX.doubles != x)
  }

  @Test func aLearnedStartAdaptsBetterThanAPretrainedOne() throws {
    func error(_ loop: InnerLoop) throws -> Double {
      let start = try LearnedInitialization.train(loop: loop, steps: 600, shots: 10, threads: 2)
      return try Sample(
        LearnedInitialization.errors(from: start, rate: 0.01, after: [5], shots: 10, tests: 100, stream: "test")[0]
      ).mean
    }
    let (learned, pretrained) = try (error(LearnedInitialization.loop), error(InnerLoop(rounds: 0)))
    #expect(learned < 0.8 * pretrained, "\(learned), \(pretrained)")
  }
}
