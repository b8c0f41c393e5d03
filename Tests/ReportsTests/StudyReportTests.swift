import Basics
import Foundation
import Reports
import Statistics
import Testing

/// A study made up by hand: two methods, two data sets, two seeds, three tasks.
@Suite struct StudyReportTests {
  /// Accuracy = base + 0.1 · task + 0.02 · seed, so that means are easily said.
  static func record(
    _ method: String, _ regime: StudyResults.Regime, _ training: String, seed: UInt64, _ test: String, shot: Int = 1, base: Double
  ) -> StudyResults.Record {
    .init(
      .init(method: method, regime: regime, training: training, seed: seed), test: test, shot: shot,
      accuracies: (0..<3).map { base + 0.1 * Double($0) + 0.02 * Double(seed) }, stepCurve: [0.5, base],
      cost: .init(secondsPerTask: 0.01, parameters: 1000, multiplyAdds: 2000))
  }

  static func results(name: String = "A study of <two>") -> StudyResults {
    var records: [StudyResults.Record] = []
    var architectures: [StudyResults.Architecture] = []
    for seed in [UInt64(1), 2] {
      for (index, test) in ["glyphs-greek", "thai"].enumerated() {
        let other = index == 0 ? "thai" : "glyphs-greek"
        let base = 0.3 + 0.2 * Double(index)
        for shot in [1, 5] {
          let more = shot == 5 ? 0.1 : 0
          records += [
            record("prior", .allOthers, "all but \(test)", seed: seed, test, shot: shot, base: base + 0.05 + more),
            record("prior", .oneOther, other, seed: seed, test, shot: shot, base: base + more),
            record("prior", .itself, test, seed: seed, test, shot: shot, base: base + 0.1 + more),
            record("fixed, \"best\"", .nothing, "nothing", seed: seed, test, shot: shot, base: base - 0.1 + more),
          ]
        }
        architectures.append(
          .init(
            .init(method: "prior", regime: .allOthers, training: "all but \(test)", seed: seed), test: test,
            operations: ["none", "skip_connect"], weights: [[index == 0 ? [1, 0] : [0, 1], [0.5, 0.5]]]))
      }
    }
    var results = StudyResults(
      name: name, way: 5, shots: [1, 5], datasets: ["glyphs-greek", "thai"], methods: ["prior", "fixed, \"best\""],
      metaTrainingTasks: 40, records: records,
      run: .init(
        version: "1", machine: "m", batchNorm: "transductive", seeds: [1, 2], datasets: ["greek ab"], configuration: "name: x"))
    results.architectures = architectures
    results.failures = ["x failed"]
    results.dropped = ["thai: a"]
    return results
  }

