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
  private struct CellLayer: Sendable {
    let preprocess: [PreprocessLayer]
    let nodes: [[EdgeLayer]]
  }

  private let stem: StemLayer
  private let cells: [CellLayer]
  private let head: HeadLayer

  /// Lays out the weights of the chosen operations.
  ///
  /// - Throws: `GenotypeError` if the genotype does not belong to the space.
  public init(_ genotype: Genotype, in space: DARTSSpace) throws {
    try genotype.validate(in: space)
    let plan = space.plan
    var builder = ParameterBuilder()
    self.space = space
    self.genotype = genotype
    stem = StemLayer(plan, stem: space.stem, in: &builder)
    cells = builder.scoped("cells") { builder in
      plan.cells.enumerated().map { number, cell in
        builder.scoped("\(number)") { builder in
          let preprocess = [
            PreprocessLayer(
              "preprocess0", from: cell.input0.channels, to: cell.channels, reduces: cell.reducesInput0, affine: true,
              in: &builder),
            PreprocessLayer(
              "preprocess1", from: cell.input1.channels, to: cell.channels, reduces: false, affine: true, in: &builder),
          ]
          let nodes = (genotype[cell.kind]?.nodes ?? []).enumerated().map { node, edges in
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
          return CellLayer(preprocess: preprocess, nodes: nodes)
        }
      }
    }
    head = HeadLayer(features: plan.features, way: plan.way, in: &builder)
    layout = builder.layout
  }

  /// Class scores `[n, way]` of images `[n, h, w, c]`.
  public func logits(_ weights: [Tensor], images: Tensor, context: ForwardContext) -> Tensor {
    let start = CellInput(stem(images, weights, context))
    var (previous, current) = (start, start)
    for cell in cells {
      var states = [
        CellInput(cell.preprocess[0](previous, weights, context)),
        CellInput(cell.preprocess[1](current, weights, context)),
      ]
      for edges in cell.nodes {
        states.append(CellInput(mixedSum(edges.compactMap { $0.operation.operand(states[$0.input], weights, context) })))
      }
      previous = current
      current = CellInput(concatenate(states.dropFirst(2).map(\.value), axis: 3))
    }
    return head.observed(current.value, weights, context)
  }
}
