import Basics

/// Curves over a common axis, each with an optional band, labelled at its end.
public struct LineChart: Chart, Hashable {
  /// One point of a curve, with the ends of its interval if it has one.
  public struct Point: Hashable, Codable, Sendable {
    /// The abscissa.
    public let x: Double
    /// The ordinate.
    public let y: Double
    /// Lower end of the band.
    public let lower: Double?
    /// Upper end of the band.
    public let upper: Double?

    /// A point; it has an interval where both `lower` and `upper` are given.
    public init(x: Double, y: Double, lower: Double? = nil, upper: Double? = nil) {
      self.x = x
      self.y = y
      self.lower = lower
      self.upper = upper
    }
  }

  /// A named curve.
  public struct Series: Hashable, Codable, Sendable {
    /// The label at the curve's end.
    public let name: String
    /// The points, in the order they are joined.
    public let points: [Point]

    /// A curve through points in the order of the list.
    public init(name: String, points: [Point]) {
      self.name = name
      self.points = points
    }
  }

  /// How intervals are drawn.
  public enum Intervals: Hashable, Sendable {
    /// As a band along the curve.
    case band
    /// As a whisker at every point: for curves of a few points whose bands would cover each other. The level of a curve of a single
    /// point is drawn on to its label.
    case whiskers
  }

  /// The chart's name.
  public var title: String
  /// What the abscissa is, with its unit.
  public var xLabel: String
  /// What the ordinate is, with its unit.
  public var yLabel: String
  /// The curves.
  public var series: [Series]
  /// Which colour and dashes each curve has, so that a name can look the same in several charts; its place where it is `nil`.
  public var styles: [Int]?
  /// Whether the abscissa is logarithmic; points at x ≤ 0 are left out then.
  public var logarithmicX: Bool
  /// Whether ordinates are shares, shown as percentages.
  public var percent: Bool
  /// A horizontal line to compare with, such as chance.
  public var reference: (value: Double, label: String)? {
    get { referenceValue.map { ($0, referenceLabel) } }
    set { (referenceValue, referenceLabel) = (newValue?.value, newValue?.label ?? "") }
  }
  /// How intervals are drawn.
  public var intervals = Intervals.band
  private var referenceValue: Double?
  private var referenceLabel = ""

  /// A chart with intervals as bands; by default linear in x, with ordinates as plain numbers.
  public init(
    title: String, xLabel: String, yLabel: String, series: [Series], styles: [Int]? = nil, logarithmicX: Bool = false,
    percent: Bool = false, reference: (value: Double, label: String)? = nil
  ) {
    self.title = title
    self.xLabel = xLabel
    self.yLabel = yLabel
    self.series = series
    self.styles = styles
    self.logarithmicX = logarithmicX
    self.percent = percent
    self.reference = reference
  }

  /// The chart as an `<svg>` element.
  public var svg: String {
    let plot = Plot(self)
    var body = axes(plot)
    var ends: [End] = []
    for (index, curve) in series.enumerated() {
      let shown = curve.points.filter { plot.x.shows($0.x) && plot.y.shows($0.y) }
      body += bands(of: shown, style(index), plot)
      body += line(shown.map { plot.place($0, $0.y) }, style(index))
      if let last = shown.last { ends.append(End(series: index, y: plot.place(last, last.y).1)) }
    }
    body += labels(ends, plot)
    let labelRoom = min(300, (series.map { ChartFrame.width(of: $0.name, bold: true) }.max() ?? 0) + 22)
    return ChartFrame.svg(
      title: title, description: summary, width: plot.right + labelRoom, height: plot.bottom + 50, body: body)
  }

  /// Where values are on the page.
  private struct Plot {
    let x: Axis
    let y: Axis
    let left = 58.0
    let top = 30.0
    let width = 640.0
    let height = 290.0
    var right: Double { left + width }
    var bottom: Double { top + height }

    init(_ chart: LineChart) {
      let points = chart.series.flatMap(\.points)
      // Whiskers at the ends want room.
      let room = chart.intervals == .whiskers && chart.logarithmicX ? 1.12 : 1
      let abscissas = points.map(\.x)
      x = Axis(
        covering: abscissas + (abscissas.min().map { [$0 / room] } ?? []) + (abscissas.max().map { [$0 * room] } ?? []),
        logarithmic: chart.logarithmicX)
      let ordinates = points.flatMap { [$0.y, $0.lower ?? $0.y, $0.upper ?? $0.y] }
      y = Axis(covering: ordinates + (chart.reference.map { [$0.value] } ?? []), style: chart.percent ? .percent : .number)
    }

    func across(_ value: Double) -> Double { left + width * x.position(value) }
    func down(_ value: Double) -> Double { top + height * (1 - y.position(value)) }
    func place(_ point: Point, _ value: Double) -> (Double, Double) { (across(point.x), down(value)) }
  }

  /// Where a curve ends, beside which its name stands.
  private struct End {
    let series: Int
    let y: Double
  }

