import Autodiff
import NeuralNetworks
import SearchSpaces
import Tensors

/// The network of a genotype: only the chosen operations, with scale and bias in every batch norm.
public struct GenotypeNetwork: ObservableNetwork {
  /// The space that the genotype is from.
  public let space: DARTSSpace
  /// The architecture.
  public let genotype: Genotype
  /// The weights w.
  public let layout: ParameterLayout

  private struct EdgeLayer: Sendable {
    let input: Int
    let operation: OperationLayer
  }
  /// A body is the edges into each node.
  private let frame: CellFrame<[[EdgeLayer]]>

  /// Lays out the weights of the chosen operations.
  ///
  /// - Throws: `GenotypeError` if the genotype does not belong to the space.
  public init(_ genotype: Genotype, in space: DARTSSpace) throws {
    try genotype.validate(in: space)
    let plan = space.plan
    var builder = ParameterBuilder()
    self.space = space
    self.genotype = genotype
    frame = CellFrame(plan, stem: space.stem, affine: true, in: &builder) { cell, builder in
      (genotype[cell.kind]?.nodes ?? []).enumerated().map { node, edges in
        edges.map { edge in
          builder.scoped("nodes.\(node).\(edge.input).\(edge.operation.rawValue)") { builder in
            EdgeLayer(
              input: edge.input,
              operation: OperationLayer(
                edge.operation, channels: cell.channels, stride: cell.stride(ofInput: edge.input), supernet: false,
                in: &builder))
          }
        }
      }
    }
    layout = builder.layout
  }

  /// Class scores `[n, way]` of images `[n, h, w, c]`.
  public func logits(_ weights: [Tensor], images: Tensor, context: ForwardContext) -> Tensor {
    let features = frame.features(images, weights, context) { nodes, states in
      for edges in nodes {
        states.append(CellInput(mixedSum(edges.compactMap { $0.operation.operand(states[$0.input], weights, context) })))
      }
    }
    return frame.head.observed(features, weights, context)
  }
}
