import Basics

/// Tables of numbers as shades, one or more side by side with the same rows and columns; every number is also written.
public struct HeatMap: Chart, Hashable {
  /// How numbers become shades.
  public enum Scale: Hashable, Sendable {
    /// Two colours for shares above and below a neutral one, which has no colour, up to the given distance.
    case shares(neutral: Double, limit: Double)
    /// Two colours for the two signs of a difference, up to the given size.
    case differences(limit: Double)
  }

  /// One table.
  public struct Panel: Hashable, Sendable {
    /// The heading.
    public var title: String
    /// Rows of numbers.
    public var values: [[Double]]
    /// How numbers become shades.
    public var scale: Scale
    /// Cells with an outline: (row, column) pairs.
    public var marked: [[Int]]

    /// A table of numbers, row by row; `marked` are (row, column) pairs.
    public init(title: String, values: [[Double]], scale: Scale, marked: [[Int]] = []) {
      self.title = title
      self.values = values
      self.scale = scale
      self.marked = marked
    }
  }

  /// The chart's name.
  public var title: String
  /// The rows' names.
  public var rows: [String]
  /// The columns' names.
  public var columns: [String]
  /// The tables, from left to right.
  public var panels: [Panel]
  /// Rows (by index) with a gap before them, to group rows.
  public var groupStarts: Set<Int>

  /// A heat map of shares, written in percent.
  public init(title: String, rows: [String], columns: [String], panels: [Panel], groupStarts: Set<Int> = []) {
    self.title = title
    self.rows = rows
    self.columns = columns
    self.panels = panels
    self.groupStarts = groupStarts
  }

  /// The tables side by side as an `<svg>` element.
  public var svg: String {
    let (cellWidth, cellHeight, gap) = (33.0, 21.0, 30.0)
    let left = (rows.map { ChartFrame.width(of: $0, size: 11) }.max() ?? 0) + 12
    let headRoom = (columns.map { ChartFrame.width(of: $0, size: 11) }.max() ?? 0) * 0.72 + 34
    let panelWidth = cellWidth * Double(columns.count)
    // Slanted column names lean over the right edge of the last panel.
    let width = left + (panelWidth + gap) * Double(panels.count) - gap + headRoom * 0.8
    func y(_ row: Int) -> Double {
      headRoom + cellHeight * Double(row) + 7 * Double(groupStarts.count { $0 <= row && $0 > 0 })
    }

    var body = ""
    for (row, name) in rows.enumerated() {
      body += ChartFrame.text(name, x: left - 8, y: y(row) + 15, anchor: "end", colour: ChartFrame.muted, size: 11)
    }
    for (number, panel) in panels.enumerated() {
      let x = left + (panelWidth + gap) * Double(number)
      body += ChartFrame.text(panel.title, x: x, y: 13, size: 12, weight: 600)
      for (column, name) in columns.enumerated() {
        let across = x + cellWidth * (Double(column) + 0.5)
        body += ChartFrame.text(
          name, x: across, y: headRoom - 6, colour: ChartFrame.muted, size: 11,
          extra: " transform=\"rotate(-45 \(across.svg) \((headRoom - 6).svg))\"")
      }
      for (row, values) in panel.values.enumerated() {
        for (column, value) in values.enumerated() {
          body += cell(
            value, panel: panel, x: x + cellWidth * Double(column), y: y(row), width: cellWidth, height: cellHeight,
            marked: panel.marked.contains([row, column]))
        }
      }
    }
    return ChartFrame.svg(
      title: title, description: summary, width: width, height: y(max(rows.count - 1, 0)) + cellHeight + 8, body: body)
  }

  private func cell(
    _ value: Double, panel: Panel, x: Double, y: Double, width: Double, height: Double, marked: Bool
  ) -> String {
    let (share, colour, text): (Double, String, String) =
      switch panel.scale {
      case .shares(let neutral, let limit):
        (abs(value - neutral) / limit, ChartFrame.series(value < neutral ? 1 : 0), NumberFormat.percent(value, 0))
      case .differences(let limit):
        (abs(value) / limit, ChartFrame.series(value < 0 ? 1 : 0), NumberFormat.points(value, 0))
      }
    let shade = share.isFinite ? min(max(share, 0), 1) : 0
    let outline = marked ? " stroke=\"\(ChartFrame.ink)\" stroke-width=\"2\"" : ""
    return """
      <rect x="\((x + 1).svg)" y="\((y + 1).svg)" width="\((width - 2).svg)" height="\((height - 2).svg)" \
      rx="3" fill="\(colour)" fill-opacity="\((0.05 + 0.9 * shade).svg)"\(outline)/>

      """
        + ChartFrame.text(
          text, x: x + width / 2, y: y + height / 2 + 4, anchor: "middle",
          colour: Self.textColour(onShade: shade), size: 10.5, weight: marked ? 700 : 400)
  }

  /// The colour that is readable on a shade: on middle ones that is dark ink in both schemes.
  static func textColour(onShade shade: Double) -> String {
    switch shade {
    case ..<0.66: ChartFrame.ink
    case ..<0.88: "#15181c"
    default: ChartFrame.surface
    }
  }

  private var summary: String {
    let parts = panels.map { panel in
      var largest: (value: Double, row: Int, column: Int)?
      for (row, values) in panel.values.enumerated() {
        for (column, value) in values.enumerated() where largest.map({ value > $0.value }) ?? true {
          largest = (value, row, column)
        }
      }
      guard let largest, rows.indices.contains(largest.row), columns.indices.contains(largest.column) else { return panel.title }
      return
        "\(panel.title): largest \(NumberFormat.percent(largest.value)) % for \(columns[largest.column]) on \(rows[largest.row])"
    }
    return "\(rows.count) rows by \(columns.count) columns. " + parts.joined(separator: "; ") + "."
  }
}