  @Test func contestantsAndScores() throws {
    let analysis = StudyAnalysis(Self.results())
    #expect(
      analysis.contestants.map(\.name) == [
        "prior, all others", "prior, one other", "prior, the same", "fixed, \"best\", no meta-training",
      ])
    #expect(analysis.unseen.count == 3 && analysis.highlighted?.name == "prior, all others")
    let first = try #require(analysis.highlighted)
    // Task by task, over seeds: 0.35 + 0.03 + 0, 0.1, 0.2.
    let tasks = try #require(analysis.tasks(first, test: "glyphs-greek", shot: 1))
    for (value, expected) in zip(tasks, [0.38, 0.48, 0.58]) { #expect(abs(value - expected) < 1e-12) }
    let score = try #require(analysis.score(first, test: "glyphs-greek", shot: 1))
    #expect(abs(score.mean - 0.48) < 1e-12)
    // s = 0.1, n = 3, t(0.975; 2) = 4.302653: the half width is t·s/√3. Seeds differ by 0.02: s = 0.02/√2.
    #expect(abs(try #require(score.interval).halfWidth - 4.302652729749464 * 0.1 / 3.0.squareRoot()) < 1e-10)
    #expect(abs(try #require(score.seedDeviation) - 0.02 / 2.0.squareRoot()) < 1e-12)
    let overall = try #require(analysis.overall(first, shot: 1))
    #expect(abs(overall.mean - 0.58) < 1e-12)
    #expect(abs(try #require(overall.interval).halfWidth - 12.706204736174705 * 0.1) < 1e-9)
    #expect(analysis.score(first, test: "missing", shot: 1) == nil && analysis.overall(first, shot: 9) == nil)
    for (value, expected) in zip(analysis.stepCurve(first), [0.5, 0.45]) { #expect(abs(value - expected) < 1e-12) }
  }

  @Test func comparisonsAreByTaskAndCorrected() throws {
    let analysis = StudyAnalysis(Self.results())
    let comparisons = try analysis.comparisons(shot: 1)
    #expect(comparisons.map(\.second.regime) == [.oneOther, .itself, .nothing])
    for (comparison, difference) in zip(comparisons, [0.05, -0.05, 0.15]) {
      #expect(abs(comparison.paired.meanDifference - difference) < 1e-12)
      #expect(comparison.paired.count == 6)
      // Six differences of one sign, all tied: 2 · 2⁻⁶; three such tests by Holm.
      #expect(comparison.paired.wilcoxon.pValue == 0.03125 && comparison.adjustedPValue == 0.09375)
      #expect(comparison.wins == (difference > 0 ? 2 : 0) && comparison.datasets == 2)
    }
    let ranks = try #require(try analysis.ranks(shot: 1))
    #expect(ranks.friedman.meanRanks == [1, 2, 3] && ranks.friedman.blocks == 2)
  }

  @Test func transferAndPreferences() throws {
    let analysis = StudyAnalysis(Self.results())
    let matrix = analysis.transfer("prior", shot: 1)
    #expect(
      matrix.rows == ["glyphs-greek", "thai", "all others"] && matrix.groupStarts == [2] && matrix.seen == [[0, 0], [1, 1]])
    let expected = [[0.53, 0.63], [0.43, 0.73], [0.48, 0.68]]
    for (row, values) in zip(matrix.values, expected) {
      for (value, expected) in zip(row, values) { #expect(abs(try #require(value) - expected) < 1e-12) }
    }
    let preferences = try #require(try analysis.preferences())
    #expect(preferences.operations == ["none", "skip_connect"] && preferences.weights == [[0.75, 0.25], [0.25, 0.75]])
    // One edge of two is disjoint, the other equal: √(1/2).
    #expect(abs(preferences.distances[0][1] - 0.5.squareRoot()) < 1e-12 && preferences.betweenSeeds == 0)
    #expect(abs(abs(preferences.map[0][0] - preferences.map[1][0]) - 0.5.squareRoot()) < 1e-12)
  }

  @Test func thePageSaysIt() throws {
    let html = try StudyReport.render(Self.results())
    let markup = try Markup(html)
    #expect(markup.texts("h1") == ["A study of &lt;two&gt;"])
    for title in [
      "What it says", "Accuracy on every data set", "Ranks over data sets", "Paired comparisons", "Transfer", "Learning curves",
      "How the adapted cells differ", "Cost against accuracy", "How it was run",
    ] { #expect(markup.texts("h2").contains(title), "\(title)") }
    // Every drawing has its words, nothing comes from elsewhere, and no number is missing.
    #expect(markup.all("svg").count == markup.all("desc").count && markup.all("svg").count >= 7)
    #expect(!html.contains("http://") || !html.replacingOccurrences(of: "http://www.w3.org/2000/svg", with: "").contains("http"))
    #expect(!html.contains("<script") && !html.contains("nan") && !html.contains(">inf"))
    #expect(markup.texts("p").contains { $0.contains("is not clearly different from “prior, one other”: 5.0 points more") })
    #expect(markup.texts("td").contains("48.0 ± 24.8"))
    // Parts that are missing are left out.
    var bare = Self.results()
    bare.architectures = []
    bare.shots = [1]
    bare.records = bare.records.filter { $0.method == "prior" && $0.regime == .itself }
    let page = try Markup(try StudyReport.render(bare))
    #expect(!page.texts("h2").contains("Ranks over data sets") && !page.texts("h2").contains("How the adapted cells differ"))
  }

  @Test func filesHoldTheNumbers() throws {
    let results = Self.results()
    #expect(try JSONDecoder().decode(StudyResults.self, from: results.json()) == results)
    let lines = results.csv.split(separator: "\n")
    #expect(lines.count == 1 + results.records.count)
    #expect(lines[0].split(separator: ",").count == 13)
    #expect(lines.contains { $0.hasPrefix("\"fixed, \"\"best\"\"\",no meta-training,nothing,1,thai,5,1,3,") })
    #expect(results.taskCSV.split(separator: "\n").count == 1 + 3 * results.records.count)
  }
}
