import Foundation
import Testing

@testable import Runs

/// The files of `archprior compare`.
@Suite struct ComparisonConfigurationTests {
  private static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  @Test func theFileOfTheRepositoryIsTheUsualComparison() throws {
    let path = Self.repository.appendingPathComponent("configs/compare.yaml").path
    let usual = try ComparisonConfiguration.usual()
    #expect(try ComparisonConfiguration(contentsOf: path) == usual)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == usual.text)
    #expect(usual.runs.map(\.name) == ["t-nas", "random", "conv-4"] && usual.contestants.count == 6)
    let prior = usual.runs[0].configuration
    #expect(
      prior.inner.weightRate == 0.6 && prior.budget.seconds == 165 && prior.budget.tasks == nil && prior.outer.weightRate == 3e-3)
    #expect(usual.runs[2].configuration.inner.weightRate == 0.1 && usual.runs[1].configuration.genotype == "random")
  }

  @Test(arguments: [
    ("[]", "", "is no comparison"), ("runs: {}", "runs", "there are none"), ("run: {a: {}}", "run", "unknown key"),
    ("runs: {a: {method: mamml}}", "runs.a.method", "expected one of"),
    ("runs: {a: {method: maml}}", "contestants", "fewer than two"),
    ("runs: {a/b: {}}\ncontestants: [{run: a/b}, {run: a/b, name: c}]", "runs", "cannot name a folder"),
    ("runs: {a: {}}\ncontestants: [{run: a}, {run: b}]", "contestants", "which there is not"),
    ("runs: {a: {}}\ncontestants: [{run: a}, {run: a}]", "contestants", "two have the name 'a'"),
    ("runs: {a: {}}\ncontestants: [{run: a}, 3]", "contestants[1]", "expected a contestant"),
    ("runs: {a: {}}\ncontestants: [{run: a}, {run: a, learners: b}]", "contestants[1].learners", "unknown key"),
    ("runs: {a: {}, b: {task: {way: 3}}}\ncontestants: [{run: a}, {run: b}]", "task.way", "differs between the runs 'a' and 'b'"),
    ("runs: {a: {}, b: {data: {split_seed: 3}}}\ncontestants: [{run: a}, {run: b}]", "data.split_seed", "differs"),
  ]) func mistakesAreNamed(yaml: String, key: String, problem: String) {
    let error = #expect(throws: ConfigurationError.self) { try ComparisonConfiguration(yaml: yaml, path: "c.yaml") }
    #expect(error?.key == key && error?.problem.contains(problem) == true && error?.path == "c.yaml", "\(error as Any)")
  }
}
