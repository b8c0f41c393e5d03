import SearchSpaces

/// Which operations each data set prefers after adaptation.
extension StudyReport {
  static func preferences(_ analysis: StudyAnalysis) throws -> Page.Section? {
    guard let found = try analysis.preferences() else { return nil }
    let names = found.datasets.map(short)
    let largest = found.distances.flatMap { $0 }.max() ?? 0
    let mean = found.operations.indices.map { index in
      found.weights.reduce(0) { $0 + $1[index] } / Double(max(1, found.weights.count))
    }
    let differences = found.weights.map { row in zip(row, mean).map { $0 - $1 } }
    let limit = max(1e-6, differences.flatMap { $0 }.map { abs($0) }.max() ?? 1)
    let seeds =
      found.betweenSeeds.map { " Between seeds of one data set the mean distance is \(NumberFormat.fixed($0, 3))." } ?? ""
    return Page.Section(
      title: "How the adapted cells differ",
      blocks: [
        .paragraph(
          "Architecture parameters θ of “\(found.method), \(found.regime.rawValue)” after adaptation, averaged over tasks and seeds of a data "
            + "set. The distance of two data sets is the root mean square over edges of the Jensen–Shannon distance between their operation "
            + "weights (0 equal, 1 disjoint); the largest is \(NumberFormat.fixed(largest, 3)).\(seeds)"),
        .chart(
          ScatterChart(
            title: "Map of data sets by θ", points: zip(names, found.map).map { .init(name: $0, x: $1[0], y: $1[1]) },
            plane: .map(unit: "Jensen–Shannon distance")),
          caption:
            "Classical multidimensional scaling of the distances; the plane holds \(NumberFormat.percent(found.explained, 0)) % of their variance."
        ),
        .chart(
          HeatMap(
            title: "Operations by data set", rows: names,
            columns: found.operations.map { CellOperation(rawValue: $0)?.displayName ?? $0 },
            panels: [
              .init(
                title: "weight, %", values: found.weights,
                scale: .shares(
                  neutral: 1 / Double(max(1, found.operations.count)),
                  limit: max(
                    0.01, found.weights.flatMap { $0 }.map { abs($0 - 1 / Double(max(1, found.operations.count))) }.max() ?? 1))),
              .init(title: "against the mean, points", values: differences, scale: .differences(limit: limit)),
            ]),
          caption:
            "Weight of every operation, mean over all edges of both cells; on the right what a data set prefers more or less than the others."
        ),
      ])
  }
}
