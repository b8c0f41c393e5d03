import Statistics

/// The page with the results of a study over many data sets.
public enum StudyReport {
  /// The results as a self-contained HTML document. Parts that the results lack are left out.
  ///
  /// - Throws: `StatisticsError` if records are too short for a statistic.
  public static func render(_ results: StudyResults) throws -> String { try page(results).html }

  static func page(_ results: StudyResults) throws -> Page {
    let analysis = StudyAnalysis(results)
    let shot = results.shots.first ?? 1
    let comparisons = try analysis.comparisons(shot: shot)
    let ranks = try analysis.ranks(shot: shot)
    let sections = [
      verdict(analysis, comparisons, shot), accuracy(analysis), rankSection(ranks, shot), paired(comparisons, shot),
      transfer(analysis, shot), curves(analysis), try preferences(analysis), cost(analysis, shot), provenance(results),
    ]
    return Page(
      title: results.name, summary: summary(results), lead: [.figures(figures(analysis, comparisons, ranks, shot))],
      sections: sections.compactMap { $0 },
      footer: "ArchPrior \(results.run.version), seeds \(results.run.seeds.map(String.init).joined(separator: ", ")).")
  }

  private static func summary(_ results: StudyResults) -> String {
    let shots = results.shots.map { "\($0)" }.joined(separator: " and ")
    return """
      \(results.methods.count) methods, \(results.datasets.count) data sets, \(results.run.seeds.count) seeds; \
      \(results.way)-way tasks of \(shots) shots. Every meta-training saw \(results.metaTrainingTasks) tasks; every test task is \
      the same for all, made of classes that no run was trained on.
      """
  }

  private static func figures(
    _ analysis: StudyAnalysis, _ comparisons: [StudyAnalysis.Comparison],
    _ ranks: (contestants: [StudyAnalysis.Contestant], friedman: Friedman, nemenyi: Nemenyi)?, _ shot: Int
  ) -> [Page.KeyFigure] {
    var figures: [Page.KeyFigure] = []
    if let first = analysis.highlighted, let score = analysis.overall(first, shot: shot) {
      figures.append(
        .init(
          value: "\(NumberFormat.percent(score.mean)) %", label: first.name,
          detail: score.interval.map { "± \(NumberFormat.percent($0.halfWidth)) over data sets (95 %), \(shot)-shot" } ?? ""))
    }
    for comparison in comparisons.filter({ $0.second.regime.isUnseen }).prefix(2) {
      figures.append(
        .init(
          value: NumberFormat.points(comparison.paired.meanDifference), label: "points against \(comparison.second.name)",
          detail: "better on \(comparison.wins) of \(comparison.datasets) data sets, Holm p \(equals(comparison.adjustedPValue))")
      )
    }
    if let ranks {
      figures.append(
        .init(
          value: "p \(equals(ranks.friedman.pValue))", label: "Friedman’s test over data sets",
          detail: "\(ranks.contestants.count) contestants, \(ranks.friedman.blocks) data sets"))
    }
    return figures
  }

  private static func equals(_ p: Double) -> String {
    let text = NumberFormat.pValue(p)
    return text.hasPrefix("<") ? text : "= \(text)"
  }

  /// The questions of the study with the answers that the numbers give, whichever way they fall.
  private static func verdict(
    _ analysis: StudyAnalysis, _ comparisons: [StudyAnalysis.Comparison], _ shot: Int
  ) -> Page.Section? {
    guard let first = analysis.highlighted, !comparisons.isEmpty else { return nil }
    var lines: [String] = []
    for comparison in comparisons where comparison.second.regime.isUnseen {
      let interval = comparison.paired.interval
      let points = NumberFormat.points(abs(comparison.paired.meanDifference), 1).replacingOccurrences(of: "+", with: "")
      let isClear = comparison.adjustedPValue < 0.05 && !interval.contains(0)
      let relation =
        !isClear
        ? "is not clearly different from" : comparison.paired.meanDifference > 0 ? "is better than" : "is worse than"
      lines.append(
        "On unseen data sets, “\(first.name)” \(relation) “\(comparison.second.name)”: \(points) points "
          + "\(comparison.paired.meanDifference < 0 ? "less" : "more") (95 % interval \(NumberFormat.points(interval.lower)) to "
          + "\(NumberFormat.points(interval.upper)) over \(comparison.paired.count) tasks, Holm p \(equals(comparison.adjustedPValue))), "
          + "higher on \(comparison.wins) of \(comparison.datasets) data sets.")
    }
    guard !lines.isEmpty else { return nil }
    lines.append(
      "Intervals and p-values are about the tasks drawn; how much seeds of meta-training differ stands in the table below.")
    return Page.Section(title: "What it says", blocks: lines.map { .paragraph($0) })
  }

