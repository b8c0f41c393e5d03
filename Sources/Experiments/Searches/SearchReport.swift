import Foundation
import Reports
import SearchSpaces
import Statistics

/// The page that shows what a comparison of searches found.
public enum SearchReport {
  /// The results as a self-contained HTML document.
  ///
  /// - Parameters:
  ///   - results: what the searches have found.
  ///   - provenance: where the numbers come from, in one line.
  public static func render(_ results: SearchResults, provenance: String) -> String {
    let budget = [
      results.budgetSeconds.map { seconds in
        "\(NumberFormat.fixed(seconds, 0)) s" + (results.estimator == nil ? " of the benchmark's training time" : "")
      },
      results.budgetEvaluations.map { "\($0) evaluations" },
    ].compactMap { $0 }.joined(separator: " and ")
    let epochs = results.epochs.map(String.init).joined(separator: ", ")
    let seen =
      results.estimator.map { "scores by \($0)" } ?? "validation scores on \(results.dataset ?? "") after \(epochs) epochs"
    let after =
      results.benchmark == nil
      ? "There is no table of trainings here: scores are the estimator's, and test accuracies are not known."
      : "What each search found was then looked up."
    let summary =
      "Each method searched \(results.space) \(results.seeds) times with \(budget.isEmpty ? "no limit" : budget), seeing "
      + "\(seen). \(after)"
    let sections = [found(results), curves(results), tests(results), architectures(results)]
    return Page(
      title: "Search strategies on \(results.benchmark ?? results.space)", summary: summary, lead: figures(results),
      sections: sections.compactMap { $0 }, footer: provenance
    ).html
  }

  /// Mean and standard deviation as "93.92 (sd 0.30)", or as "2.05e+30 (sd 1.20e+30)" where the mean is that large; a dash for no
  /// numbers. `±` stands for confidence intervals everywhere.
  public static func cell(_ values: [Double], decimals: Int = 2) -> String {
    guard let sample = try? Sample(values) else { return "–" }
    func text(_ value: Double) -> String {
      abs(sample.mean) < 1e7 ? NumberFormat.fixed(value, decimals) : String(format: "%.\(max(1, decimals))e", value)
    }
    return text(sample.mean) + ((try? sample.standardDeviation()).map { " (sd \(text($0)))" } ?? "")
  }

  private static func figures(_ results: SearchResults) -> [Page.Block] {
    guard let place = results.searchedDataset else { return [] }
    let best = results.methods.compactMap { method in
      (try? Sample(method.test(place))).map { (method.name, $0.mean) }
    }.max { $0.1 < $1.1 }
    guard let best else { return [] }
    var figures = [
      Page.KeyFigure(
        value: "\(NumberFormat.fixed(best.1, 2)) %", label: "mean test accuracy of \(best.0)",
        detail: "the highest of \(results.methods.count) methods on \(results.datasets[place].name)")
    ]
    if let optimum = results.datasets[place].optimum {
      figures.append(
        Page.KeyFigure(
          value: NumberFormat.fixed(optimum - best.1, 2), label: "points below the optimum",
          detail: "\(NumberFormat.fixed(optimum, 2)) %, the best of the whole table"))
    }
    return [.figures(figures)]
  }

