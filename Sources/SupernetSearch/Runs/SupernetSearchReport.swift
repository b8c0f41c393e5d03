import Reports

/// The page that shows how searches on a supernet went: which operations grew, how sharp the loss became, and what was found.
public enum SupernetSearchReport {
  /// A search that has ended, as the page's table shows it.
  public struct Row: Sendable {
    /// The method's label: its name and the settings that differ from the usual ones.
    public var method: String
    /// The seed of the search.
    public var seed: UInt64
    /// The architecture that was found, in words.
    public var architecture: String
    /// The validation accuracy with the shared weights, in 0...1; `nil` where no architectures were compared.
    public var sharedAccuracy: Double?
    /// The time that all epochs took together, in seconds.
    public var seconds: Double
    /// The epoch at which the growth of the eigenvalue would have stopped the search; `nil` where it would not.
    public var stopping: Int?
    /// Test accuracies in percent, by data set.
    public var table: [String: Double]?

    /// A row of known values; the properties say what they mean.
    public init(
      method: String, seed: UInt64, architecture: String, sharedAccuracy: Double?, seconds: Double, stopping: Int?,
      table: [String: Double]?
    ) {
      self.method = method
      self.seed = seed
      self.architecture = architecture
      self.sharedAccuracy = sharedAccuracy
      self.seconds = seconds
      self.stopping = stopping
      self.table = table
    }
  }

  /// The searches as a self-contained HTML document.
  ///
  /// - Parameters:
  ///   - rows: the searches that have ended, one a row of the table.
  ///   - curves: the searches epoch by epoch, matched with rows by method and seed.
  ///   - summary: what was searched, in a sentence or two.
  ///   - datasets: the data sets of the table that architectures were looked up in; none without a table.
  ///   - provenance: where the numbers come from, in one line.
  public static func render(
    _ rows: [Row], _ curves: [SupernetSearchCurve], summary: String, datasets: [String], provenance: String
  ) -> String {
    let methods = rows.map(\.method).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    let sections = [
      found(rows, curves, datasets), tested(methods, curves, datasets), collapse(methods, curves), training(methods, curves),
      operations(methods, curves),
    ]
    return Page(
      title: "Searches on a supernet", summary: summary, sections: sections.compactMap { $0 }, footer: provenance
    ).html
  }

  private static func found(_ rows: [Row], _ curves: [SupernetSearchCurve], _ datasets: [String]) -> Page.Section {
    let columns =
      [Table.Column("method"), Table.Column("seed", numeric: true)] + datasets.map { Table.Column("\($0) test", numeric: true) }
      + [
        Table.Column("skips", numeric: true), Table.Column("λ", numeric: true), Table.Column("λ would stop", numeric: true),
        Table.Column("shared weights", numeric: true), Table.Column("time", numeric: true),
      ]
    let cells = rows.map { row in
      let last = curves.first { $0.method == row.method && $0.seed == row.seed }?.points.last?.diagnostics
      return [Table.Cell(row.method), Table.Cell("\(row.seed)")]
        + datasets.map { Table.Cell(row.table?[$0].map { NumberFormat.fixed($0, 2) } ?? "–") }
        + [
          Table.Cell(last?.skipShare.map { NumberFormat.percent($0) + " %" } ?? "–"),
          Table.Cell(last?.eigenvalue.map { NumberFormat.fixed($0, 3) } ?? "–"),
          Table.Cell(row.stopping.map { "epoch \($0)" } ?? "–"),
          Table.Cell(row.sharedAccuracy.map { NumberFormat.percent($0) + " %" } ?? "–"),
          Table.Cell(NumberFormat.seconds(row.seconds)),
        ]
    }
    let table = Table(
      caption: (datasets.isEmpty ? "" : "Test accuracies in percent are a table's, read after the searches had ended. ")
        + "Skips: the share of skip connections. λ: the largest eigenvalue of the validation loss's Hessian in the architecture "
        + "parameters after the last epoch, and the epoch at which its growth would have stopped the search. Shared weights: "
        + "validation accuracy without training anew, where drawn architectures were compared.",
      columns: columns, rows: cells)
    let architectures = Table(
      caption: "The architectures.",
      columns: [Table.Column("method"), Table.Column("seed", numeric: true), Table.Column("architecture")],
      rows: rows.map { [Table.Cell($0.method), Table.Cell("\($0.seed)"), Table.Cell($0.architecture)] })
    return Page.Section(title: "What was found", blocks: [.table(table), .table(architectures)])
  }

