import Basics
import Statistics

/// Mean ranks of methods on a line, with bars over those that do not differ significantly.
///
/// Source: Demšar, "Statistical comparisons of classifiers over multiple data sets", JMLR 7, 2006, figure 1.
public struct CriticalDifferenceDiagram: Chart, Hashable {
  /// The chart's name.
  public var title: String
  /// The methods' names, in the order of the test's ranks.
  public var methods: [String]
  /// The test whose mean ranks and critical difference are drawn.
  public var test: Nemenyi
  /// Index of the method to emphasise.
  public var highlighted: Int?

  /// A diagram of a test's mean ranks; `methods` are in the order of the test.
  public init(title: String, methods: [String], test: Nemenyi, highlighted: Int? = nil) {
    self.title = title
    self.methods = methods
    self.test = test
    self.highlighted = highlighted
  }

  /// The diagram as an `<svg>` element.
  public var svg: String {
    let ranks = test.meanRanks
    let order = ranks.indices.sorted { (ranks[$0], $0) < (ranks[$1], $1) }
    let groups = test.groups
    let count = ranks.count
    let labelRoom = (methods.map { ChartFrame.width(of: $0 + "  4.44", bold: true) }.max() ?? 0) + 24
    let plotWidth = max(280, min(460, 70 * Double(count - 1)))
    let width = 2 * labelRoom + plotWidth
    let (axisY, barGap, rowHeight) = (66.0, 9.0, 23.0)
    func x(_ rank: Double) -> Double { labelRoom + plotWidth * (rank - 1) / Double(max(1, count - 1)) }

    var body = ""
    // The critical difference as a length on the axis' scale, cut where it is longer than the axis.
    let cd = test.criticalDifference
    let end = min(x(1 + cd), labelRoom + plotWidth)
    body += ChartFrame.line(x(1), 24, end, 24, colour: ChartFrame.ink, width: 1.5)
    body += ChartFrame.line(x(1), 20, x(1), 28, colour: ChartFrame.ink, width: 1.5)
    if x(1 + cd) <= labelRoom + plotWidth { body += ChartFrame.line(end, 20, end, 28, colour: ChartFrame.ink, width: 1.5) }
    body += ChartFrame.text(
      "critical difference \(NumberFormat.fixed(cd, 2))", x: x(1), y: 14, colour: ChartFrame.muted, size: 11)

    body += ChartFrame.line(x(1), axisY, x(Double(count)), axisY, colour: ChartFrame.muted, width: 1.2)
    for tick in 1...max(2, count) {
      body += ChartFrame.line(x(Double(tick)), axisY - 6, x(Double(tick)), axisY, colour: ChartFrame.muted)
      body += ChartFrame.text(
        "\(tick)", x: x(Double(tick)), y: axisY - 10, anchor: "middle", colour: ChartFrame.muted, size: 11)
    }
    let barsEnd = axisY + 4 + barGap * Double(groups.count)
    for (number, group) in groups.enumerated() {
      guard let first = group.first, let last = group.last else { continue }
      let y = axisY + barGap * Double(number + 1)
      body += """
        <line x1="\((x(ranks[first]) - 4).svg)" y1="\(y.svg)" x2="\((x(ranks[last]) + 4).svg)" y2="\(y.svg)" \
        stroke="\(ChartFrame.ink)" stroke-width="4" stroke-linecap="round"/>

        """
    }
    let half = (count + 1) / 2
    for (place, index) in order.enumerated() {
      let isLeft = place < half
      // From the outside in, so that lines do not cross.
      let row = isLeft ? place : count - 1 - place
      let y = barsEnd + 16 + rowHeight * Double(row)
      let strong = index == highlighted
      let colour = strong ? ChartFrame.series(0) : ChartFrame.muted
      let edge = isLeft ? labelRoom - 14 : labelRoom + plotWidth + 14
      let at = x(ranks[index])
      body += ChartFrame.line(at, axisY, at, y, colour: colour, width: strong ? 2 : 1)
      body += ChartFrame.line(at, y, edge, y, colour: colour, width: strong ? 2 : 1)
      body += "<circle cx=\"\(at.svg)\" cy=\"\(axisY.svg)\" r=\"\(strong ? "4" : "3")\" fill=\"\(colour)\"/>\n"
      let rank = NumberFormat.fixed(ranks[index], 2)
      let name = methods.indices.contains(index) ? methods[index] : "method \(index + 1)"
      body += ChartFrame.text(
        isLeft ? "\(name)  \(rank)" : "\(rank)  \(name)", x: isLeft ? edge - 6 : edge + 6, y: y + 4,
        anchor: isLeft ? "end" : "start", weight: strong ? 650 : 400, extra: " xml:space=\"preserve\"")
    }
    return ChartFrame.svg(
      title: title, description: summary(order, groups), width: width,
      height: barsEnd + 16 + rowHeight * Double(half - 1) + 16, body: body)
  }

  private func summary(_ order: [Int], _ groups: [[Int]]) -> String {
    func name(_ index: Int) -> String { methods.indices.contains(index) ? methods[index] : "method \(index + 1)" }
    let ranks = order.map { "\(name($0)) \(NumberFormat.fixed(test.meanRanks[$0], 2))" }.joined(separator: ", ")
    let bars =
      groups.isEmpty
      ? "All differ significantly."
      : groups.map { "No significant difference among \($0.map(name).joined(separator: ", "))." }
        .joined(separator: " ")
    return
      "Mean ranks over \(test.blocks) data sets, 1 is best: \(ranks). Critical difference \(NumberFormat.fixed(test.criticalDifference, 2)). \(bars)"
  }
}