  private static func found(_ results: SearchResults) -> Page.Section {
    var columns = [Table.Column("method")]
    if results.estimator != nil { columns.append(Table.Column("score", numeric: true)) }
    for dataset in results.datasets {
      if dataset.validationEpochs != nil { columns.append(Table.Column("\(dataset.name) validation", numeric: true)) }
      if dataset.testEpochs != nil { columns.append(Table.Column("\(dataset.name) test", numeric: true)) }
    }
    var rows = results.methods.map { method in
      var cells = [Table.Cell(shortName(method.name))]
      if results.estimator != nil { cells.append(Table.Cell(cell(method.searches.map(\.score), decimals: 3))) }
      for (place, dataset) in results.datasets.enumerated() {
        if dataset.validationEpochs != nil { cells.append(Table.Cell(cell(method.validation(place)))) }
        if dataset.testEpochs != nil { cells.append(Table.Cell(cell(method.test(place)))) }
      }
      return cells
    }
    if results.benchmark != nil {
      var optima = [Table.Cell("best of the table")]
      if results.estimator != nil { optima.append("") }
      for dataset in results.datasets {
        if dataset.validationEpochs != nil { optima.append("") }
        if dataset.testEpochs != nil { optima.append(Table.Cell(dataset.optimum.map { NumberFormat.fixed($0, 2) } ?? "–")) }
      }
      rows.append(optima)
    }
    let judged = results.estimator.map { "Score: by \($0). " } ?? ""
    let looked =
      results.benchmark == nil
      ? "" : " Accuracies are in the benchmark's units, after the most epochs that the table has."
    return Page.Section(
      title: "What was found",
      blocks: [
        .table(Table(caption: "\(judged)Mean and standard deviation (sd) over searches.\(looked)", columns: columns, rows: rows)),
        .table(costs(results)),
      ])
  }

  /// Regret, evaluations and time of every method.
  private static func costs(_ results: SearchResults) -> Table {
    let hasRegret = results.methods.contains { $0.regret != nil }
    let regret = ["mean regret", "median regret", "optimum found"].map { Table.Column($0, numeric: true) }
    let meaning =
      hasRegret ? "Regret: the table's best test accuracy on \(results.dataset ?? "") minus that of what was found. " : ""
    return Table(
      caption: meaning + "Real time: of all searches of a method on this machine, one after the other.",
      columns: [Table.Column("method")] + (hasRegret ? regret : []) + [
        Table.Column("evaluations", numeric: true), Table.Column("real time", numeric: true),
      ],
      rows: results.methods.map { method in
        let regrets = method.searches.compactMap(\.regret)
        let cells = [
          Table.Cell(cell(regrets)), Table.Cell(NumberFormat.fixed(method.regret?.median ?? .nan, 2)),
          Table.Cell("\(regrets.count { $0 <= 0 }) of \(regrets.count)"),
        ]
        return [Table.Cell(method.name)] + (hasRegret ? cells : []) + [
          Table.Cell(cell(method.searches.map { Double($0.evaluations) }, decimals: 0)),
          Table.Cell(NumberFormat.seconds(method.wallSeconds)),
        ]
      })
  }

  /// A method's name with only the values of its settings: what fits beside a curve and in wide tables; the table of costs has whole
  /// names.
  static func shortName(_ label: String) -> String {
    let parts = label.split(separator: ":", maxSplits: 1)
    guard parts.count == 2 else { return label }
    let values = parts[1].split(separator: ",").map { $0.split(separator: "=").last.map(String.init) ?? "" }
    return "\(parts[0]) (\(values.joined(separator: ", ")))"
  }

  private static func curves(_ results: SearchResults) -> Page.Section? {
    let clocks: [(curve: KeyPath<SearchResults.Method, AnytimeCurve>, label: String, note: String, isReal: Bool)] = [
      (\.curve, "simulated seconds", "", false),
      (
        \.wallCurve, "real seconds",
        results.estimator == nil ? " Look-ups take next to nothing, so that this is what the strategies themselves take." : "",
        true
      ),
    ]
    // An estimator's clock is measured: it is real time without the strategies' own.
    let blocks = clocks.filter { $0.isReal || results.estimator == nil }.flatMap { clock in
      charts(results, clock.curve, label: clock.label, note: clock.note, logarithmic: clock.isReal)
    }
    return blocks.isEmpty ? nil : Page.Section(title: "While the clock runs", blocks: blocks)
  }

