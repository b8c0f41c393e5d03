import Basics
import Foundation
import Reports
import SearchSpaces
import Testing

@Suite struct NumberFormatTests {
  @Test(arguments: [
    (NumberFormat.percent(0.93449), "93.4"), (NumberFormat.percent(1), "100.0"), (NumberFormat.percent(.nan), "–"),
    (NumberFormat.points(0.0142), "+1.4"), (NumberFormat.points(-0.0142), "−1.4"), (NumberFormat.points(-0.0001), "0.0"),
    (NumberFormat.count(9999), "9999"), (NumberFormat.count(23_213), "23.2 K"), (NumberFormat.count(3_349_342), "3.35 M"),
    (NumberFormat.count(528_359_040), "528 M"), (NumberFormat.count(0), "0"), (NumberFormat.seconds(0.0123), "12.3 ms"),
    (NumberFormat.seconds(0), "0 s"),
    (NumberFormat.seconds(1.726), "1.73 s"), (NumberFormat.seconds(119), "119 s"), (NumberFormat.seconds(600), "10.0 min"),
    (NumberFormat.seconds(8640), "2.40 h"), (NumberFormat.pValue(0.0004), "< 0.001"), (NumberFormat.pValue(0.0406), "0.041"),
  ]) func numbersRead(found: String, expected: String) { #expect(found == expected) }
}

@Suite struct AxisTests {
  @Test(
    arguments: [
      ([0.0, 1.0], ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]), ([0.0, 20_000], ["0", "5k", "10k", "15k", "20k"]),
      ([-3, 7], ["−4", "−2", "0", "2", "4", "6", "8"]),
      ([0.512, 0.518], ["0.512", "0.513", "0.514", "0.515", "0.516", "0.517", "0.518"]),
      ([5, 5], ["4.4", "4.6", "4.8", "5.0", "5.2", "5.4", "5.6"]), ([], ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
      ([0, 0], ["−1.0", "−0.5", "0.0", "0.5", "1.0"]), ([.nan, 0, .infinity, 1], ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
    ] as [([Double], [String])]) func linearTicks(values: [Double], labels: [String])
  {
    #expect(Axis(covering: values).ticks.map(\.label) == labels)
  }

  @Test func percentTicks() {
    #expect(Axis(covering: [0.2, 0.9], style: .percent).ticks.map(\.label) == ["20", "40", "60", "80", "100"])
  }

  @Test func logarithmicTicks() {
    #expect(Axis(covering: [1, 100_000], logarithmic: true).ticks.map(\.label) == ["1", "10", "100", "1k", "10k", "100k"])
    #expect(Axis(covering: [0, 3, 90], logarithmic: true).ticks.map(\.label) == ["5", "10", "20", "50"])
    let axis = Axis(covering: [1, 100], logarithmic: true)
    #expect(abs(axis.position(10) - 0.5) < 1e-12)
    #expect(!axis.shows(0))
  }

  @Test func extremeValuesEnd() {
    for values in [
      [1e9, 1e9 + 1e-7], [-1e308, 1e308], [.leastNonzeroMagnitude, .leastNormalMagnitude], [1e99, -1e99], [1e-300, 1],
    ] {
      #expect(Axis(covering: values).ticks.count < 20)
      #expect(Axis(covering: values, logarithmic: true).ticks.count < 200)
    }
  }
}

@Suite struct ChartTests {
  @Test func spreadKeepsOrderAndGaps() {
    let places = ChartFrame.spread([50, 10, 11, 12], gap: 10, within: 0...100)
    #expect(places == [50, 10, 20, 30])
    let low = ChartFrame.spread([99, 98, 97], gap: 10, within: 0...100)
    #expect(low == [100, 90, 80])
  }

  @Test func intervalPlotPlacesValues() throws {
    let rows = [0.4, 0.5, 0.6].map { IntervalPlot.Row(label: "m \($0)", value: $0, lower: $0 - 0.1, upper: $0 + 0.1) }
    let markup = try Markup(IntervalPlot(title: "t", axisLabel: "a", rows: rows).svg)
    let x = markup.all("circle").compactMap { $0.attributes["cx"].flatMap(Double.init) }
    #expect(x.count == 3)
    // Equal steps of the value are equal steps on the page, to the two decimals written; a whisker ends where the next value
    // lies.
    #expect(abs((x[1] - x[0]) - (x[2] - x[1])) < 0.021)
    let whisker = markup.all("line").filter { $0.attributes["stroke-width"] == "2.4" }[0].attributes
    #expect(abs(try #require(whisker["x2"].flatMap(Double.init)) - x[1]) < 0.011)
    #expect(markup.texts("text").contains("50.0 ± 10.0"))
    #expect(markup.texts("desc")[0].contains("m 0.6: 60.0 ± 10.0"))
  }

  @Test func differencesShowZero() throws {
    let rows = [IntervalPlot.Row(label: "b", value: 0.05, lower: 0.02, upper: 0.08, note: "p = 0.010")]
    let markup = try Markup(IntervalPlot(title: "t", axisLabel: "a", rows: rows, quantity: .difference).svg)
    #expect(markup.texts("text").contains("0"))
    #expect(markup.texts("text").contains("+5.0 [+2.0, +8.0]"))
  }

