import Basics

/// DARTS' cells as discrete architectures: every node has two inputs, distinct ones, with an operation other than `none` each.
///
/// Decisions of node *j* (from 0) of each kind of cell: the pair of inputs, *j* + 2 choose 2, and the two operations.
extension DARTSSpace: SearchSpace {
  /// The space's name: `darts`.
  public var name: String { "darts" }

  /// The operations that a chosen edge may carry.
  private var usable: [CellOperation] { operations.filter { $0 != .none } }

  /// The pairs of inputs of a node, in order.
  private static func pairs(node: Int) -> [(Int, Int)] {
    (0..<(node + 2)).flatMap { first in ((first + 1)..<(node + 2)).map { (first, $0) } }
  }

  /// The decisions, three per node: first those of the normal cell, then those of the reduction cell, as far as the network has them.
  public var decisions: [Decision] {
    let names = usable.map(\.rawValue)
    return cellKinds.flatMap { kind in
      (0..<nodes).flatMap { node in
        [
          Decision("\(kind.rawValue) node \(node) inputs", choices: Self.pairs(node: node).map { "\($0)+\($1)" }),
          Decision("\(kind.rawValue) node \(node) first operation", choices: names),
          Decision("\(kind.rawValue) node \(node) second operation", choices: names),
        ]
      }
    }
  }

  /// The genotype of these choices; `nil` unless there are three per node, each in its range.
  public func architecture(choices: [Int]) -> Genotype? {
    let usable = self.usable
    guard choices.count == 3 * nodes * cellKinds.count else { return nil }
    var cells = [CellKind: Genotype.Cell]()
    for (place, kind) in cellKinds.enumerated() {
      var edges = [[Genotype.Edge]]()
      for node in 0..<nodes {
        let start = 3 * (place * nodes + node)
        let pairs = Self.pairs(node: node)
        guard pairs.indices.contains(choices[start]), usable.indices.contains(choices[start + 1]),
          usable.indices.contains(choices[start + 2])
        else { return nil }
        let (first, second) = pairs[choices[start]]
        edges.append([Genotype.Edge(usable[choices[start + 1]], first), Genotype.Edge(usable[choices[start + 2]], second)])
      }
      cells[kind] = Genotype.Cell(unchecked: edges)
    }
    return Genotype(unchecked: cells)
  }

  /// The choices that give the genotype: for every node its pair of inputs and the operations on them, lower input first.
  ///
  /// - Throws: `ArchitectureError.notInSpace` for a genotype with other cells, or a node without two edges from distinct inputs.
  public func choices(of architecture: Genotype) throws(ArchitectureError) -> [Int] {
    let usable = self.usable
    do {
      try architecture.validate(in: self)
    } catch {
      throw .notInSpace(space: name, reason: error.fault)
    }
    guard Set(architecture.cells.keys) == Set(cellKinds) else {
      throw .notInSpace(space: name, reason: "the genotype has a cell of a kind that the space does not use")
    }
    var choices = [Int]()
    for kind in cellKinds {
      for (node, edges) in (architecture[kind]?.nodes ?? []).enumerated() {
        guard edges.count == 2, let pair = Self.pairs(node: node).firstIndex(where: { $0 == (edges[0].input, edges[1].input) }),
          let first = usable.firstIndex(of: edges[0].operation), let second = usable.firstIndex(of: edges[1].operation)
        else {
          throw .notInSpace(
            space: name, reason: "node \(node) of the \(kind.rawValue) cell has no two edges from distinct inputs")
        }
        choices += [pair, first, second]
      }
    }
    return choices
  }

  /// Adjacency: for every edge of each kind of cell a one-hot of its operation. Path: for each kind of cell and each of its two
  /// inputs a bit for every sequence of one or two operations on a path to the output; longer ones are cut off, which costs
  /// little (BANANAS, section 4.2).
  public func encode(_ architecture: Genotype, as encoding: ArchitectureEncoding) -> [Double]? {
    guard contains(architecture) else { return nil }
    let usable = self.usable
    func number(_ operation: CellOperation) -> Int { usable.firstIndex(of: operation) ?? 0 }
    var values = [Double]()
    switch encoding {
    case .oneHot: return oneHot(architecture)
    case .adjacency:
      for kind in cellKinds {
        var block = [Double](repeating: 0, count: cell.edgeCount * usable.count)
        for (node, edges) in (architecture[kind]?.nodes ?? []).enumerated() {
          for edge in edges {
            block[cell.edgeIndex(node: node, input: edge.input) * usable.count + number(edge.operation)] = 1
          }
        }
        values += block
      }
    case .path:
      let count = usable.count
      for kind in cellKinds {
        var block = [Double](repeating: 0, count: 2 * (count + count * count))
        let nodes = architecture[kind]?.nodes ?? []
        for edges in nodes {
          for edge in edges where edge.input < 2 { block[edge.input * (count + count * count) + number(edge.operation)] = 1 }
          for last in edges where last.input >= 2 {
            for first in nodes[last.input - 2] where first.input < 2 {
              let pair = number(first.operation) * count + number(last.operation)
              block[first.input * (count + count * count) + count + pair] = 1
            }
          }
        }
        values += block
      }
    }
    return values
  }

  /// The genotype's canonical text, see ``Genotype/text``.
  public func text(of architecture: Genotype) -> String { architecture.text }

  /// Reads a genotype's text.
  ///
  /// - Throws: `ArchitectureError.syntax` with the place of the first mistake, `.notInSpace` for a genotype of another space.
  public func architecture(parsing text: String) throws(ArchitectureError) -> Genotype {
    let genotype: Genotype
    do {
      genotype = try Genotype(parsing: text)
    } catch {
      if case .syntax(let position, let found, let expected) = error {
        throw .syntax(space: name, position: position, found: found, expected: expected)
      }
      throw .notInSpace(space: name, reason: error.fault)
    }
    _ = try choices(of: genotype)
    return genotype
  }

  /// A picture of each kind of cell that the network has.
  public func drawings(of architecture: Genotype) -> [ArchitectureDrawing] {
    cellKinds.compactMap { kind in
      architecture[kind].map { cell in
        let title = "\(kind.rawValue) cell"
        return ArchitectureDrawing(title: title, svg: GenotypeDrawing.svg(of: cell, title: title))
      }
    }
  }

  /// The decoded network's cost, see ``cost(of:)``.
  public func networkCost(of architecture: Genotype) -> NetworkCost? { try? cost(of: architecture) }
}
