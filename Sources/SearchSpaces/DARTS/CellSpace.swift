import Basics

/// The two kinds of cell: one keeps the resolution, the other halves it and doubles the channels.
public enum CellKind: String, CaseIterable, Codable, Hashable, Sendable {
  /// The cell that keeps the resolution, and the one that halves it.
  case normal, reduction
}

/// The graph of a searchable cell: which edges exist and which operations each may carry.
///
/// A cell has two inputs (number 0, the output of the cell before the previous one, and number 1, the output of the previous
/// one) and `nodes` intermediate nodes; node *i* (from 0) is input number *i* + 2 of the nodes after it, and has an edge from
/// every earlier input. The cell's output concatenates all its nodes. Edges are numbered as in DARTS: by node, then by input.
public struct CellSpace: Hashable, Sendable {
  /// A possible connection: from input number `input` (0 and 1 the cell's inputs, *j* + 2 node *j*) into node `node`.
  public struct Edge: Hashable, Sendable {
    /// The node that the edge enters, from 0.
    public let node: Int
    /// The input that it leaves, 0 ..< node + 2.
    public let input: Int
  }

  /// How many intermediate nodes.
  public let nodes: Int
  /// The candidate operations, in the order of the architecture parameters' columns.
  public let operations: [CellOperation]

  /// A cell space; DARTS' own by default.
  ///
  /// - Throws: `SearchSpaceError` if there is no node, an operation occurs twice or none but `none` is offered.
  public init(nodes: Int = 4, operations: [CellOperation] = CellOperation.allCases) throws(SearchSpaceError) {
    guard nodes >= 1 else { throw .outOfRange(key: "nodes", value: nodes, allowed: "1 or more") }
    for (i, operation) in operations.enumerated() where operations[..<i].contains(operation) {
      throw .duplicateOperation(operation)
    }
    guard operations.contains(where: { $0 != .none }) else { throw .noOperation }
    self.nodes = nodes
    self.operations = operations
  }

  /// DARTS' operations on this many nodes, known to be at least one.
  init(uncheckedNodes nodes: Int) {
    self.nodes = nodes
    operations = CellOperation.allCases
  }

  /// How many edges: 2 + 3 + … + (nodes + 1), 14 for four nodes.
  public var edgeCount: Int { Self.firstEdge(ofNode: nodes) }

  /// All edges, in the order of the architecture parameters' rows.
  public var edges: [Edge] {
    (0..<nodes).flatMap { node in (0..<(node + 2)).map { Edge(node: node, input: $0) } }
  }

  /// The numbers of the edges that enter a node.
  public func edgeIndices(intoNode node: Int) -> Range<Int> {
    Self.firstEdge(ofNode: node)..<Self.firstEdge(ofNode: node + 1)
  }

  /// The number of the edge from `input` into `node`.
  public func edgeIndex(node: Int, input: Int) -> Int {
    precondition(node >= 0 && node < nodes && input >= 0 && input < node + 2, "no edge from input \(input) into node \(node)")
    return Self.firstEdge(ofNode: node) + input
  }

  private static func firstEdge(ofNode node: Int) -> Int { node * (node + 3) / 2 }
}

/// Why a search space cannot be.
public enum SearchSpaceError: ReportableError, Hashable, Sendable {
  /// A number is outside its range.
  case outOfRange(key: String, value: Int, allowed: String)
  /// An operation is offered twice.
  case duplicateOperation(CellOperation)
  /// No operation, or none but `none`, is offered.
  case noOperation
  /// A network without cells.
  case noCells
  /// The stem with two poolings has 3·channels/2 channels half way, so `channels` must be even.
  case oddChannels(Int)
  /// The image is too small for the stem's poolings.
  case imageTooSmall(height: Int, width: Int, stem: Stem)

  /// True: the space is of the caller's making.
  public var isUsage: Bool { true }

  /// Which setting is wrong, why, and sometimes what to do.
  public var fault: Fault {
    switch self {
    case .outOfRange(let key, let value, let allowed): Self.fault("\(key) is \(value), but must be \(allowed)", key)
    case .duplicateOperation(let operation):
      Self.fault("operations lists \(operation.rawValue) twice", "operations", help: "remove one of the two")
    case .noOperation: Self.fault("operations must list at least one operation other than none", "operations")
    case .noCells: Self.fault("cells is empty", "cells", help: "list at least one of normal, reduction")
    case .oddChannels(let channels):
      Self.fault(
        "channels is \(channels), but must be even for the stem pooledTwice, which has 3·channels/2 channels half way", "channels"
      )
    case .imageTooSmall(let height, let width, let stem):
      Self.fault(
        "images of \(height)×\(width) are too small for the stem \(stem.rawValue)",
        help: "it needs \(stem.poolingFactor) pixels a side")
    }
  }

  private static func fault(_ what: String, _ key: String? = nil, help: String? = nil) -> Fault {
    Fault(what, at: .named("search space", key: key), help: help)
  }
}