  private static func tested(
    _ methods: [String], _ curves: [SupernetSearchCurve], _ datasets: [String]
  ) -> Page.Section? {
    let charts = datasets.compactMap { dataset -> Page.Block? in
      let lines = series(methods, curves) { $0.table?[dataset] }
      guard !lines.isEmpty else { return nil }
      return .chart(
        LineChart(title: "Test accuracy on \(dataset)", xLabel: "epoch", yLabel: "test accuracy in %", series: lines),
        caption:
          "\(dataset): test accuracy of the architecture of the strongest operations after each epoch, trained by the table's "
          + "authors. \(bands)")
    }
    return charts.isEmpty ? nil : Page.Section(title: "The architecture of each epoch", blocks: charts)
  }

  private static func collapse(_ methods: [String], _ curves: [SupernetSearchCurve]) -> Page.Section {
    var blocks: [Page.Block] = []
    let shares = series(methods, curves) { $0.diagnostics.skipShare }
    if !shares.isEmpty {
      blocks.append(
        .chart(
          LineChart(title: "Skips chosen", xLabel: "epoch", yLabel: "share of edges in %", series: shares, percent: true),
          caption: "The share of skip connections among the strongest operations. \(bands)"))
    }
    blocks.append(
      .chart(
        LineChart(
          title: "Skip connections", xLabel: "epoch", yLabel: "mean strength in %",
          series: series(methods, curves) { $0.diagnostics.skipProbability }, percent: true),
        caption: "The mean strength of skip connections over all edges. \(bands)"))
    let eigenvalues = series(methods, curves) { $0.diagnostics.eigenvalue }
    if !eigenvalues.isEmpty {
      blocks.append(
        .chart(
          LineChart(title: "Largest eigenvalue", xLabel: "epoch", yLabel: "λ", series: eigenvalues),
          caption: "Of the Hessian of the validation loss in the architecture parameters, always on the same images. \(bands)"))
    }
    return Page.Section(title: "Signs of a collapse", blocks: blocks)
  }

  private static func training(_ methods: [String], _ curves: [SupernetSearchCurve]) -> Page.Section {
    Page.Section(
      title: "What the shared weights learn",
      blocks: [
        .chart(
          LineChart(
            title: "Validation accuracy", xLabel: "epoch", yLabel: "validation accuracy in %",
            series: series(methods, curves) { $0.validationAccuracy }, percent: true),
          caption: "Of the supernet, on the images that judge architectures. \(bands)"),
        .chart(
          LineChart(
            title: "Training loss", xLabel: "epoch", yLabel: "training loss", series: series(methods, curves) { $0.trainingLoss }),
          caption: "Of the supernet, on the images that its weights learn from. \(bands)"),
      ])
  }

  private static func operations(_ methods: [String], _ curves: [SupernetSearchCurve]) -> Page.Section {
    Page.Section(
      title: "Which operations grow",
      blocks: methods.map { method in
        let own = curves.filter { $0.method == method }
        let lines = (own.first?.operations ?? []).enumerated().flatMap { place, name in
          series([method], own) { $0.diagnostics.operationStrengths[place] }.map {
            LineChart.Series(name: name, points: $0.points)
          }
        }
        return .chart(
          LineChart(title: method, xLabel: "epoch", yLabel: "mean strength in %", series: lines, percent: true),
          caption: "\(method): the mean strength of every operation over all edges. \(bands)")
      })
  }

  private static let bands = "Mean over seeds; the band reaches from the least to the greatest."

  /// A curve for every method that has the quantity, over the epochs at which a search has it.
  private static func series(
    _ methods: [String], _ curves: [SupernetSearchCurve], _ value: (SupernetSearchCurve.Point) -> Double?
  ) -> [LineChart.Series] {
    methods.compactMap { method in
      var byEpoch: [Int: [Double]] = [:]
      for point in curves.lazy.filter({ $0.method == method }).flatMap(\.points) {
        if let value = value(point), value.isFinite { byEpoch[point.epoch, default: []].append(value) }
      }
      let points = byEpoch.sorted { $0.key < $1.key }.map { epoch, values in
        LineChart.Point(
          x: Double(epoch), y: values.reduce(0, +) / Double(values.count), lower: values.min(), upper: values.max())
      }
      return points.isEmpty ? nil : LineChart.Series(name: method, points: points)
    }
  }
}
