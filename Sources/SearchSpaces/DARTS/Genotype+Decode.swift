import Basics
import Foundation

extension Genotype {
  /// The discrete architecture that architecture parameters stand for.
  ///
  /// Each edge's operation weights are the softmax of its row, `none` included. An edge is as strong as its strongest operation
  /// other than `none`; every node keeps its two strongest incoming edges (from distinct inputs), each with that operation.
  /// Ties go to the lower input and to the operation that the space lists first.
  ///
  /// Source: DARTS (Liu et al., ICLR 2019), section 2.4; T-NAS (Lian et al., ICLR 2020), algorithm 2.
  ///
  /// - Parameters:
  ///   - logits: for each of `space.cellKinds`, an edges × operations table.
  ///   - space: the search space whose tables these are.
  /// - Throws: `GenotypeError.logitShape` or `.nonFiniteLogit` if the tables do not fit the space.
  public static func decode(logits: [[[Double]]], space: DARTSSpace) throws(GenotypeError) -> Genotype {
    let kinds = space.cellKinds
    guard logits.count == kinds.count else {
      throw .logitShape(part: "tables", found: logits.count, expected: kinds.count)
    }
    var cells = [CellKind: Cell]()
    for (kind, table) in zip(kinds, logits) { cells[kind] = try decode(table, kind: kind, space: space.cell) }
    return try Genotype(cells: cells)
  }

  private static func decode(_ table: [[Double]], kind: CellKind, space: CellSpace) throws(GenotypeError) -> Cell {
    guard table.count == space.edgeCount else {
      throw .logitShape(part: "edges in the \(kind.rawValue) table", found: table.count, expected: space.edgeCount)
    }
    var best = [(weight: Double, operation: CellOperation)]()
    for (edge, row) in table.enumerated() {
      guard row.count == space.operations.count else {
        throw .logitShape(
          part: "operations in the \(kind.rawValue) table's edge \(edge)", found: row.count, expected: space.operations.count)
      }
      for (logit, operation) in zip(row, space.operations) where !logit.isFinite {
        throw .nonFiniteLogit(kind, edge: edge, operation: operation)
      }
      var strongest: (weight: Double, operation: CellOperation)?
      for (weight, operation) in zip(softmax(row), space.operations) where operation != .none {
        if strongest.map({ weight > $0.weight }) ?? true { strongest = (weight, operation) }
      }
      // The space offers an operation other than none, so there is one.
      if let strongest { best.append(strongest) }
    }
    let nodes = (0..<space.nodes).map { node in
      let range = space.edgeIndices(intoNode: node)
      let ranked = range.sorted { best[$0].weight != best[$1].weight ? best[$0].weight > best[$1].weight : $0 < $1 }
      return ranked.prefix(2).map { Edge(best[$0].operation, $0 - range.lowerBound) }
    }
    return try Cell(nodes: nodes)
  }

  /// The operation weights of one edge: exp(x − max x), normalised.
  package static func softmax(_ row: [Double]) -> [Double] {
    let top = row.max() ?? 0
    let exponentials = row.map { exp($0 - top) }
    let sum = exponentials.reduce(0, +)
    return exponentials.map { $0 / sum }
  }

  /// A random architecture of the space: two distinct inputs for each node and an operation other than `none` for each edge,
  /// all choices equally likely and independent.
  public static func random(in space: DARTSSpace, using generator: inout Philox) -> Genotype {
    let operations = space.operations.filter { $0 != .none }
    var cells = [CellKind: Cell]()
    for kind in space.cellKinds {
      var nodes = [[Edge]]()
      for node in 0..<space.nodes {
        let inputs = generator.sample(2, of: node + 2)
        nodes.append(inputs.map { Edge(operations[generator.nextInt(below: operations.count)], $0) })
      }
      cells[kind] = Cell(unchecked: nodes)
    }
    return Genotype(unchecked: cells)
  }
}