  /// The charts of one clock: scores and, where there are any, test accuracies.
  private static func charts(
    _ results: SearchResults, _ curve: KeyPath<SearchResults.Method, AnytimeCurve>, label: String, note: String, logarithmic: Bool
  ) -> [Page.Block] {
    func series(_ values: (AnytimeCurve.Point) -> [Double]?) -> [LineChart.Series] {
      results.methods.map { method in
        LineChart.Series(
          name: shortName(method.name),
          points: method[keyPath: curve].points.compactMap { point in
            guard let quartiles = values(point), quartiles.count == 3 else { return nil }
            return LineChart.Point(x: point.seconds, y: quartiles[1], lower: quartiles[0], upper: quartiles[2])
          })
      }
    }
    let score = results.estimator.map { "score by \($0)" } ?? "validation score on \(results.dataset ?? "")"
    let scores = series(\.score)
    guard scores.contains(where: { !$0.points.isEmpty }) else { return [] }
    var blocks: [Page.Block] = [
      .chart(
        LineChart(
          title: "Best \(results.estimator == nil ? "validation " : "")score so far, by \(label)", xLabel: label,
          yLabel: results.estimator == nil ? "validation score" : "score", series: scores, logarithmicX: logarithmic),
        caption: "The best \(score) that a search has seen: median over searches, band from the "
          + "lower to the upper quartile. Scores after different numbers of epochs are not comparable.\(note)")
    ]
    let tests = series(\.test)
    if tests.contains(where: { !$0.points.isEmpty }) {
      blocks.append(
        .chart(
          LineChart(
            title: "Its test accuracy, by \(label)", xLabel: label, yLabel: "test accuracy in %", series: tests,
            logarithmicX: logarithmic,
            reference: results.searchedDataset.flatMap { results.datasets[$0].optimum }.map { ($0, "best of the table") }),
          caption:
            "The test accuracy on \(results.dataset ?? "") of the architecture with that score, read after the searches had "
            + "ended."))
    }
    return blocks
  }

  private static func tests(_ results: SearchResults) -> Page.Section? {
    let comparisons = results.comparisons
    guard !comparisons.isEmpty else { return nil }
    let hasTests = results.searchedDataset.map { results.datasets[$0].testEpochs != nil } ?? false
    let compared = hasTests ? "Test accuracy on \(results.dataset ?? "")" : "Score of what was found"
    return Page.Section(
      title: "Which differences are more than chance",
      blocks: [
        .table(
          Table(
            caption:
              "\(compared): Mann–Whitney tests of independent searches (exact up to 50 of both methods together), p-values adjusted for all "
              + "pairs by Holm's method. Superiority: the share of pairs of searches in which the first is better, ties half.",
            columns: [
              Table.Column("first"), Table.Column("second"), Table.Column("difference of means", numeric: true),
              Table.Column("superiority", numeric: true), Table.Column("p", numeric: true),
            ],
            rows: comparisons.map { pair in
              [
                Table.Cell(shortName(pair.first)), Table.Cell(shortName(pair.second)),
                Table.Cell(NumberFormat.fixed(pair.difference, 2)),
                Table.Cell(NumberFormat.percent(pair.superiority) + " %"),
                Table.Cell(NumberFormat.pValue(pair.adjustedPValue), strong: pair.adjustedPValue < 0.05),
              ]
            }))
      ])
  }

  private static func architectures(_ results: SearchResults) -> Page.Section? {
    let rows = results.methods.compactMap { method -> [Table.Cell]? in
      let counts = Dictionary(method.searches.map { ($0.architecture, 1) }, uniquingKeysWith: +)
      // The most frequent, the first by text of equals.
      guard let top = counts.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }) else { return nil }
      return [Table.Cell(shortName(method.name)), Table.Cell("\(counts.count)"), Table.Cell("\(top.value)"), Table.Cell(top.key)]
    }
    guard !rows.isEmpty else { return nil }
    return Page.Section(
      title: "Architectures",
      blocks: [
        .table(
          Table(
            caption: "How many different architectures the searches of each method found, and the one found most often.",
            columns: [
              Table.Column("method"), Table.Column("different", numeric: true), Table.Column("times", numeric: true),
              Table.Column("most frequent"),
            ], rows: rows))
      ])
  }
}
