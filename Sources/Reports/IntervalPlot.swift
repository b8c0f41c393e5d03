import Basics

/// Values with their intervals, one row each: a dot on a whisker, the numbers beside it.
public struct IntervalPlot: Chart, Hashable {
  /// One value.
  public struct Row: Hashable, Sendable {
    /// What it belongs to.
    public var label: String
    /// The value.
    public var value: Double
    /// Lower end of its interval.
    public var lower: Double
    /// Upper end of its interval.
    public var upper: Double
    /// Whether the row is emphasised.
    public var highlighted: Bool
    /// Written after the numbers, such as a p-value.
    public var note: String

    /// A value with the ends of its interval; whiskers are drawn where both ends are finite.
    public init(label: String, value: Double, lower: Double, upper: Double, highlighted: Bool = false, note: String = "") {
      self.label = label
      self.value = value
      self.lower = lower
      self.upper = upper
      self.highlighted = highlighted
      self.note = note
    }
  }

  /// What values are.
  public enum Quantity: Hashable, Sendable {
    /// Shares, written as "93.4 ± 0.6" in percent.
    case share
    /// Differences of shares, written as "+1.4 [+0.3, +2.5]" in percentage points, around a line at zero.
    case difference
  }

  /// The chart's name.
  public var title: String
  /// What the axis is.
  public var axisLabel: String
  /// The rows, from the top.
  public var rows: [Row]
  /// What values are.
  public var quantity: Quantity
  /// A vertical line to compare with, such as chance; drawn if it lies near the values.
  public var reference: Double?

  /// A plot with its rows from the top; `reference` is in the unit of the values.
  public init(title: String, axisLabel: String, rows: [Row], quantity: Quantity = .share, reference: Double? = nil) {
    self.title = title
    self.axisLabel = axisLabel
    self.rows = rows
    self.quantity = quantity
    self.reference = reference
  }

  /// The plot as an `<svg>` element.
  public var svg: String {
    let difference = quantity == .difference
    let axis = Axis(
      covering: rows.flatMap { [$0.value, $0.lower, $0.upper] } + (difference ? [0] : []), style: .percent, wantedTicks: 7)
    let left = max(90, (rows.map { ChartFrame.width(of: $0.label, bold: $0.highlighted) }.max() ?? 0) + 18)
    let numbers = rows.map(numbers)
    let right =
      (zip(rows, numbers).map { row, number in
        ChartFrame.width(of: number + "   ", bold: row.highlighted) + ChartFrame.width(of: row.note)
      }.max() ?? 0) + 26
    let (top, rowHeight) = (14.0, 30.0)
    let plotWidth = min(max(940 - left - right, 260), 600)
    let bottom = top + rowHeight * Double(rows.count)

    var body = ""
    for tick in axis.ticks {
      let x = left + plotWidth * axis.position(tick.value)
      let zero = difference && tick.value == 0
      body += ChartFrame.line(x, top, x, bottom, colour: zero ? ChartFrame.muted : ChartFrame.rule, width: zero ? 1.4 : 1)
      let label = difference && tick.value > 0 ? "+\(tick.label)" : tick.label
      body += ChartFrame.text(label, x: x, y: bottom + 17, anchor: "middle", colour: ChartFrame.muted, size: 11)
    }
    if let reference, reference >= axis.lower, reference <= axis.upper {
      let x = left + plotWidth * axis.position(reference)
      body += ChartFrame.line(x, top, x, bottom, colour: ChartFrame.muted, dash: "2 4")
    }
    body += ChartFrame.text(
      axisLabel, x: left + plotWidth / 2, y: bottom + 37, anchor: "middle", colour: ChartFrame.muted)
    for (index, row) in rows.enumerated() {
      let y = top + rowHeight * (Double(index) + 0.5)
      let colour = ChartFrame.series(row.highlighted ? 0 : 6)
      func x(_ value: Double) -> Double { left + plotWidth * min(max(axis.position(value), 0), 1) }
      body += ChartFrame.text(row.label, x: left - 12, y: y + 4, anchor: "end", weight: row.highlighted ? 600 : 400)
      if row.lower.isFinite && row.upper.isFinite {
        body += ChartFrame.line(x(row.lower), y, x(row.upper), y, colour: colour, width: 2.4)
        for end in [row.lower, row.upper] { body += ChartFrame.line(x(end), y - 5, x(end), y + 5, colour: colour, width: 2) }
      }
      if row.value.isFinite {
        body += "<circle cx=\"\(x(row.value).svg)\" cy=\"\(y.svg)\" r=\"\(row.highlighted ? "5" : "4")\" fill=\"\(colour)\"/>\n"
      }
      body += ChartFrame.text(
        numbers[index], x: left + plotWidth + 16, y: y + 4, weight: row.highlighted ? 600 : 400,
        extra: " style=\"font-variant-numeric:tabular-nums\"")
      if !row.note.isEmpty {
        body += ChartFrame.text(
          row.note, x: left + plotWidth + right - 4, y: y + 4, anchor: "end", colour: ChartFrame.muted)
      }
    }
    let words = zip(rows, numbers).map { "\($0.label): \($1)\($0.note.isEmpty ? "" : " (\($0.note))")" }
    return ChartFrame.svg(
      title: title, description: "\(axisLabel). " + words.joined(separator: "; ") + ".", width: left + plotWidth + right,
      height: bottom + 46, body: body)
  }

  private func numbers(_ row: Row) -> String {
    switch quantity {
    case .share: "\(NumberFormat.percent(row.value)) ± \(NumberFormat.percent((row.upper - row.lower) / 2))"
    case .difference:
      "\(NumberFormat.points(row.value)) [\(NumberFormat.points(row.lower)), \(NumberFormat.points(row.upper))]"
    }
  }
}
