import Foundation
import SearchSpaces

extension ComparisonReport {
  /// How one task moved the architecture: softmax weights before, after, and their difference.
  static func adaptation(_ results: ComparisonResults) -> Page.Section? {
    guard let adaptation = results.adaptation, !adaptation.cells.isEmpty else { return nil }
    var blocks: [Page.Block] = [
      .paragraph(
        "Every edge of the supernet mixes all operations with the weights shown (a softmax of θ, in percent). The prior is what meta-training "
          + "learnt; a few gradient steps on the support images turn it into the task’s own weights. Outlined cells are the edges and "
          + "operations that decoding keeps.")
    ]
    for cell in adaptation.cells { blocks.append(heatMap(cell, adaptation: adaptation)) }
    return Page.Section(title: "From prior to task", blocks: blocks)
  }

  private static func heatMap(
    _ cell: ComparisonResults.Adaptation.Cell, adaptation: ComparisonResults.Adaptation
  ) -> Page.Block {
    let before = cell.before.map(softmax)
    let after = cell.after.map(softmax)
    let change = zip(after, before).map { zip($0, $1).map { $0 - $1 } }
    let largest = (before + after).joined().max() ?? 1
    let limit = change.joined().map(abs).max() ?? 1
    let edges = edges(count: before.count)
    let map = HeatMap(
      title: "Operation weights of the \(cell.kind.rawValue) cell", rows: edges.map { edgeName($0) },
      columns: adaptation.operations.map(\.displayName),
      panels: [
        HeatMap.Panel(
          title: "prior", values: before, scale: .sequential(maximum: largest),
          marked: chosen(cell.before, kind: cell.kind, operations: adaptation.operations)),
        HeatMap.Panel(
          title: "after adaptation", values: after, scale: .sequential(maximum: largest),
          marked: chosen(cell.after, kind: cell.kind, operations: adaptation.operations)),
        HeatMap.Panel(
          title: "change, points", values: change, scale: .diverging(limit: max(limit, 0.02))),
      ],
      groupStarts: Set(edges.indices.filter { edges[$0].input == 0 }))
    return .chart(map, caption: "\(cell.kind.rawValue.capitalized) cell, \(adaptation.task).")
  }

  private static func softmax(_ row: [Double]) -> [Double] {
    let top = row.max() ?? 0
    let exponentials = row.map { exp($0 - top) }
    let sum = exponentials.reduce(0, +)
    return exponentials.map { $0 / sum }
  }

  /// The edges of the cell that has `count` of them, in `CellSpace`'s order.
  private static func edges(count: Int) -> [CellSpace.Edge] {
    for nodes in 1...64 {
      guard let space = try? CellSpace(nodes: nodes), space.edgeCount <= count else { break }
      if space.edgeCount == count { return space.edges }
    }
    return []
  }

  private static func edgeName(_ edge: CellSpace.Edge) -> String {
    let source = edge.input == 0 ? "c(k−2)" : edge.input == 1 ? "c(k−1)" : "\(edge.input - 2)"
    return "\(source) → \(edge.node)"
  }

  /// The (edge, operation) pairs that decoding keeps; none if the table is not one of a cell.
  private static func chosen(_ logits: [[Double]], kind: CellKind, operations: [CellOperation]) -> [[Int]] {
    let all = edges(count: logits.count)
    guard let last = all.last,
      let space = try? DARTSSpace(
        nodes: last.node + 1, operations: operations, cells: [kind], channels: 1, stem: .flat, inputHeight: 1, inputWidth: 1,
        inputChannels: 1, way: 2),
      let cell = try? Genotype.decode(logits: [logits], space: space)[kind]
    else { return [] }
    return cell.nodes.enumerated().flatMap { node, edges in
      edges.compactMap { edge in
        operations.firstIndex(of: edge.operation).map { [space.cell.edgeIndex(node: node, input: edge.input), $0] }
      }
    }
  }

  /// One task's pictures by class.
  static func sampleTask(_ results: ComparisonResults) -> Page.Section? {
    guard let task = results.sampleTask else { return nil }
    var labels = [String]()
    for picture in task.support + task.query where !labels.contains(picture.label) { labels.append(picture.label) }
    let rows = labels.map { label in
      ImageGrid.Row(
        label: label,
        groups: [
          task.support.filter { $0.label == label }.map { picture in
            ImageGrid.Picture(png: picture.png, alternative: "support image of \(label)")
          },
          task.query.filter { $0.label == label }.map { picture in
            guard let prediction = picture.prediction else {
              return ImageGrid.Picture(png: picture.png, alternative: "query image of \(label)")
            }
            let right = prediction == label
            return ImageGrid.Picture(
              png: picture.png, alternative: "query image of \(label), classified as \(prediction)",
              caption: right ? "" : prediction, verdict: right ? .right : .wrong)
          },
        ])
    }
    let predicted = task.query.filter { $0.prediction != nil }
    let right = predicted.count { $0.prediction == $0.label }
    let score = predicted.isEmpty ? "" : " \(right) of \(predicted.count) query images are classified rightly."
    return Page.Section(
      title: "One task",
      blocks: [
        .images(
          ImageGrid(
            caption: task.description + score, rowTitle: "class",
            columns: ["support: what the method may learn from", "query: what it has to classify"], rows: rows))
      ])
  }
}
