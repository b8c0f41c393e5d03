import Basics

/// Named points in the plane: cost against accuracy, or a map in which only distances mean something.
public struct ScatterChart: Chart, Hashable {
  /// One point.
  public struct Point: Hashable, Codable, Sendable {
    /// The name beside it.
    public var name: String
    /// The abscissa.
    public var x: Double
    /// The ordinate.
    public var y: Double
    /// Lower end of the ordinate's interval.
    public var lower: Double?
    /// Upper end of the ordinate's interval.
    public var upper: Double?
    /// Which colour and shape it has.
    public var style: Int

    /// A named point; an interval is drawn in planes with axes where both ends are finite.
    public init(name: String, x: Double, y: Double, lower: Double? = nil, upper: Double? = nil, style: Int = 0) {
      self.name = name
      self.x = x
      self.y = y
      self.lower = lower
      self.upper = upper
      self.style = style
    }
  }

  /// What the plane is.
  public enum Plane: Hashable, Sendable {
    /// Two axes with names and units; the ordinate is a share, written in percent where `percent` says so.
    case axes(x: String, y: String, logarithmicX: Bool, percent: Bool)
    /// No axes: one unit is as long across as it is up, and a bar says how long `unit` is.
    case map(unit: String)
  }

  /// The chart's name.
  public var title: String
  /// The points.
  public var points: [Point]
  /// What the plane is.
  public var plane: Plane

  /// A chart of points in a plane.
  public init(title: String, points: [Point], plane: Plane) {
    self.title = title
    self.points = points
    self.plane = plane
  }

  /// The chart as an `<svg>` element.
  public var svg: String {
    switch plane {
    case .axes(let x, let y, let logarithmicX, let percent):
      withAxes(xLabel: x, yLabel: y, logarithmicX: logarithmicX, percent: percent)
    case .map(let unit): map(unit: unit)
    }
  }

  private func withAxes(xLabel: String, yLabel: String, logarithmicX: Bool, percent: Bool) -> String {
    let x = Axis(covering: points.map(\.x), logarithmic: logarithmicX)
    let y = Axis(covering: points.flatMap { [$0.y, $0.lower ?? $0.y, $0.upper ?? $0.y] }, style: percent ? .percent : .number)
    let (left, top, width, height) = (58.0, 30.0, 560.0, 320.0)
    let labelRoom = min(320, (points.map { ChartFrame.width(of: $0.name) }.max() ?? 0) + 26)
    var body = ChartFrame.text(yLabel, x: left - 44, y: 15, colour: ChartFrame.muted)
    for tick in y.ticks {
      let up = top + height * (1 - y.position(tick.value))
      body += ChartFrame.line(left, up, left + width, up)
      body += ChartFrame.text(tick.label, x: left - 8, y: up + 4, anchor: "end", colour: ChartFrame.muted, size: 11)
    }
    for tick in x.ticks {
      let across = left + 14 + (width - 28) * x.position(tick.value)
      body += ChartFrame.line(across, top + height, across, top + height + 5, colour: ChartFrame.muted)
      body += ChartFrame.text(tick.label, x: across, y: top + height + 19, anchor: "middle", colour: ChartFrame.muted, size: 11)
    }
    body += ChartFrame.line(left, top + height, left + width, top + height, colour: ChartFrame.muted)
    body += ChartFrame.text(xLabel, x: left + width / 2, y: top + height + 40, anchor: "middle", colour: ChartFrame.muted)
    let shown = points.filter { x.shows($0.x) && y.shows($0.y) }
    let places = shown.map { point in
      (left + 14 + (width - 28) * x.position(point.x), top + height * (1 - y.position(point.y)))
    }
    for (point, place) in zip(shown, places) {
      if let lower = point.lower, let upper = point.upper, lower.isFinite, upper.isFinite {
        body += ChartFrame.line(
          place.0, top + height * (1 - y.position(lower)), place.0, top + height * (1 - y.position(upper)),
          colour: ChartFrame.series(point.style), width: 2)
      }
    }
    body += marks(shown, places, within: top...(top + height))
    let words = shown.map { point in
      "\(point.name): \(NumberFormat.fixed(point.x, 3)), \(percent ? NumberFormat.percent(point.y) + " %" : NumberFormat.fixed(point.y, 3))"
    }
    return ChartFrame.svg(
      title: title, description: "\(yLabel) against \(xLabel). " + words.joined(separator: "; ") + ".",
      width: left + width + labelRoom, height: top + height + 50, body: body)
  }

