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
  public var intervals: Intervals
  private var referenceValue: Double?
  private var referenceLabel = ""

  /// A chart; by default linear in x, with ordinates as plain numbers and intervals as bands.
  public init(
    title: String, xLabel: String, yLabel: String, series: [Series], styles: [Int]? = nil, logarithmicX: Bool = false,
    percent: Bool = false, reference: (value: Double, label: String)? = nil, intervals: Intervals = .band
  ) {
    self.title = title
    self.xLabel = xLabel
    self.yLabel = yLabel
    self.series = series
    self.styles = styles
    self.logarithmicX = logarithmicX
    self.percent = percent
    self.intervals = intervals
    self.reference = reference
  }

  /// The chart as an `<svg>` element.
  public var svg: String {
    let points = series.flatMap(\.points)
    // Whiskers at the ends want room.
    let room = intervals == .whiskers && logarithmicX ? 1.12 : 1
    let x = Axis(
      covering: points.map(\.x) + (points.map(\.x).min().map { [$0 / room] } ?? [])
        + (points.map(\.x).max().map { [$0 * room] } ?? []),
      logarithmic: logarithmicX)
    let ordinates = points.flatMap { [$0.y, $0.lower ?? $0.y, $0.upper ?? $0.y] } + (reference.map { [$0.value] } ?? [])
    let y = Axis(covering: ordinates, style: percent ? .percent : .number)
    let labelRoom = min(300, (series.map { ChartFrame.width(of: $0.name, bold: true) }.max() ?? 0) + 22)
    let (left, top, plotWidth, plotHeight) = (58.0, 30.0, 640.0, 290.0)
    func place(_ point: Point, _ value: Double) -> (Double, Double) {
      (left + plotWidth * x.position(point.x), top + plotHeight * (1 - y.position(value)))
    }

    var body = ChartFrame.text(yLabel, x: left - 44, y: 15, colour: ChartFrame.muted)
    for tick in y.ticks {
      let height = top + plotHeight * (1 - y.position(tick.value))
      body += ChartFrame.line(left, height, left + plotWidth, height)
      body += ChartFrame.text(tick.label, x: left - 8, y: height + 4, anchor: "end", colour: ChartFrame.muted, size: 11)
    }
    for tick in x.ticks {
      let across = left + plotWidth * x.position(tick.value)
      body += ChartFrame.line(across, top + plotHeight, across, top + plotHeight + 5, colour: ChartFrame.muted)
      body += ChartFrame.text(
        tick.label, x: across, y: top + plotHeight + 19, anchor: "middle", colour: ChartFrame.muted, size: 11)
    }
    body += ChartFrame.line(left, top + plotHeight, left + plotWidth, top + plotHeight, colour: ChartFrame.muted)
    body += ChartFrame.text(
      xLabel, x: left + plotWidth / 2, y: top + plotHeight + 40, anchor: "middle", colour: ChartFrame.muted)
    if let reference {
      let height = top + plotHeight * (1 - y.position(reference.value))
      body += ChartFrame.line(left, height, left + plotWidth, height, colour: ChartFrame.muted, dash: "2 4")
      body += ChartFrame.text(reference.label, x: left + 6, y: height - 5, colour: ChartFrame.muted, size: 11)
    }

    var ends = [(index: Int, y: Double)]()
    for (index, curve) in series.enumerated() {
      let shown = curve.points.filter { x.shows($0.x) && y.shows($0.y) }
      let colour = ChartFrame.series(style(index))
      let banded = shown.filter { $0.lower?.isFinite == true && $0.upper?.isFinite == true }
      if intervals == .whiskers {
        for point in banded {
          let (top, bottom) = (place(point, point.upper ?? point.y), place(point, point.lower ?? point.y))
          body += ChartFrame.line(top.0, top.1, bottom.0, bottom.1, colour: colour, width: 1.4)
          for end in [top, bottom] { body += ChartFrame.line(end.0 - 3.5, end.1, end.0 + 3.5, end.1, colour: colour, width: 1.4) }
        }
        if shown.count == 1, let only = shown.first.map({ place($0, $0.y) }) {
          body += ChartFrame.line(only.0, only.1, left + plotWidth, only.1, colour: colour, dash: "1 4")
        }
      } else if banded.count > 1 {
        let outline = banded.map { place($0, $0.upper ?? $0.y) } + banded.reversed().map { place($0, $0.lower ?? $0.y) }
        body += "<path d=\"\(Self.path(outline))z\" fill=\"\(colour)\" fill-opacity=\"0.16\"/>\n"
      }
      let line = shown.map { place($0, $0.y) }
      let dash = ChartFrame.dash(style(index))
      body += """
        <path d="\(Self.path(line))" fill="none" stroke="\(colour)" stroke-width="2.2" stroke-linejoin="round"\
        \(dash.isEmpty ? "" : " stroke-dasharray=\"\(dash)\"")/>

        """
      // A few points are measurements to look at; many would hide the line.
      if line.count <= 16 {
        for point in line.dropLast() {
          body += "<circle cx=\"\(point.0.svg)\" cy=\"\(point.1.svg)\" r=\"2.4\" fill=\"\(colour)\"/>\n"
        }
      }
      if let last = line.last {
        body += "<circle cx=\"\(last.0.svg)\" cy=\"\(last.1.svg)\" r=\"3.5\" fill=\"\(colour)\"/>\n"
        ends.append((index, last.1))
      }
    }
    let places = ChartFrame.spread(ends.map(\.y), gap: 16, within: top...(top + plotHeight))
    for (end, height) in zip(ends, places) {
      let colour = ChartFrame.series(style(end.index))
      body += ChartFrame.line(
        left + plotWidth + 6, end.y, left + plotWidth + 13, height, colour: colour, width: 1.2)
      body += ChartFrame.text(
        series[end.index].name, x: left + plotWidth + 17, y: height + 4, colour: colour, weight: 600)
    }
    if ends.isEmpty {
      body += ChartFrame.text(
        "no data", x: left + plotWidth / 2, y: top + plotHeight / 2, anchor: "middle", colour: ChartFrame.muted)
    }
    return ChartFrame.svg(
      title: title, description: summary, width: left + plotWidth + labelRoom, height: top + plotHeight + 50, body: body)
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