  private static func accuracy(_ analysis: StudyAnalysis) -> Page.Section? {
    let results = analysis.results
    guard !analysis.contestants.isEmpty else { return nil }
    var blocks: [Page.Block] = []
    for shot in results.shots {
      let tests = results.datasets
      let best = tests.map { test in
        analysis.unseen.compactMap { analysis.score($0, test: test, shot: shot)?.mean }.max() ?? .infinity
      }
      let rows = analysis.contestants.map { contestant in
        let cells = zip(tests, best).map { test, best -> Table.Cell in
          guard let score = analysis.score(contestant, test: test, shot: shot) else { return "–" }
          let half = score.interval.map { " ± \(NumberFormat.percent($0.halfWidth))" } ?? ""
          return Table.Cell(NumberFormat.percent(score.mean) + half, strong: contestant.regime.isUnseen && score.mean == best)
        }
        let overall = analysis.overall(contestant, shot: shot)
        return [Table.Cell(contestant.name, strong: contestant == analysis.highlighted)] + cells + [
          Table.Cell(
            overall.map { score in
              NumberFormat.percent(score.mean) + (score.interval.map { " ± \(NumberFormat.percent($0.halfWidth))" } ?? "")
            } ?? "–"),
          Table.Cell(overall?.seedDeviation.map { NumberFormat.percent($0, 2) } ?? "–"),
        ]
      }
      blocks.append(
        .table(
          Table(
            caption:
              "\(results.way)-way \(shot)-shot: mean query accuracy in %, ± the half width of its 95 % interval over tasks (Student); the last two columns are "
              + "the mean over data sets with its interval over data sets, and the standard deviation between seeds. Bold is the best of "
              + "those that have seen nothing of the data set. “\(StudyResults.Regime.itself.rawValue)” and "
              + "“\(StudyResults.Regime.everything.rawValue)” were trained on other classes of it.",
            columns: [.init("method, meta-trained on")] + tests.map { .init(short($0), numeric: true) } + [
              .init("mean", numeric: true), .init("sd of seeds", numeric: true),
            ], rows: rows)))
    }
    return Page.Section(title: "Accuracy on every data set", blocks: blocks)
  }

  private static func rankSection(
    _ ranks: (contestants: [StudyAnalysis.Contestant], friedman: Friedman, nemenyi: Nemenyi)?, _ shot: Int
  ) -> Page.Section? {
    guard let ranks else { return nil }
    let friedman = ranks.friedman
    let iman = friedman.imanDavenport.map {
      "Iman and Davenport’s F = \(NumberFormat.fixed($0, 2)), p \(equals(friedman.imanDavenportPValue))"
    }
    return Page.Section(
      title: "Ranks over data sets",
      blocks: [
        .paragraph(
          "Friedman’s test over \(friedman.blocks) data sets (\(shot)-shot): χ² = \(NumberFormat.fixed(friedman.statistic, 2)), "
            + "p \(equals(friedman.pValue)) (\(friedman.method == .exact ? "exact" : "χ²’s distribution")); \(iman ?? "the ranks are the same on every data set")."
        ),
        .chart(
          CriticalDifferenceDiagram(
            title: "Mean ranks", methods: ranks.contestants.map(\.name), test: ranks.nemenyi,
            highlighted: ranks.contestants.firstIndex { $0.regime == .allOthers }),
          caption:
            "Mean ranks, 1 is best. A bar joins what Nemenyi’s test cannot tell apart at 5 %: mean ranks closer than the critical difference. "
            + "With \(friedman.blocks) data sets only large differences of ranks can be told apart."),
      ])
  }