  private func map(unit: String) -> String {
    let shown = points.filter { $0.x.isFinite && $0.y.isFinite }
    let (xs, ys) = (shown.map(\.x), shown.map(\.y))
    let (minX, minY) = (xs.min() ?? 0, ys.min() ?? 0)
    let span = max((xs.max() ?? 1) - minX, (ys.max() ?? 1) - minY, 1e-9)
    let (left, top) = (24.0, 24.0)
    let scale = 380 / span
    let (plotWidth, plotHeight) = (((xs.max() ?? 1) - minX) * scale, max(120, ((ys.max() ?? 1) - minY) * scale))
    let labelRoom = (points.map { ChartFrame.width(of: $0.name) }.max() ?? 0) + 26
    let places = shown.map { (left + ($0.x - minX) * scale, top + plotHeight - ($0.y - minY) * scale) }
    let bar = Axis.niceStep(span / 6)
    let below = top + plotHeight + 34
    var body = ChartFrame.line(left, below, left + bar * scale, below, colour: ChartFrame.ink, width: 1.5)
    for end in [left, left + bar * scale] { body += ChartFrame.line(end, below - 4, end, below + 4, colour: ChartFrame.ink) }
    let decimals = bar >= 1 ? 0 : bar >= 0.1 ? 1 : bar >= 0.01 ? 2 : 3
    body += ChartFrame.text(
      "\(NumberFormat.fixed(bar, decimals)) \(unit)", x: left + bar * scale + 8, y: below + 4, colour: ChartFrame.muted, size: 11)
    body += marks(shown, places, within: (top - 8)...(top + plotHeight + 12))
    return ChartFrame.svg(
      title: title, description: "A map of \(shown.count) points: \(shown.map(\.name).joined(separator: ", ")).",
      width: left + max(plotWidth, 160) + labelRoom + 12, height: below + 14, body: body)
  }

  /// The points with their names, which give way to each other.
  private func marks(_ points: [Point], _ places: [(Double, Double)], within bounds: ClosedRange<Double>) -> String {
    var body = ""
    // Only names whose points are near each other across need to give way.
    var labelY = places.map(\.1)
    let order = places.indices.sorted { places[$0].0 < places[$1].0 }
    var cluster: [Int] = []
    func settle() {
      let spread = ChartFrame.spread(cluster.map { places[$0].1 }, gap: 14, within: bounds)
      for (index, y) in zip(cluster, spread) { labelY[index] = y }
    }
    for index in order {
      if let last = cluster.last, places[index].0 - places[last].0 > ChartFrame.width(of: points[last].name) + 16 {
        settle()
        cluster = []
      }
      cluster.append(index)
    }
    settle()
    for (index, point) in points.enumerated() {
      let (x, y) = places[index]
      let colour = ChartFrame.series(point.style)
      body += Self.shape(point.style, x, y, colour)
      if abs(labelY[index] - y) > 3 { body += ChartFrame.line(x + 5, y, x + 11, labelY[index], colour: ChartFrame.muted) }
      body += ChartFrame.text(point.name, x: x + 13, y: labelY[index] + 4)
    }
    return body
  }

  /// Shapes tell styles apart without colour.
  private static func shape(_ style: Int, _ x: Double, _ y: Double, _ colour: String) -> String {
    switch style % 4 {
    case 1: "<rect x=\"\((x - 4.5).svg)\" y=\"\((y - 4.5).svg)\" width=\"9\" height=\"9\" fill=\"\(colour)\"/>\n"
    case 2: "<path d=\"M\(x.svg) \((y - 6).svg)L\((x + 6).svg) \((y + 5).svg)H\((x - 6).svg)Z\" fill=\"\(colour)\"/>\n"
    case 3: "<path d=\"M\(x.svg) \((y - 6.5).svg)l6.5 6.5l-6.5 6.5l-6.5 -6.5Z\" fill=\"\(colour)\"/>\n"
    default: "<circle cx=\"\(x.svg)\" cy=\"\(y.svg)\" r=\"5\" fill=\"\(colour)\"/>\n"
    }
  }
}
