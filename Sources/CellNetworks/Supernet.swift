import Autodiff
import NeuralNetworks
import SearchSpaces
import Tensors

/// The network that contains all architectures of a space: every edge carries every operation, weighted by the softmax of its
/// architecture parameters (a mixed operation).
///
/// Source: DARTS (Liu et al., ICLR 2019, eq. 2); T-NAS (Lian et al., ICLR 2020, §3). Batch norms inside the cells have no scale and
/// bias, so that only the architecture parameters say how strong an operation is.
public struct Supernet: MixtureNetwork {
  /// The search space.
  public let space: DARTSSpace
  /// The weights w.
  public let weightLayout: ParameterLayout
  /// The architecture parameters θ: `theta.normal` and `theta.reduction`, each `[edges, operations]`.
  public let architectureLayout: ParameterLayout

  private struct CellLayer: Sendable {
    let kind: CellKind
    /// Edge by edge, operation by operation.
    let edges: [[OperationLayer]]
    /// What a node is: height and width of the cell's output, channels of the cell.
    let nodeShape: ImageShape
  }

  private let frame: CellFrame<CellLayer>

  /// Lays out weights and architecture parameters for every operation on every edge of the space.
  public init(_ space: DARTSSpace) {
    let plan = space.plan
    var builder = ParameterBuilder()
    self.space = space
    frame = CellFrame(plan, stem: space.stem, affine: false, in: &builder) { cell, builder in
      let edges = builder.scoped("edges") { builder in
        space.cell.edges.enumerated().map { index, edge in
          builder.scoped("\(index)") { builder in
            space.operations.map { operation in
              builder.scoped(operation.rawValue) { builder in
                OperationLayer(
                  operation, channels: cell.channels, stride: cell.stride(ofInput: edge.input), supernet: true, in: &builder)
              }
            }
          }
        }
      }
      return CellLayer(
        kind: cell.kind, edges: edges,
        nodeShape: ImageShape(height: cell.output.height, width: cell.output.width, channels: cell.channels))
    }
    weightLayout = builder.layout
    architectureLayout = ParameterLayout(
      entries: space.cellKinds.map { kind in
        // DARTS starts close to uniform: 1e-3 times a standard normal.
        .init(
          name: "theta.\(kind.rawValue)", shape: [space.cell.edgeCount, space.operations.count],
          initializer: .normal(standardDeviation: 1e-3))
      })
  }

  /// Class scores `[n, way]` of images `[n, h, w, c]`.
  ///
  /// - Parameters:
  ///   - weights: w, in the order of ``weightLayout``.
  ///   - architecture: θ, in the order of ``architectureLayout``.
  ///   - images: the batch, `[n, h, w, c]`.
  ///   - context: says which images the batch statistics come from.
  public func logits(
    weights: [Tensor], architecture: [Tensor], images: Tensor, context: ForwardContext = .batch
  ) -> Tensor {
    logits(weights: weights, mixtures: architecture.map { .weighted($0.softmax()) }, images: images, context: context)
  }

  /// Class scores `[n, way]` of images `[n, h, w, c]`; `mixtures` holds one mixture for each cell kind.
  public func logits(
    weights: [Tensor], mixtures: [EdgeMixture], images: Tensor, context: ForwardContext = .batch
  ) -> Tensor {
    let features = frame.features(images, weights, context) { cell, states in
      let mixture = space.cellKinds.firstIndex(of: cell.kind).map { mixtures[$0] } ?? mixtures[0]
      for node in 0..<space.nodes {
        states.append(CellInput(mix(cell, mixture, node: node, states, weights, context)))
      }
    }
    return frame.head(features, weights)
  }

  /// The sum of the operations on all edges into a node, in one mixed sum.
  private func mix(
    _ cell: CellLayer, _ mixture: EdgeMixture, node: Int, _ states: [CellInput], _ weights: [Tensor], _ context: ForwardContext
  ) -> Tensor {
    switch mixture {
    case .weighted(let table): weighted(cell, table, node: node, states, weights, context)
    case .normalized(let table, let edges):
      weighted(cell, table * edges.reshaped(to: [edges.count, 1]), node: node, states, weights, context)
    case .chosen(let operations, let strengths, let offsets):
      chosen(cell, operations, strengths, offsets, node: node, states, weights, context)
    }
  }

  /// One operation an edge. A zero stays a term: its strength has a gradient, which is zero.
  private func chosen(
    _ cell: CellLayer, _ operations: [Int], _ strengths: Tensor, _ offsets: Tensor?, node: Int, _ states: [CellInput],
    _ weights: [Tensor], _ context: ForwardContext
  ) -> Tensor {
    let edges = space.cell.edgeIndices(intoNode: node)
    let terms = edges.map { edge in
      let input = states[space.cell.edges[edge].input]
      let shape = cell.nodeShape
      return cell.edges[edge][operations[edge]].operand(input, weights, context)
        ?? .plain(
          .zeros([input.value.shape[0], shape.height, shape.width, shape.channels], input.value.elementType))
    }
    let sum = mixedSum(terms, weights: strengths.slice(axis: 0, from: edges.lowerBound, count: edges.count))
    return offsets.map { sum + $0.slice(axis: 0, from: edges.lowerBound, count: edges.count).sum() } ?? sum
  }

