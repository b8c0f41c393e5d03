import SearchSpaces

extension HeatMap {
  /// The operation weights of a cell of the supernet: a softmax of architecture parameters for every edge, side by side for
  /// several tables. The (edge, operation) pairs that decoding keeps are outlined.
  ///
  /// - Parameters:
  ///   - kind: the cell.
  ///   - operations: the columns.
  ///   - tables: headings and logits, edges × operations with edges in `CellSpace`'s order; all tables of the same shape.
  ///   - showingChange: whether the last table minus the first is shown too.
  public static func operationWeights(
    of kind: CellKind, operations: [CellOperation], tables: [(title: String, logits: [[Double]])], showingChange: Bool = false
  ) -> HeatMap {
    let weights = tables.map { $0.logits.map(Genotype.softmax) }
    // Below two points a distance or a change is shown pale, so that noise does not look like news.
    func limit(_ values: some Sequence<Double>) -> Double { max(values.map(abs).max() ?? 0, 0.02) }
    let equal = 1 / Double(max(1, operations.count))
    let reach = limit(weights.joined().joined().map { $0 - equal })
    var panels = zip(tables, weights).map { table, weights in
      Panel(
        title: table.title, values: weights, scale: .shares(neutral: equal, limit: reach),
        marked: chosen(table.logits, kind: kind, operations: operations))
    }
    if showingChange, let first = weights.first, let last = weights.last {
      let change = zip(last, first).map { zip($0, $1).map { $0 - $1 } }
      panels.append(Panel(title: "change, points", values: change, scale: .differences(limit: limit(change.joined()))))
    }
    let edges = edges(count: tables.first?.logits.count ?? 0)
    return HeatMap(
      title: "Operation weights of the \(kind.rawValue) cell", rows: edges.map(name), columns: operations.map(\.displayName),
      panels: panels, groupStarts: Set(edges.indices.filter { edges[$0].input == 0 }))
  }

  /// The edges of the cell that has `count` of them, in `CellSpace`'s order; none if no cell has.
  private static func edges(count: Int) -> [CellSpace.Edge] {
    for nodes in 1...64 {
      guard let space = try? CellSpace(nodes: nodes), space.edgeCount <= count else { break }
      if space.edgeCount == count { return space.edges }
    }
    return []
  }

  private static func name(_ edge: CellSpace.Edge) -> String {
    let source = edge.input == 0 ? "c(k−2)" : edge.input == 1 ? "c(k−1)" : "\(edge.input - 2)"
    return "\(source) → \(edge.node)"
  }

  /// The (edge, operation) pairs that decoding keeps; none if the table is not one of a cell.
  private static func chosen(_ logits: [[Double]], kind: CellKind, operations: [CellOperation]) -> [[Int]] {
    guard let last = edges(count: logits.count).last,
      let space = try? DARTSSpace(
        cell: CellSpace(nodes: last.node + 1, operations: operations), cells: [kind], channels: 1, stem: .flat, inputHeight: 1,
        inputWidth: 1,
        inputChannels: 1, way: 2),
      let cell = try? Genotype.decode(logits: [logits], space: space)[kind]
    else { return [] }
    return cell.nodes.enumerated().flatMap { node, edges in
      edges.compactMap { edge in
        operations.firstIndex(of: edge.operation).map { [space.cell.edgeIndex(node: node, input: edge.input), $0] }
      }
    }
  }
}
