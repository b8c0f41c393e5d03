import Foundation
import Runs
import Testing

/// Texts of a few bytes that have more nodes than memory, or more nesting than a stack; and texts that are only long.
@Suite struct YAMLBoundsTests {
  /// Sixteen lists, each nine times the one before: 9¹⁶ nodes.
  private static let doubling =
    "a: &a [lol]\n"
    + "abcdefghijklmnop".dropFirst().reduce(into: ("", "a" as Character)) { text, letter in
      text.0 += "\(letter): &\(letter) [\((0..<9).map { _ in "*\(text.1)" }.joined(separator: ","))]\n"
      text.1 = letter
    }.0

  private static let nested = String(repeating: "[", count: 400) + String(repeating: "]", count: 400)

  @Test(arguments: [
    (doubling + "? *p\n: 1\n", "more than 20000 values", 6), (doubling, "more than 20000 values", 6),
    ("a: &a {x: 1}\n? *a\n: 1\n", "an alias as a key", 2), ("? [a, b]\n: 1\n", "a list as a key", 1),
    ("{{a: 1}: 2}\n", "a section as a key", 1),
    ("space: {cells: [\(Array(repeating: "normal", count: 100_000).joined(separator: ","))]}", "more than 20000 values", 1),
    ("name: \(nested)", "more than 32 deep", 1),
    // The library's scanner meets its own bound first.
    (String(repeating: "[", count: 50_000), "more than 32 deep", 1),
    ("name: x\nspace: " + String(repeating: "[", count: 50_000), "more than 32 deep", 2),
    ("x:\n" + (0..<400).map { String(repeating: " ", count: $0) + "a:\n" }.joined(), "more than 32 deep", 34),
    ((0..<30_000).map { "k\($0): 1\n" }.joined(), "more than 20000 values", 10_000),
  ]) func boundsAreErrors(yaml: String, problem: String, line: Int) {
    let start = ContinuousClock.now
    let error = #expect(throws: ConfigurationError.self) { try Configuration(yaml: yaml, path: "x.yaml") }
    #expect(error?.problem.contains(problem) == true && error?.line == line, "\(String(describing: error))")
    #expect(error?.message.hasPrefix("x.yaml:\(line): ") == true)
    let study = #expect(throws: ConfigurationError.self) { try StudyConfiguration(yaml: yaml) }
    #expect(study?.problem.contains(problem) == true)
    // Generous: without the bounds they never end.
    #expect(ContinuousClock.now - start < .seconds(20))
  }

  @Test func overridesHaveTheBoundsToo() {
    let error = #expect(throws: ConfigurationError.self) { try Configuration().setting(["space.cells=\(Self.nested)"]) }
    #expect(error?.problem.contains("more than 32 deep") == true && error?.path == "--set")
  }

  @Test func cellsAreBounded() {
    let many = Array(repeating: "normal", count: 101).joined(separator: ",")
    let error = #expect(throws: ConfigurationError.self) { try Configuration(yaml: "space: {cells: [\(many)]}") }
    #expect(error?.message.contains("space.cells: must be a list of 1 to 100 entries") == true)
  }

  /// Aliases that stand for little are read as before.
  @Test func fewAliasesAreRead() throws {
    let configuration = try Configuration(
      yaml: "data: {sources: &s [glyphs-greek, glyphs-thai], holdout_sources: []}\ntask: {way: &w 3, shot: *w}\n")
    #expect(
      configuration.data.sources == ["glyphs-greek", "glyphs-thai"] && configuration.task.way == 3 && configuration.task.shot == 3
    )
  }
}