  /// All operations of all edges.
  private func weighted(
    _ cell: CellLayer, _ table: Tensor, node: Int, _ states: [CellInput], _ weights: [Tensor], _ context: ForwardContext
  ) -> Tensor {
    var terms: [MixedOperand] = []
    var rows: [Int] = []
    var columns: [Int] = []
    for edge in space.cell.edgeIndices(intoNode: node) {
      let input = space.cell.edges[edge].input
      for (column, operation) in cell.edges[edge].enumerated() {
        guard let term = operation.operand(states[input], weights, context) else { continue }
        terms.append(term)
        rows.append(edge)
        columns.append(column)
      }
    }
    return mixedSum(terms, weights: pick(table, rows: rows, columns: columns))
  }

  /// The elements of a table at some places, as a vector; the places are full rows, or rows without the column of `none`.
  private func pick(_ table: Tensor, rows: [Int], columns: [Int]) -> Tensor {
    let range = (rows[0], rows[rows.count - 1])
    let block = table.slice(axis: 0, from: range.0, count: range.1 - range.0 + 1)
    let width = columns.count / (range.1 - range.0 + 1)
    var pieces: [Tensor] = []
    var column = 0
    while column < width {
      // Runs of neighbouring columns; `none` may stand anywhere in the list.
      var end = column
      while end + 1 < width && columns[end + 1] == columns[end] + 1 { end += 1 }
      pieces.append(block.slice(axis: 1, from: columns[column], count: end - column + 1))
      column = end + 1
    }
    return concatenate(pieces, axis: 1).reshaped(to: [columns.count])
  }

  /// The discrete architecture that architecture parameters stand for; see `Genotype.decode(logits:space:)`.
  ///
  /// - Throws: `GenotypeError` if a parameter is not a finite number.
  public func decode(_ architecture: ParameterTree) throws -> Genotype {
    try Genotype.decode(logits: tables(architecture), space: space)
  }

  /// The same as ``decode(_:)``.
  ///
  /// - Throws: `GenotypeError` if a parameter is not a finite number.
  public func architecture(_ parameters: ParameterTree) throws -> Genotype { try decode(parameters) }

  /// Every chosen edge with its operation; the others with strength 0.
  ///
  /// - Throws: `GenotypeError` if the genotype does not belong to the space.
  public func mixtures(of architecture: Genotype) throws -> [EdgeMixture] {
    try architecture.validate(in: space)
    // The value of an edge of strength 0 does not matter; no operation is cheapest.
    let idle = space.operations.firstIndex(of: .none) ?? 0
    return space.cellKinds.map { kind in
      var operations = Array(repeating: idle, count: space.cell.edgeCount)
      var strengths = Array(repeating: Float(0), count: space.cell.edgeCount)
      for (node, edges) in (architecture[kind]?.nodes ?? []).enumerated() {
        for edge in edges {
          let place = space.cell.edgeIndex(node: node, input: edge.input)
          operations[place] = space.operations.firstIndex(of: edge.operation) ?? idle
          strengths[place] = 1
        }
      }
      return .chosen(operations, weights: Tensor(shape: [space.cell.edgeCount], strengths))
    }
  }

  /// The node that each edge leads to, the same for every cell kind.
  public var edgeTargets: [[Int]] { space.cellKinds.map { _ in space.cell.edges.map(\.node) } }

  /// The names of the space's operations, in the order of the columns.
  public var operationNames: [String] { space.operations.map(\.rawValue) }

  /// The columns of skip connections; empty if the space has none.
  public var skipColumns: [Int] { space.operations.indices.filter { space.operations[$0] == .skipConnect } }

  /// The skip connections among the chosen edges of all cell kinds.
  public func skips(in architecture: Genotype) -> (count: Int, of: Int) {
    let edges = space.cellKinds.flatMap { architecture[$0]?.nodes.flatMap(\.self) ?? [] }
    return (edges.count { $0.operation == .skipConnect }, edges.count)
  }

  /// Architecture parameters as numbers: cell kind, edge, operation.
  public func tables(_ architecture: ParameterTree) -> [[[Double]]] {
    architecture.tensors.map { tensor in
      let values = tensor.doubles
      let width = tensor.shape[1]
      return (0..<tensor.shape[0]).map { Array(values[$0 * width..<($0 + 1) * width]) }
    }
  }
}
