import Basics
import SearchSpaces

/// The page with the results of a comparison of few-shot methods.
public enum ComparisonReport {
  /// The results as a self-contained HTML document. Parts that the results lack are left out.
  public static func render(_ results: ComparisonResults) -> String { page(results).html }

  static func page(_ results: ComparisonResults) -> Page {
    let sections = [
      accuracy(results), comparisons(results), curves(results), architectures(results), adaptation(results),
      sampleTask(results), provenance(results),
    ]
    let figures = keyFigures(results)
    return Page(
      title: results.title, summary: results.summary, lead: figures.isEmpty ? [] : [.figures(figures)],
      sections: sections.compactMap { $0 }, footer: footer(results.run))
  }

  // MARK: Key figures

  private static func keyFigures(_ results: ComparisonResults) -> [Page.KeyFigure] {
    guard let split = results.splits.first, let name = results.highlighted ?? results.methods.first?.name,
      let method = results.methods.first(where: { $0.name == name })
    else { return [] }
    var figures = [Page.KeyFigure]()
    if let evaluation = method.evaluation(on: split.name) {
      figures.append(
        Page.KeyFigure(
          value: "\(NumberFormat.percent(evaluation.mean)) %", label: "\(name), \(split.title)",
          detail: "± \(NumberFormat.percent(evaluation.halfWidth)) (95 %), \(evaluation.tasks) tasks"))
    }
    // The strongest rival is the honest one to name.
    let rivals = results.comparisons.filter { $0.first == name && $0.split == split.name }
    if let rival = rivals.min(by: { $0.meanDifference < $1.meanDifference }) {
      let interval = "\(NumberFormat.points(rival.interval.lower)) to \(NumberFormat.points(rival.interval.upper))"
      figures.append(
        Page.KeyFigure(
          value: NumberFormat.points(rival.meanDifference), label: "points against \(rival.second)",
          detail: "95 % interval \(interval), the strongest rival on the same tasks"))
    }
    if let seconds = method.secondsPerAdaptation {
      figures.append(
        Page.KeyFigure(value: NumberFormat.seconds(seconds), label: "to adapt to a new task", detail: results.run.machine))
    }
    if let parameters = method.parameters {
      let work = method.multiplyAdds.map { "\(NumberFormat.count($0)) multiply-adds an image" } ?? ""
      figures.append(Page.KeyFigure(value: NumberFormat.count(parameters), label: "parameters", detail: work))
    }
    return figures
  }

  // MARK: Sections

  private static func accuracy(_ results: ComparisonResults) -> Page.Section? {
    guard !results.methods.isEmpty else { return nil }
    var blocks = [Page.Block]()
    for split in results.splits {
      let rows = results.methods.compactMap { method in
        method.evaluation(on: split.name).map {
          IntervalPlot.Row(
            label: method.name, value: $0.mean, lower: $0.mean - $0.halfWidth, upper: $0.mean + $0.halfWidth,
            highlighted: method.name == results.highlighted)
        }
      }
      guard !rows.isEmpty else { continue }
      let plot = IntervalPlot(
        title: "Accuracy, \(split.title)", axisLabel: "query accuracy, %", rows: rows, reference: split.chance)
      let counts = Set(results.methods.compactMap { $0.evaluation(on: split.name)?.tasks }).sorted()
      let tasks = counts.map(String.init).joined(separator: " or ")
      let chance = split.chance.map { " Guessing gives \(NumberFormat.percent($0)) %." } ?? ""
      blocks.append(
        .chart(
          plot,
          caption:
            "\(split.title.capitalisedFirst): mean query accuracy over \(tasks) tasks with its 95 % confidence interval.\(chance)"
        ))
    }
    blocks.append(.table(methodTable(results)))
    return Page.Section(title: "Accuracy and cost", blocks: blocks)
  }

  private static func methodTable(_ results: ComparisonResults) -> Table {
    let best = results.splits.map { split in
      results.methods.compactMap { $0.evaluation(on: split.name)?.mean }.max() ?? .infinity
    }
    let columns =
      [Table.Column("method")] + results.splits.map { Table.Column("\($0.title), %", numeric: true) }
      + ["parameters", "multiply-adds", "time to adapt", "meta-training"].map { Table.Column($0, numeric: true) }
    let rows = results.methods.map { method in
      [Table.Cell(method.name, strong: method.name == results.highlighted)]
        + zip(results.splits, best).map { split, best in
          guard let evaluation = method.evaluation(on: split.name) else { return "–" }
          return Table.Cell(
            "\(NumberFormat.percent(evaluation.mean)) ± \(NumberFormat.percent(evaluation.halfWidth))",
            strong: evaluation.mean == best)
        }
        + [
          Table.Cell(method.parameters.map(NumberFormat.count) ?? "–"),
          Table.Cell(method.multiplyAdds.map(NumberFormat.count) ?? "–"),
          Table.Cell(method.secondsPerAdaptation.map(NumberFormat.seconds) ?? "–"),
          Table.Cell(method.metaTrainingSeconds.map(NumberFormat.seconds) ?? "–"),
        ]
    }
    return Table(
      caption:
        "Mean query accuracy ± the half width of its 95 % confidence interval over tasks; the best mean of a column is bold. "
        + "Multiply-adds are those of convolutions and the linear layer for one image. A dash stands for what was not measured.",
      columns: columns, rows: rows)
  }

