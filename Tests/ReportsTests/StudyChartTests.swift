import Basics
import Foundation
import Reports
import Statistics
import Testing

@Suite struct StudyChartTests {
  @Test func ranksLieOnTheirScale() throws {
    let test = try Nemenyi(meanRanks: [1.2, 3.8, 2.4, 2.6], blocks: 12)
    let chart = CriticalDifferenceDiagram(title: "ranks", methods: ["a<b", "worst", "c", "d"], test: test, highlighted: 0)
    let markup = try Markup(chart.svg)
    let places = markup.all("circle").compactMap { $0.attributes["cx"].flatMap(Double.init) }
    try #require(places.count == 4)
    // Best first; distances on the page are proportional to distances of ranks.
    #expect(abs((places[1] - places[0]) / (places[3] - places[0]) - 1.2 / 2.6) < 1e-3)
    #expect(abs((places[2] - places[0]) / (places[3] - places[0]) - 1.4 / 2.6) < 1e-3)
    // 1.2–2.4 and 2.6–3.8 do not differ (critical difference 1.354), 1.2–2.6 and 2.4–3.8 do.
    let bars = markup.all("line").filter { $0.attributes["stroke-width"] == "4" }.map(\.attributes)
    try #require(bars.count == 3)
    #expect(abs(try #require(bars[0]["x2"].flatMap(Double.init)) - places[1] - 4) < 0.02)
    #expect(markup.texts("text").contains("a&lt;b  1.20") && markup.texts("text").contains("critical difference 1.35"))
    #expect(markup.texts("desc")[0].contains("No significant difference among a&lt;b, c."))
    // A critical difference longer than the scale is cut, and everything is one group.
    let few = CriticalDifferenceDiagram(title: "t", methods: ["a", "b"], test: try Nemenyi(meanRanks: [1, 2], blocks: 2))
    _ = try Markup(few.svg)
    #expect(!few.svg.contains("nan"))
  }

  @Test func transferIsShadedFromLeastToMost() throws {
    let chart = TransferMatrix(
      title: "transfer", rows: ["thai", "all"], columns: ["thai", "greek"], values: [[0.9, 0.5], [0.7, nil]], seen: [[0, 0]])
    let markup = try Markup(chart.svg)
    let cells = markup.all("rect").map(\.attributes)
    #expect(cells.map { $0["fill-opacity"] } == ["0.94", "0.06", "0.5"])
    #expect(cells.map { $0["stroke"] != nil } == [true, true, false])
    #expect(markup.all("path").count == 1)
    // Means over what there is, and a dash for what there is not.
    for text in ["90.0", "50.0", "70.0", "–"] { #expect(markup.texts("text").contains(text)) }
    #expect(markup.texts("desc")[0].contains("thai: thai with 90.0 %; greek: thai with 50.0 %"))
    for values in [[], [[.some(0.5)]], [[nil]]] as [[[Double?]]] {
      _ = try Markup(TransferMatrix(title: "t", rows: ["r"], columns: ["c"], values: values).svg)
    }
  }

  @Test func scatteredPointsKeepTheirDistances() throws {
    let points = [(0.0, 0.0), (3, 4), (6, 0)].enumerated().map { index, place in
      ScatterChart.Point(name: "p\(index)", x: place.0, y: place.1, style: 0)
    }
    let map = try Markup(ScatterChart(title: "map", points: points, plane: .map(unit: "units")).svg)
    let places = map.all("circle").compactMap { circle -> (Double, Double)? in
      guard let x = circle.attributes["cx"].flatMap(Double.init), let y = circle.attributes["cy"].flatMap(Double.init) else {
        return nil
      }
      return (x, y)
    }
    try #require(places.count == 3)
    func distance(_ a: Int, _ b: Int) -> Double { hypot(places[a].0 - places[b].0, places[a].1 - places[b].1) }
    #expect(abs(distance(0, 1) - distance(1, 2)) < 0.05)
    #expect(abs(distance(0, 2) / distance(0, 1) - 6.0 / 5) < 1e-3)
    let plane = ScatterChart.Plane.axes(x: "seconds", y: "accuracy, %", logarithmicX: true, percent: true)
    let plot = try Markup(
      ScatterChart(
        title: "cost", points: [.init(name: "a", x: 0, y: 0.5), .init(name: "b", x: 0.1, y: 0.6, lower: 0.5, upper: 0.7)],
        plane: plane
      ).svg)
    // What a logarithm does not show is left out.
    #expect(plot.all("circle").count == 1 && plot.texts("desc")[0].contains("b: 0.100, 60.0 %"))
    for plane in [plane, .map(unit: "u")] {
      let chart = ScatterChart(title: "t", points: [.init(name: "n", x: .nan, y: 1)], plane: plane)
      _ = try Markup(chart.svg)
      #expect(!chart.svg.contains("nan"))
    }
  }
}