  @Test func lineChartDrawsEveryCurve() throws {
    let series = ["a<b", "c"].map { name in
      LineChart.Series(name: name, points: (0..<4).map { .init(x: Double($0), y: Double($0 * $0), lower: 0, upper: 10) })
    }
    var chart = LineChart(title: "t", xLabel: "x", yLabel: "y", series: series)
    var markup = try Markup(chart.svg)
    // A band and a line each.
    #expect(markup.all("path").count == 4)
    #expect(markup.all("circle").count == 8)
    #expect(markup.texts("text").contains("a&lt;b"))
    #expect(markup.texts("desc")[0].contains("c: from 0.000 to 9.000"))
    chart.styles = [3, 0]
    markup = try Markup(chart.svg)
    #expect(
      markup.all("path").filter { $0.attributes["fill"] == "none" }.map { $0.attributes["stroke"] == ChartFrame.series(0) } == [
        false, true,
      ])
    // Zero cannot be shown on a logarithmic axis: three points stay.
    chart.logarithmicX = true
    markup = try Markup(chart.svg)
    let line = markup.all("path").filter { $0.attributes["fill"] == "none" }[0].attributes["d"] ?? ""
    #expect(line.filter { $0 == "M" || $0 == "L" }.count == 3)
  }

  @Test func emptyAndBrokenDataAreDrawn() throws {
    let broken = LineChart.Series(name: "n", points: [.init(x: .nan, y: 1), .init(x: 1, y: .infinity)])
    for series in [[], [broken], [LineChart.Series(name: "e", points: [])]] {
      let chart = LineChart(title: "t", xLabel: "x", yLabel: "y", series: series)
      #expect(try Markup(chart.svg).texts("text").contains("no data"))
      #expect(!chart.svg.contains("nan") && !chart.svg.contains("inf"))
    }
    let plot = IntervalPlot(title: "t", axisLabel: "a", rows: [.init(label: "n", value: .nan, lower: .nan, upper: 1)])
    #expect(!plot.svg.contains("nan"))
    _ = try Markup(plot.svg)
    let map = HeatMap(title: "t", rows: [], columns: [], panels: [.init(title: "p", values: [], scale: .differences(limit: 0))])
    _ = try Markup(map.svg)
  }

  @Test func sharesHaveTwoColoursAroundTheNeutralOne() throws {
    let map = HeatMap(
      title: "weights", rows: ["r"], columns: ["a", "b", "c"],
      panels: [.init(title: "p", values: [[0.25, 0.35, 0.15]], scale: .shares(neutral: 0.25, limit: 0.1))])
    let markup = try Markup(map.svg)
    let cells = markup.all("rect").map(\.attributes)
    #expect(cells.map { $0["fill-opacity"] } == ["0.05", "0.95", "0.95"])
    #expect(cells[1]["fill"] == cells[0]["fill"] && cells[2]["fill"] != cells[1]["fill"])
    #expect(markup.texts("text").contains("35") && markup.texts("text").contains("15"))
  }

  @Test func heatMapWritesAndShadesValues() throws {
    let map = HeatMap(
      title: "weights", rows: ["r0", "r1"], columns: ["a", "b"],
      panels: [
        .init(title: "p", values: [[0.1, 0.4], [0, 0.2]], scale: .shares(neutral: 0, limit: 0.4), marked: [[1, 0]]),
        .init(title: "q", values: [[-0.1, 0.1], [0, 0]], scale: .differences(limit: 0.1)),
      ])
    let markup = try Markup(map.svg)
    let cells = markup.all("rect").map(\.attributes)
    #expect(cells.count == 8)
    #expect(cells.prefix(4).map { $0["fill-opacity"] } == ["0.28", "0.95", "0.05", "0.5"])
    #expect(cells.map { $0["stroke"] != nil } == [false, false, true, false, false, false, false, false])
    #expect(cells[4]["fill"] != cells[5]["fill"])
    #expect(markup.texts("text").contains("−10") && markup.texts("text").contains("+10"))
    #expect(markup.texts("desc")[0].contains("p: largest 40.0 % for b on r0"))
  }
}

@Suite struct OperationWeightsTests {
  /// Logits ln 1, ln 3 are weights 1/4, 3/4; of the two inputs of the only node both are kept, each with its stronger operation.
  @Test func weightsAreSoftmaxAndChoicesAreMarked() throws {
    let map = HeatMap.operationWeights(
      of: .normal, operations: [.none, .skipConnect, .maxPool3x3],
      tables: [("a", [[-1e9, 0, log(3)], [-1e9, 0, log(3)]]), ("b", [[-1e9, 0, 0], [-1e9, log(3), 0]])], showingChange: true)
    #expect(map.rows == ["c(k−2) → 0", "c(k−1) → 0"])
    #expect(map.columns == ["none", "skip", "max pool 3×3"])
    #expect(map.panels.map(\.title) == ["a", "b", "change, points"])
    #expect(map.panels[0].values == [[0, 0.25, 0.75], [0, 0.25, 0.75]])
    #expect(map.panels[0].marked == [[0, 2], [1, 2]])
    #expect(map.panels[1].marked == [[0, 1], [1, 1]])
    #expect(map.panels[2].values == [[0, 0.25, -0.25], [0, 0.5, -0.5]])
  }
}