  private static func comparisons(_ results: ComparisonResults) -> Page.Section? {
    guard !results.comparisons.isEmpty else { return nil }
    var blocks: [Page.Block] = [
      .paragraph(
        "Every method saw the same tasks, so differences are taken task by task. "
          + "An interval that excludes zero, or a small p-value, says that the difference is not the luck of the tasks drawn; "
          + "it says nothing about other seeds of meta-training."
      )
    ]
    for split in results.splits {
      let family = results.comparisons.filter { $0.split == split.name }
      guard !family.isEmpty else { continue }
      let oneFirst = Set(family.map(\.first)).count == 1
      let rows = family.map { item in
        let (p, name) = item.adjustedPValue.map { ($0, "Holm p") } ?? (item.pValue, "p")
        let text = NumberFormat.pValue(p)
        return IntervalPlot.Row(
          label: oneFirst ? item.second : "\(item.first) − \(item.second)", value: item.meanDifference,
          lower: item.interval.lower, upper: item.interval.upper, highlighted: !item.interval.contains(0),
          note: text.hasPrefix("<") ? "\(name) \(text)" : "\(name) = \(text)")
      }
      let subject = oneFirst ? "\(family[0].first) minus" : "First method minus second"
      blocks.append(
        .chart(
          IntervalPlot(
            title: "Paired differences, \(split.title)", axisLabel: "\(subject) …, percentage points", rows: rows,
            quantity: .difference),
          caption:
            "\(split.title.capitalisedFirst): mean paired difference with its 95 % interval (Student), "
            + "and the p-value of Wilcoxon’s signed-rank test"
            + (family.contains { $0.adjustedPValue != nil } ? ", corrected by Holm’s method." : ".")))
    }
    return Page.Section(title: "Paired comparisons", blocks: blocks)
  }

  private static func curves(_ results: ComparisonResults) -> Page.Section? {
    guard !results.curves.isEmpty else { return nil }
    return Page.Section(
      title: "Learning curves",
      blocks: results.curves.map { family in
        let chance = family.percent ? results.splits.first?.chance : nil
        let banded = family.series.contains { $0.points.contains { $0.lower != nil } }
        return .chart(
          LineChart(
            title: family.title, xLabel: family.xLabel, yLabel: family.yLabel, series: family.series,
            styles: styles(family.series, results), logarithmicX: family.logarithmicX, percent: family.percent,
            reference: chance.map { ($0, "chance") }),
          caption: "\(family.title)." + (banded ? " Bands are 95 % intervals." : ""))
      })
  }

  /// A method looks the same in all charts: by its place in the list of methods, or after them where it is not in the list.
  private static func styles(_ series: [LineChart.Series], _ results: ComparisonResults) -> [Int] {
    series.enumerated().map { index, curve in
      results.methods.firstIndex { $0.name == curve.name } ?? results.methods.count + index
    }
  }

  private static func architectures(_ results: ComparisonResults) -> Page.Section? {
    guard !results.architectures.isEmpty else { return nil }
    var blocks: [Page.Block] = [
      .paragraph(
        "A cell’s inputs are the outputs of the two cells before it. Every node adds up what its incoming edges carry; "
          + "the cell’s output concatenates all nodes.")
    ]
    for architecture in results.architectures {
      for kind in CellKind.allCases {
        guard let cell = architecture.genotype[kind] else { continue }
        let caption = "\(architecture.name.capitalisedFirst): \(kind.rawValue) cell."
        blocks.append(.drawing(svg: GenotypeDrawing.svg(of: cell, title: caption), caption: caption))
      }
      blocks.append(.verbatim(title: "\(architecture.name.capitalisedFirst), as text", text: architecture.genotype.text))
    }
    return Page.Section(title: "Architectures", blocks: blocks)
  }

  private static func provenance(_ results: ComparisonResults) -> Page.Section {
    let run = results.run
    let rows: [[Table.Cell]] = [
      ["tasks", Table.Cell("\(run.way)-way \(run.shot)-shot")],
      ["data sets", Table.Cell(run.datasets.joined(separator: "; "))],
      ["batch norm", Table.Cell(run.batchNorm)],
      ["seed", Table.Cell("\(run.seed)")],
      ["threads", Table.Cell("\(run.threads)")],
      ["machine", Table.Cell(run.machine)],
      ["version", Table.Cell(run.version)],
      ["date", Table.Cell(run.date)],
    ]
    return Page.Section(
      title: "How it was run",
      blocks: [
        .table(
          Table(
            caption: "", columns: [Table.Column("setting"), Table.Column("value")],
            rows: rows.filter { !$0[1].text.isEmpty }))
      ] + (run.configuration.isEmpty ? [] : [.verbatim(title: "Configuration", text: run.configuration)]))
  }

  private static func footer(_ run: ComparisonResults.RunInformation) -> String {
    "ArchPrior \(run.version), seed \(run.seed)" + (run.date.isEmpty ? "" : ", \(run.date)") + "."
  }
}
