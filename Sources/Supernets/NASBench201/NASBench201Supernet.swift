import Autodiff
import Layers
import Optimizers
import SearchSpaces
import Tensors

/// The network that contains all cells of NAS-Bench-201: every edge carries all five operations. One table θ `[6, 5]` is shared by all
/// cells; batch norms inside of cells have no scale and bias, and poolings none at all.
///
/// Source: Dong, Yang, ICLR 2020, section 3; `NAS201SearchCell` of the authors' code.
public struct NASBench201Supernet: MixtureNetwork {
  /// The search space.
  public let space: NASBench201Space
  public let weightLayout: ParameterLayout
  public let architectureLayout: ParameterLayout

  /// Edge by edge, operation by operation.
  private struct Layers: Sendable {
    let edges: [[NASBench201Layer]]
  }

  private let skeleton: NASBench201Skeleton<Layers>

  /// - Throws: ``NetworkError/badSize(space:reason:)`` where the space's images are no multiple of 4 pixels high.
  public init(_ space: NASBench201Space) throws(NetworkError) {
    var builder = ParameterBuilder()
    skeleton = try NASBench201Skeleton(space, in: &builder) { channels, builder in
      Layers(
        edges: NASBench201Cell.edges.map { edge in
          builder.scoped("edges.\(edge.from).\(edge.to)") { builder in
            NASBench201Operation.allCases.map { operation in
              NASBench201Layer(operation, channels: channels, affine: false, in: &builder)
            }
          }
        })
    }
    self.space = space
    weightLayout = builder.layout
    architectureLayout = ParameterLayout(entries: [
      // 1e-3 times a standard normal, as in the authors' code.
      .init(
        name: "theta", shape: [NASBench201Cell.edges.count, NASBench201Operation.allCases.count],
        initializer: .normal(standardDeviation: 1e-3))
    ])
  }

  public func logits(
    weights: [Tensor], mixtures: [EdgeMixture], images: Tensor, context: ForwardContext = .batch
  ) -> Tensor {
    skeleton(images, weights, context) { layers, input in
      var nodes = [input]
      for node in 1...3 {
        var terms: [MixedOperand] = []
        var strengths: [Tensor] = []
        for (edge, ends) in NASBench201Cell.edges.enumerated() where ends.to == node {
          let operations: [Int]
          let table: Tensor
          switch mixtures[0] {
          case .weighted(let all): (operations, table) = (Array(layers.edges[edge].indices), all)
          case .chosen(let chosen, let weights): (operations, table) = ([chosen[edge]], weights)
          }
          for operation in operations {
            var term = layers.edges[edge][operation].operand(nodes[ends.from], weights, context)
            // A zero that was drawn stays a term: its strength has a gradient, which is zero.
            if case .chosen = mixtures[0] { term = term ?? .plain(.zeros(like: input.value)) }
            guard let term else { continue }
            let row = table.slice(axis: 0, from: edge, count: 1)
            terms.append(term)
            strengths.append(table.rank == 1 ? row : row.slice(axis: 1, from: operation, count: 1).reshaped(to: [1]))
          }
        }
        nodes.append(
          CellInput(
            terms.isEmpty ? .zeros(like: input.value) : mixedSum(terms, weights: concatenate(strengths, axis: 0))))
      }
      return nodes[3].value
    }
  }

  /// The strongest operation of every edge, `none` among them.
  ///
  /// - Throws: ``NetworkError/badSize(space:reason:)`` where a parameter is not a finite number.
  public func architecture(_ parameters: ParameterTree) throws -> NASBench201Cell {
    guard let table = parameters.tensors.first, table.isFinite, let cell = space.architecture(choices: table.rowArgmax) else {
      throw NetworkError.badSize(space: space.name, reason: "the architecture parameters are not 6 × 5 finite numbers")
    }
    return cell
  }

  public var skipColumns: [Int] {
    NASBench201Operation.allCases.enumerated().filter { $0.element == .skipConnect }.map(\.offset)
  }

  public func skips(in architecture: NASBench201Cell) -> (count: Int, of: Int) {
    (architecture.operations.count { $0 == .skipConnect }, NASBench201Cell.edges.count)
  }
}
