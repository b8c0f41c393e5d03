import Basics

/// Accuracy by what was meta-trained on (rows) and what was tested on (columns), as shades with the numbers written on them.
public struct TransferMatrix: Chart, Hashable {
  /// The chart's name.
  public var title: String
  /// What was trained on.
  public var rows: [String]
  /// What was tested on.
  public var columns: [String]
  /// Accuracies in 0...1, row by row; `nil` if none was measured.
  public var values: [[Double?]]
  /// Cells whose tested data set was trained on too (its other classes): (row, column) pairs, drawn with a corner.
  public var seen: Set<[Int]>
  /// Rows (by index) with a gap before them, to group rows.
  public var groupStarts: Set<Int>

  /// A matrix of accuracies in 0...1, a list for each row; `seen` are (row, column) pairs.
  public init(
    title: String, rows: [String], columns: [String], values: [[Double?]], seen: Set<[Int]> = [], groupStarts: Set<Int> = []
  ) {
    self.title = title
    self.rows = rows
    self.columns = columns
    self.values = values
    self.seen = seen
    self.groupStarts = groupStarts
  }

  /// The matrix, with a mean for each row, as an `<svg>` element.
  public var svg: String {
    let (cellWidth, cellHeight) = (52.0, 30.0)
    let left = (rows.map { ChartFrame.width(of: $0, size: 12) }.max() ?? 0) + 34
    let headRoom = (columns.map { ChartFrame.width(of: $0, size: 12) }.max() ?? 0) * 0.72 + 36
    let meanX = left + cellWidth * Double(columns.count) + 12
    let width = max(meanX + cellWidth, left + cellWidth * Double(columns.count) + headRoom * 0.8) + 4
    func y(_ row: Int) -> Double { headRoom + cellHeight * Double(row) + 8 * Double(groupStarts.count { $0 <= row && $0 > 0 }) }
    let known = values.flatMap { $0.compactMap { $0 } }
    let (low, high) = (known.min() ?? 0, known.max() ?? 1)

    var body = ChartFrame.text("meta-trained on ↓   tested on →", x: 0, y: 14, colour: ChartFrame.muted, size: 11)
    for (column, name) in (columns + ["mean"]).enumerated() {
      let x = column == columns.count ? meanX : left + cellWidth * Double(column)
      let across = x + cellWidth / 2
      body += ChartFrame.text(
        name, x: across, y: headRoom - 8, colour: column == columns.count ? ChartFrame.muted : ChartFrame.ink,
        extra: " transform=\"rotate(-45 \(across.svg) \((headRoom - 8).svg))\"")
    }
    for (row, name) in rows.enumerated() {
      body += ChartFrame.text(name, x: left - 10, y: y(row) + cellHeight / 2 + 4, anchor: "end")
      guard values.indices.contains(row) else { continue }
      for (column, value) in values[row].enumerated() {
        body += cell(
          value, share: value.map { high > low ? ($0 - low) / (high - low) : 0.5 }, x: left + cellWidth * Double(column),
          y: y(row),
          width: cellWidth, height: cellHeight, best: value != nil && value == best(column), seen: seen.contains([row, column]))
      }
      let present = values[row].compactMap { $0 }
      let mean = present.isEmpty ? nil : present.reduce(0, +) / Double(present.count)
      body += ChartFrame.text(
        mean.map { NumberFormat.percent($0) } ?? "–", x: meanX + cellWidth / 2, y: y(row) + cellHeight / 2 + 4, anchor: "middle",
        colour: ChartFrame.muted)
    }
    return ChartFrame.svg(
      title: title, description: summary, width: width, height: y(max(rows.count - 1, 0)) + cellHeight + 8, body: body)
  }

  private func best(_ column: Int) -> Double? {
    values.compactMap { $0.indices.contains(column) ? $0[column] : nil }.max()
  }

  private func cell(
    _ value: Double?, share: Double?, x: Double, y: Double, width: Double, height: Double, best: Bool, seen: Bool
  ) -> String {
    guard let value, let share else {
      return ChartFrame.text("–", x: x + width / 2, y: y + height / 2 + 4, anchor: "middle", colour: ChartFrame.muted)
    }
    let outline = best ? " stroke=\"\(ChartFrame.ink)\" stroke-width=\"2\"" : ""
    var body = """
      <rect x="\((x + 1.5).svg)" y="\((y + 1.5).svg)" width="\((width - 3).svg)" height="\((height - 3).svg)" \
      rx="4" fill="\(ChartFrame.series(0))" fill-opacity="\((0.06 + 0.88 * share).svg)"\(outline)/>

      """
    let colour = HeatMap.textColour(onShade: share)
    if seen {
      let (right, top) = (x + width - 4, y + 4)
      body +=
        "<path d=\"M\((right - 7).svg) \(top.svg)H\(right.svg)V\((top + 7).svg)Z\" fill=\"\(colour)\"/>\n"
    }
    return body
      + ChartFrame.text(
        NumberFormat.percent(value), x: x + width / 2, y: y + height / 2 + 4, anchor: "middle", colour: colour,
        weight: best ? 700 : 400)
  }

  private var summary: String {
    let best = columns.indices.compactMap { column -> String? in
      guard let value = self.best(column),
        let row = values.firstIndex(where: { $0.indices.contains(column) && $0[column] == value }), rows.indices.contains(row)
      else { return nil }
      return "\(columns[column]): \(rows[row]) with \(NumberFormat.percent(value)) %"
    }
    return "Accuracy of \(rows.count) priors on \(columns.count) data sets. Best prior for " + best.joined(separator: "; ") + "."
  }
}