  private static func paired(_ comparisons: [StudyAnalysis.Comparison], _ shot: Int) -> Page.Section? {
    guard let first = comparisons.first?.first else { return nil }
    let rows = comparisons.map { comparison in
      IntervalPlot.Row(
        label: comparison.second.name, value: comparison.paired.meanDifference, lower: comparison.paired.interval.lower,
        upper: comparison.paired.interval.upper, highlighted: !comparison.paired.interval.contains(0),
        note: "Holm p \(equals(comparison.adjustedPValue))")
    }
    let table = comparisons.map { comparison -> [Table.Cell] in
      [
        Table.Cell(comparison.second.name), Table.Cell(NumberFormat.points(comparison.paired.meanDifference, 2)),
        Table.Cell(equals(comparison.paired.wilcoxon.pValue).replacingOccurrences(of: "= ", with: "")),
        Table.Cell(equals(comparison.adjustedPValue).replacingOccurrences(of: "= ", with: "")),
        Table.Cell(NumberFormat.fixed(comparison.paired.wilcoxon.rankBiserial, 2)),
        Table.Cell(NumberFormat.fixed(comparison.cohensD, 2)),
        Table.Cell(NumberFormat.fixed(comparison.cliffsDelta, 2)), Table.Cell("\(comparison.wins) of \(comparison.datasets)"),
      ]
    }
    return Page.Section(
      title: "Paired comparisons",
      blocks: [
        .chart(
          IntervalPlot(
            title: "Paired differences", axisLabel: "\(first.name) minus …, percentage points", rows: rows, quantity: .difference),
          caption:
            "Differences task by task over all data sets, \(shot)-shot, with 95 % intervals (Student) and Wilcoxon’s signed-rank test."
        ),
        .table(
          Table(
            caption:
              "“\(first.name)” against the others. Effect sizes: matched-pairs rank-biserial correlation, Cohen’s d of the differences, "
              + "Cliff’s delta; the last column counts data sets with the higher mean.",
            columns: [.init("against")]
              + ["points", "Wilcoxon p", "Holm p", "rank-biserial", "Cohen’s d", "Cliff’s δ", "data sets"].map {
                .init($0, numeric: true)
              },
            rows: table)),
      ])
  }

  private static func transfer(_ analysis: StudyAnalysis, _ shot: Int) -> Page.Section? {
    let blocks = analysis.results.methods.compactMap { method -> Page.Block? in
      let matrix = analysis.transfer(method, shot: shot)
      guard matrix.rows.count > 1 else { return nil }
      return .chart(
        TransferMatrix(
          title: "Transfer of \(method)", rows: matrix.rows.map(short), columns: analysis.results.datasets.map(short),
          values: matrix.values, seen: matrix.seen, groupStarts: matrix.groupStarts),
        caption:
          "\(method.capitalisedFirst), \(shot)-shot: accuracy in % by what was meta-trained on (rows) and tested on (columns), mean over seeds. A corner "
          + "marks cells whose test data set was trained on too (other classes of it); the best of every column is outlined.")
    }
    return blocks.isEmpty ? nil : Page.Section(title: "Transfer", blocks: blocks)
  }

