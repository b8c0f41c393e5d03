import Basics
import Foundation
import Reports
import SearchSpaces
import Statistics
import Testing

@Suite struct ComparisonReportTests {
  /// With `ARCHPRIOR_TEST_DRAWINGS` set to a folder, writes the page there, to be looked at.
  @Test func everyPartAppears() throws {
    let results = try MadeUp.results()
    let html = ComparisonReport.render(results)
    if let folder = ProcessInfo.processInfo.environment["ARCHPRIOR_TEST_DRAWINGS"] {
      try html.write(toFile: "\(folder)/report.html", atomically: true, encoding: .utf8)
    }
    let markup = try Markup(html)
    #expect(
      markup.texts("h2") == [
        "Accuracy and cost", "Paired comparisons", "Learning curves", "Architectures", "From prior to task", "One task",
        "How it was run",
      ])
    // 2 splits + 2 families of comparisons + 2 of curves + 4 cells + 2 tables of weights.
    #expect(markup.all("svg").count == 12)
    #expect(markup.all("img").count == 5 + 25)
    #expect(markup.all("td").count { $0.attributes["class"] == "right strong" } >= 2)
    let wrong = results.sampleTask.map { task in task.query.count { $0.prediction != $0.label } }
    #expect(markup.all("span").count { $0.attributes["class"] == "picture wrong-answer" } == wrong)
  }

  @Test func picturesHaveWordsAndNothingIsFetched() throws {
    let html = ComparisonReport.render(try MadeUp.results())
    let markup = try Markup(html)
    #expect(markup.all("img").allSatisfy { !($0.attributes["alt"] ?? "").isEmpty })
    #expect(markup.texts("title").count == 1 + markup.all("svg").count)
    #expect(markup.texts("desc").allSatisfy { $0.count > 10 } && markup.texts("desc").count == markup.all("svg").count)
    for forbidden in ["<script", "<link", "@import", "url(", " src=\"http"] {
      #expect(!html.contains(forbidden), "\(forbidden)")
    }
    let addresses = html.matches(of: /https?:[^" ]*/).map { String($0.0) }
    #expect(Set(addresses) == ["http://www.w3.org/2000/svg"])
  }

  @Test func textIsEscaped() throws {
    var results = try MadeUp.results()
    let attack = "</style><script>alert('\"&')</script>"
    results.title = attack
    results.summary = attack
    results.run.configuration = attack
    results.run.batchNorm = attack
    results.splits[0].title = attack
    results.methods[0].name = attack
    results.highlighted = attack
    results.curves[0].title = attack
    results.curves[0].series[0] = .init(name: attack, points: results.curves[0].series[0].points)
    results.architectures[0].name = attack
    results.adaptation?.task = attack
    results.sampleTask?.description = attack
    results.sampleTask?.support[0].label = attack
    results.sampleTask?.query[0].prediction = attack
    let html = ComparisonReport.render(results)
    #expect(!html.contains("<script"))
    #expect(!html.contains("alert('"))
    let markup = try Markup(html)
    #expect(markup.texts("h1") == ["&lt;/style&gt;&lt;script&gt;alert(&#39;&quot;&amp;&#39;)&lt;/script&gt;"])
  }

  @Test func emptyResultsStillMakeAPage() throws {
    let results = ComparisonResults(
      title: "Nothing yet",
      run: .init(version: "1", seed: 1, threads: 1, way: 5, shot: 1, datasets: [], batchNorm: "", machine: ""),
      splits: [], methods: [])
    let markup = try Markup(ComparisonReport.render(results))
    #expect(markup.texts("h2") == ["How it was run"])
    #expect(markup.all("svg").isEmpty)
  }

  @Test func oddTablesOfLogitsAreShownWithoutChoices() throws {
    var results = try MadeUp.results()
    results.adaptation?.cells = [.init(kind: .normal, before: [[0, 1], [2]], after: [[.nan, 0]])]
    func outlines(_ results: ComparisonResults) throws -> Int {
      let markup = try Markup(ComparisonReport.render(results))
      #expect(markup.texts("h2").contains("From prior to task"))
      return markup.all("rect").count { $0.attributes["stroke-width"] == "2" }
    }
    #expect(try outlines(MadeUp.results()) > 0 && outlines(results) == 0)
  }
}

@Suite struct ComparisonResultsTests {
  @Test func jsonKeepsTheResults() throws {
    let results = try MadeUp.results()
    let json = try results.json()
    #expect(try ComparisonResults(json: json, file: "results.json") == results)
    #expect(try results.json() == json)
  }

  @Test func badFilesAreNamedWithTheKey() throws {
    let json = String(decoding: try MadeUp.results().json(), as: UTF8.self)
    func read(_ text: String) throws { _ = try ComparisonResults(json: Data(text.utf8), file: "r.json") }
    #expect(throws: ResultsFileError.schema(file: "r.json", found: 99, expected: 1)) {
      try read(json.replacing("\"schema\" : 1", with: "\"schema\" : 99"))
    }
    #expect(throws: ResultsFileError.badValue(file: "r.json", key: "schema", reason: "missing")) { try read("{}") }
    #expect(throws: ResultsFileError.badValue(file: "r.json", key: "run.seed", reason: "not of the kind UInt64")) {
      try read(json.replacing("\"seed\" : 42", with: "\"seed\" : \"x\""))
    }
    #expect {
      try read(json.replacing("sep_conv_3x3,0)(sep", with: "sep_conv_9x9,0)(sep"))
    } throws: { error in
      guard case .badValue("r.json", "architectures.0.genotype", let reason)? = error as? ResultsFileError else { return false }
      return reason.description.contains("position")
    }
    #expect {
      try read(String(json.prefix(1000)))
    } throws: { error in
      if case .notJSON("r.json", _)? = error as? ResultsFileError { true } else { false }
    }
  }

  /// Differences of 0.1 ± known noise, by hand: mean 0.1, and Holm doubles the smaller of two p-values.
  @Test func comparisonsArePaired() throws {
    let first = [0.9, 0.8, 0.7, 0.9, 0.8, 0.6]
    let close = [0.8, 0.7, 0.65, 0.75, 0.7, 0.5]
    let mixed = [0.8, 0.9, 0.7, 0.8, 0.85, 0.65]
    let methods = try [("a", first), ("b", close), ("c", mixed), ("d", [0.1, 0.2])].map { name, accuracies in
      try ComparisonResults.Method(name: name, evaluations: [.init(split: "test", accuracies: accuracies)])
    }
    let found = try ComparisonResults.comparisons(of: "a", with: methods, splits: [.init(name: "test", title: "test")])
    // d was evaluated on other tasks and is left out.
    #expect(found.map(\.second) == ["b", "c"])
    #expect(abs(found[0].meanDifference - 0.1) < 1e-12)
    #expect(abs(found[1].meanDifference - 0.0) < 1e-12)
    #expect(found[0].interval.contains(0.1) && !found[0].interval.contains(0))
    let smaller = found[0].pValue
    #expect(smaller < found[1].pValue)
    #expect(found[0].adjustedPValue == 2 * smaller)
    #expect(found[1].adjustedPValue == max(2 * smaller, found[1].pValue))
  }
}
