import Autodiff
import NeuralNetworks
import SearchSpaces
import Tensors

/// The network of a NAS-Bench-201 cell as it was trained for the benchmark: scale and bias in every batch norm.
///
/// Parameters are named by place, `cells.K` counting cells and residual blocks together as the authors' code does.
public struct NASBench201Network: ObservableNetwork {
  /// The space that the cell is from.
  public let space: NASBench201Space
  /// The architecture.
  public let cell: NASBench201Cell
  /// The weights.
  public let layout: ParameterLayout

  /// The operations of a cell, edge by edge.
  private struct Layers: Sendable {
    let edges: [NASBench201Layer]
  }

  private let skeleton: NASBench201Skeleton<Layers>

  /// Lays out the weights of a cell's network.
  ///
  /// - Throws: ``NetworkError/badSize(space:reason:)`` if the space's images are not a multiple of 4 pixels high.
  public init(_ cell: NASBench201Cell, in space: NASBench201Space) throws(NetworkError) {
    var builder = ParameterBuilder()
    let operations = cell.operations
    skeleton = try NASBench201Skeleton(space, in: &builder) { channels, builder in
      Layers(
        edges: zip(NASBench201Cell.edges, operations).map { edge, operation in
          builder.scoped("edges.\(edge.from).\(edge.to)") { builder in
            NASBench201Layer(operation, channels: channels, affine: true, in: &builder)
          }
        })
    }
    self.space = space
    self.cell = cell
    layout = builder.layout
  }

  /// Class scores `[n, classes]` of images `[n, side, side, 3]`.
  public func logits(_ weights: [Tensor], images: Tensor, context: ForwardContext) -> Tensor {
    skeleton(images, weights, context) { layers, input in
      var nodes = [input]
      for node in 1...3 {
        let terms = zip(NASBench201Cell.edges, layers.edges).compactMap { edge, layer in
          edge.to == node ? layer.operand(nodes[edge.from], weights, context) : nil
        }
        nodes.append(CellInput(sum(terms, like: input.value)))
      }
      return nodes[3].value
    }
  }

  /// The sum of the edges into a node; zeros where there are none.
  private func sum(_ terms: [MixedOperand], like input: Tensor) -> Tensor {
    guard let first = terms.first else { return .zeros(like: input) }
    if terms.count == 1, case .plain(let only) = first { return only }
    return mixedSum(terms)
  }
}

extension NASBench201Space: NetworkSpace {
  /// The network of a cell.
  ///
  /// - Throws: ``NetworkError/badSize(space:reason:)`` if the space's images are not a multiple of 4 pixels high.
  public func network(of architecture: NASBench201Cell) throws -> any Network {
    try NASBench201Network(architecture, in: self)
  }

  /// Square images of three channels, with the space's side.
  public var imageShape: ImageShape { ImageShape(height: imageSize, width: imageSize, channels: 3) }
  /// The space's number of classes.
  public var classCount: Int { classes }
}