  private static func curves(_ analysis: StudyAnalysis) -> Page.Section? {
    let results = analysis.results
    var blocks: [Page.Block] = []
    func series(_ points: (StudyAnalysis.Contestant) -> [LineChart.Point]) -> [LineChart.Series] {
      analysis.unseen.map { .init(name: $0.name, points: points($0)) }.filter { $0.points.count > 1 }
    }
    let steps = series { contestant in
      analysis.stepCurve(contestant).enumerated().map { .init(x: Double($0.offset), y: $0.element) }
    }
    let styles = analysis.unseen.indices.map { $0 }
    func style(_ series: [LineChart.Series]) -> [Int] {
      series.map { curve in analysis.unseen.firstIndex { $0.name == curve.name }.map { styles[$0] } ?? 0 }
    }
    if !steps.isEmpty {
      blocks.append(
        .chart(
          LineChart(
            title: "Accuracy over inner steps", xLabel: "inner steps", yLabel: "query accuracy, %", series: steps,
            styles: style(steps),
            percent: true, reference: (1 / Double(max(1, results.way)), "chance")),
          caption: "Accuracy while adapting, \(results.shots.first ?? 1)-shot, mean over data sets and seeds."))
    }
    let shots = series { contestant in
      results.shots.sorted().compactMap { shot in
        analysis.overall(contestant, shot: shot).map {
          .init(x: Double(shot), y: $0.mean, lower: $0.interval?.lower, upper: $0.interval?.upper)
        }
      }
    }
    if !shots.isEmpty {
      blocks.append(
        .chart(
          LineChart(
            title: "Accuracy over shots", xLabel: "support images a class", yLabel: "query accuracy, %", series: shots,
            styles: style(shots), logarithmicX: true, percent: true),
          caption: "Accuracy by the number of support images, mean over data sets; bands are 95 % intervals over data sets."))
    }
    return blocks.isEmpty ? nil : Page.Section(title: "Learning curves", blocks: blocks)
  }

  private static func cost(_ analysis: StudyAnalysis, _ shot: Int) -> Page.Section? {
    let points = analysis.unseen.enumerated().compactMap { index, contestant -> ScatterChart.Point? in
      let records = analysis.results.records.filter {
        $0.method == contestant.method && $0.regime == contestant.regime && $0.shot == shot
      }
      guard !records.isEmpty, let score = analysis.overall(contestant, shot: shot) else { return nil }
      let seconds = records.reduce(0) { $0 + $1.secondsPerTask } / Double(records.count)
      return .init(
        name: contestant.name, x: 1000 * seconds, y: score.mean, lower: score.interval?.lower, upper: score.interval?.upper,
        style: index)
    }
    guard !points.isEmpty else { return nil }
    let rows = analysis.results.methods.compactMap { method -> [Table.Cell]? in
      guard let record = analysis.results.records.first(where: { $0.method == method }) else { return nil }
      return [
        Table.Cell(method), Table.Cell(NumberFormat.count(record.parameters)),
        Table.Cell(NumberFormat.count(record.multiplyAdds)),
      ]
    }
    return Page.Section(
      title: "Cost against accuracy",
      blocks: [
        .chart(
          ScatterChart(
            title: "Cost against accuracy", points: points,
            plane: .axes(
              x: "milliseconds to adapt to a task and predict, one thread", y: "query accuracy, %", logarithmicX: true,
              percent: true)),
          caption:
            "Mean accuracy over data sets, \(shot)-shot, with 95 % intervals over data sets, against the time of one adaptation."),
        .table(
          Table(
            caption: "Size of what adapts.",
            columns: [.init("method"), .init("parameters", numeric: true), .init("multiply-adds an image", numeric: true)],
            rows: rows)),
      ])
  }

  private static func provenance(_ results: StudyResults) -> Page.Section {
    let run = results.run
    let rows: [[Table.Cell]] = [
      ["machine", Table.Cell(run.machine)], ["version", Table.Cell(run.version)], ["batch norm", Table.Cell(run.batchNorm)],
      ["data sets", Table.Cell(run.datasets.joined(separator: "; "))],
      [
        "classes left out",
        Table.Cell("\(results.dropped.count) training classes that look like a test class of another data set"),
      ],
    ]
    var blocks: [Page.Block] = [
      .table(Table(caption: "", columns: [.init("setting"), .init("value")], rows: rows.filter { !$0[1].text.isEmpty }))
    ]
    if !results.failures.isEmpty {
      blocks.append(.verbatim(title: "\(results.failures.count) runs failed", text: results.failures.joined(separator: "\n")))
    }
    blocks.append(.verbatim(title: "The study’s file", text: run.configuration))
    return Page.Section(title: "How it was run", blocks: blocks)
  }

  /// Data sets without the name of their family.
  static func short(_ name: String) -> String { name.hasPrefix("glyphs-") ? String(name.dropFirst(7)) : name }
}
