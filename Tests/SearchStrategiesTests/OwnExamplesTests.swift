import ControllerStrategies
import Foundation
import PerformanceEstimators
import SearchSpaces
import SearchStrategies
import Testing

/// A user's own space and strategy: about 40 lines each, in the documentation, held to the same contracts as the project's.
@Suite struct OwnExamplesTests {
  @Test func theSpaceHoldsToTheContract() {
    #expect(SearchSpaceContract.violations(of: PerceptronSpace()) == [])
    // 3 widths for one layer, 9 for two, 27 for three; three activations.
    #expect(Set(PerceptronSpace().enumerated()).count == 3 * (3 + 9 + 27))
  }

  @Test func theStrategyHoldsToTheContract() {
    #expect(StrategyContract.violations(of: Annealing(), in: PerceptronSpace()) == [])
    #expect(StrategyContract.violations(of: Annealing(), in: NASBench201Space.cifar10) == [])
  }

  @Test func theEstimatorHoldsToTheContractAndIsSearchedBy() throws {
    let architectures = Array(PerceptronSpace().enumerated().prefix(4))
    #expect(EstimatorContract.violations(architectures: architectures) { ParameterBudget(parameters: 2e4) } == [])
    let strategy = try LocalSearch().strategy(for: SearchProblem(PerceptronSpace(), epochs: [0], seed: 1))
    var session = SearchSession(strategy)
    session.run(ParameterBudget(parameters: 2e4), budget: SearchBudget(evaluations: 400))
    // 784 × 16 + 16 + 16 × 16 + 16 + 16 × 256 + 256 + 256 × 10 + 10 = 19,754 parameters are nearest.
    #expect(session.best?.proposal.architecture.widths == [16, 16, 256])
  }

  @Test(arguments: SearchMethodRegistry.all.map { $0.name }) func theProjectsStrategiesSearchTheSpace(name: String) throws {
    // The space has no path encoding, which BANANAS must be told.
    let text = StrategyContractTests.quick(name) + (name == Bananas.name ? ",encoding=oneHot" : "")
    #expect(violations(try StrategyRegistry.method(parsing: text, among: SearchMethodRegistry.all)) == [])
  }

  private func violations(_ method: some SearchMethod) -> [String] {
    StrategyContract.violations(of: method, in: PerceptronSpace(), evaluations: 20)
  }

  @Test(arguments: ["own-space", "own-strategy", "own-estimator"]) func documentationShowsWhatIsTested(name: String) throws {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let tested = try String(contentsOf: tests.appendingPathComponent("OwnExamples.swift"), encoding: .utf8)
    let document = try String(contentsOf: tests.appendingPathComponent("../../docs/search.md"), encoding: .utf8)
    func part(_ text: String, from start: String, to end: String) throws -> String {
      let begin = try #require(text.range(of: start), "no \(start)")
      let rest = text[begin.upperBound...]
      return String(rest[..<(try #require(rest.range(of: end))).lowerBound])
    }
    let shown = try part(document, from: "<!-- example: \(name) -->\n```swift\n", to: "```")
    let lines = try part(tested, from: "// example: \(name)\n", to: "// end of example")
    #expect(shown == lines)
    #expect(lines.split(separator: "\n").count <= 50)
  }
}