  /// Both axes with their ticks and names, and the line to compare with.
  private func axes(_ plot: Plot) -> String {
    var body = ChartFrame.text(yLabel, x: plot.left - 44, y: 15, colour: ChartFrame.muted)
    for tick in plot.y.ticks {
      let height = plot.down(tick.value)
      body += ChartFrame.line(plot.left, height, plot.right, height)
      body += ChartFrame.text(tick.label, x: plot.left - 8, y: height + 4, anchor: "end", colour: ChartFrame.muted, size: 11)
    }
    for tick in plot.x.ticks {
      let across = plot.across(tick.value)
      body += ChartFrame.line(across, plot.bottom, across, plot.bottom + 5, colour: ChartFrame.muted)
      body += ChartFrame.text(
        tick.label, x: across, y: plot.bottom + 19, anchor: "middle", colour: ChartFrame.muted, size: 11)
    }
    body += ChartFrame.line(plot.left, plot.bottom, plot.right, plot.bottom, colour: ChartFrame.muted)
    body += ChartFrame.text(
      xLabel, x: plot.left + plot.width / 2, y: plot.bottom + 40, anchor: "middle", colour: ChartFrame.muted)
    if let reference {
      let height = plot.down(reference.value)
      body += ChartFrame.line(plot.left, height, plot.right, height, colour: ChartFrame.muted, dash: "2 4")
      body += ChartFrame.text(reference.label, x: plot.left + 6, y: height - 5, colour: ChartFrame.muted, size: 11)
    }
    return body
  }

  /// The band of a curve, or its whiskers.
  private func bands(of shown: [Point], _ style: Int, _ plot: Plot) -> String {
    var body = ""
    let colour = ChartFrame.series(style)
    let banded = shown.filter { $0.lower?.isFinite == true && $0.upper?.isFinite == true }
    if intervals == .whiskers {
      for point in banded {
        let (top, bottom) = (plot.place(point, point.upper ?? point.y), plot.place(point, point.lower ?? point.y))
        body += ChartFrame.line(top.0, top.1, bottom.0, bottom.1, colour: colour, width: 1.4)
        for end in [top, bottom] { body += ChartFrame.line(end.0 - 3.5, end.1, end.0 + 3.5, end.1, colour: colour, width: 1.4) }
      }
      if shown.count == 1, let only = shown.first.map({ plot.place($0, $0.y) }) {
        body += ChartFrame.line(only.0, only.1, plot.right, only.1, colour: colour, dash: "1 4")
      }
    } else if banded.count > 1 {
      let outline = banded.map { plot.place($0, $0.upper ?? $0.y) } + banded.reversed().map { plot.place($0, $0.lower ?? $0.y) }
      body += "<path d=\"\(Self.path(outline))z\" fill=\"\(colour)\" fill-opacity=\"0.16\"/>\n"
    }
    return body
  }

  /// A curve through places on the page, and its points.
  private func line(_ line: [(Double, Double)], _ style: Int) -> String {
    let (colour, dash) = (ChartFrame.series(style), ChartFrame.dash(style))
    var body = """
      <path d="\(Self.path(line))" fill="none" stroke="\(colour)" stroke-width="2.2" stroke-linejoin="round"\
      \(dash.isEmpty ? "" : " stroke-dasharray=\"\(dash)\"")/>

      """
    // Few points are measurements worth seeing; many would hide the line.
    if line.count <= 16 {
      for point in line.dropLast() {
        body += "<circle cx=\"\(point.0.svg)\" cy=\"\(point.1.svg)\" r=\"2.4\" fill=\"\(colour)\"/>\n"
      }
    }
    if let last = line.last {
      body += "<circle cx=\"\(last.0.svg)\" cy=\"\(last.1.svg)\" r=\"3.5\" fill=\"\(colour)\"/>\n"
    }
    return body
  }

  /// The curves' names at their ends, none over another.
  private func labels(_ ends: [End], _ plot: Plot) -> String {
    var body = ""
    let places = ChartFrame.spread(ends.map(\.y), gap: 16, within: plot.top...plot.bottom)
    for (end, height) in zip(ends, places) {
      let colour = ChartFrame.series(style(end.series))
      body += ChartFrame.line(plot.right + 6, end.y, plot.right + 13, height, colour: colour, width: 1.2)
      body += ChartFrame.text(series[end.series].name, x: plot.right + 17, y: height + 4, colour: colour, weight: 600)
    }
    if ends.isEmpty {
      body += ChartFrame.text(
        "no data", x: plot.left + plot.width / 2, y: plot.top + plot.height / 2, anchor: "middle", colour: ChartFrame.muted)
    }
    return body
  }

  private func style(_ index: Int) -> Int {
    guard let styles, styles.indices.contains(index) else { return index }
    return styles[index]
  }

  /// The chart in words: where every curve starts and ends.
  private var summary: String {
    func value(_ number: Double) -> String { percent ? NumberFormat.percent(number) + " %" : NumberFormat.fixed(number, 3) }
    let curves = series.map { curve in
      guard let first = curve.points.first, let last = curve.points.last else { return "\(curve.name): no data" }
      return "\(curve.name): from \(value(first.y)) to \(value(last.y))"
    }
    return "\(yLabel) over \(xLabel). " + curves.joined(separator: "; ") + "."
  }

  private static func path(_ points: [(Double, Double)]) -> String {
    points.enumerated().map { "\($0 == 0 ? "M" : "L")\($1.0.svg) \($1.1.svg)" }.joined()
  }
}
