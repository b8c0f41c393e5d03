import Basics

/// An architecture as a value: for each kind of cell, what flows into each node. The cell's output concatenates all nodes.
///
/// A node's edges are kept in the order of their inputs (then of `CellOperation.allCases`), so that two genotypes are equal
/// exactly when they describe the same cells. `Codable` as its canonical text, see ``text``.
public struct Genotype: Hashable, Sendable {
  /// One chosen connection.
  public struct Edge: Hashable, Sendable {
    /// The operation on it.
    public let operation: CellOperation
    /// Where it comes from: 0 and 1 are the cell's inputs, *j* + 2 is node *j*.
    public let input: Int

    /// A connection.
    public init(_ operation: CellOperation, _ input: Int) {
      self.operation = operation
      self.input = input
    }
  }

  /// One cell: the incoming edges of each node.
  public struct Cell: Hashable, Sendable {
    /// For each node, in order, its incoming edges.
    public let nodes: [[Edge]]

    /// A cell.
    ///
    /// - Throws: `GenotypeError` if there is no node, a node has no edge, an edge comes from a node that is not earlier, or
    ///   carries `none`.
    public init(nodes: [[Edge]]) throws(GenotypeError) {
      guard !nodes.isEmpty else { throw .emptyCell }
      for (number, edges) in nodes.enumerated() {
        guard !edges.isEmpty else { throw .emptyNode(node: number) }
        for edge in edges {
          guard edge.operation != .none else { throw .noneOnEdge(node: number, input: edge.input) }
          guard edge.input >= 0 && edge.input < number + 2 else {
            throw .inputOutOfRange(node: number, input: edge.input)
          }
        }
      }
      self.init(unchecked: nodes)
    }

    /// A cell whose edges are known to be in range.
    init(unchecked nodes: [[Edge]]) {
      let order = Dictionary(uniqueKeysWithValues: CellOperation.allCases.enumerated().map { ($1, $0) })
      self.nodes = nodes.map { edges in
        edges.sorted { ($0.input, order[$0.operation] ?? 0) < ($1.input, order[$1.operation] ?? 0) }
      }
    }
  }

  /// The cells by kind; never empty.
  public let cells: [CellKind: Cell]

  /// A genotype of the given cells.
  ///
  /// - Throws: `GenotypeError.noCells` if there is none.
  public init(cells: [CellKind: Cell]) throws(GenotypeError) {
    guard !cells.isEmpty else { throw .noCells }
    self.cells = cells
  }

  /// A genotype of cells known not to be empty.
  init(unchecked cells: [CellKind: Cell]) { self.cells = cells }

  /// The cell of a kind, if the genotype has one.
  public subscript(kind: CellKind) -> Cell? { cells[kind] }

  /// Checks that the genotype is an architecture of the space: a cell for every kind used, as many nodes, offered operations.
  ///
  /// - Throws: `GenotypeError` with the first difference.
  public func validate(in space: DARTSSpace) throws(GenotypeError) {
    for kind in space.cellKinds {
      guard let cell = cells[kind] else { throw .missingCell(kind) }
      guard cell.nodes.count == space.nodes else {
        throw .nodeCount(kind, found: cell.nodes.count, expected: space.nodes)
      }
      for edge in cell.nodes.joined() where !space.operations.contains(edge.operation) {
        throw .foreignOperation(edge.operation)
      }
    }
  }
}

/// Why something is not a genotype, or not one of the given space.
public enum GenotypeError: ReportableError, Hashable, Sendable {
  /// No cell at all.
  case noCells
  /// A cell without nodes.
  case emptyCell
  /// A node without incoming edges.
  case emptyNode(node: Int)
  /// An edge that carries `none`, which is the absence of an edge.
  case noneOnEdge(node: Int, input: Int)
  /// An edge from a node that does not come earlier.
  case inputOutOfRange(node: Int, input: Int)
  /// The space uses a kind of cell that the genotype lacks.
  case missingCell(CellKind)
  /// The cell has another number of nodes than the space.
  case nodeCount(CellKind, found: Int, expected: Int)
  /// The genotype uses an operation that the space does not offer.
  case foreignOperation(CellOperation)
  /// The text is not a genotype; `position` counts characters from 0.
  case syntax(position: Int, found: String, expected: String)
  /// The text describes a kind of cell twice; `position` counts characters from 0.
  case repeatedCell(CellKind, position: Int)
  /// The architecture parameters have another shape than the space: the part at fault, its size and the size it should have.
  case logitShape(part: String, found: Int, expected: Int)
  /// An architecture parameter is infinite or not a number.
  case nonFiniteLogit(CellKind, edge: Int, operation: CellOperation)

  /// Which part is wrong, why, and sometimes what to do.
  public var fault: Fault {
    switch self {
    case .noCells: Self.fault("no cell", help: "write at least normal[…] or reduction[…]")
    case .emptyCell: Self.fault("a cell has no node", help: "give every cell at least one")
    case .emptyNode(let node): Self.fault("node \(node) has no incoming edge", help: "give it at least one")
    case .noneOnEdge(let node, let input):
      Self.fault("the edge from input \(input) into node \(node) carries none", help: "leave the edge out instead")
    case .inputOutOfRange(let node, let input):
      Self.fault("node \(node) has an edge from input \(input), but its inputs are 0 to \(node + 1)")
    case .missingCell(let kind): Self.fault("no \(kind.rawValue) cell, but the search space has one")
    case .nodeCount(let kind, let found, let expected):
      Self.fault("the \(kind.rawValue) cell has \(found) nodes, but the search space has \(expected)")
    case .foreignOperation(let operation): Self.fault("\(operation.rawValue) is not among the search space's operations")
    case .syntax(let position, let found, let expected):
      Self.fault("found \(found) at position \(position), expected \(expected)")
    case .repeatedCell(let kind, let position):
      Self.fault("a second \(kind.rawValue) cell at position \(position)", help: "give each kind once")
    case .logitShape(let part, let found, let expected):
      Fault("\(found) \(part), but the search space has \(expected)", at: Self.parameters)
    case .nonFiniteLogit(let kind, let edge, let operation):
      Fault(
        "the \(kind.rawValue) cell's edge \(edge) has a value for \(operation.rawValue) that is not finite",
        at: Self.parameters)
    }
  }

  private static let parameters = Fault.Place.named("architecture parameters")

  private static func fault(_ what: String, help: String? = nil) -> Fault { Fault(what, at: .named("genotype"), help: help) }
}
