import Autodiff
import Basics
import NeuralNetworks
import SearchSpaces
import Tensors

/// What stands around the cells of NAS-Bench-201: a stem, three stages of cells with residual blocks at stride 2 between them, batch norm,
/// ReLU, global average pooling and a linear layer.
///
/// Source: Dong, Yang, ICLR 2020, figure 1; `ResNetBasicblock` of the authors' code for the residual blocks.
struct NASBench201Skeleton<Cell: Sendable>: Sendable {
  /// Two convolutions, the first at stride 2; the short cut is an average pooling and a 1×1 convolution without batch norm.
  private struct ResidualBlock: Sendable {
    let first: RectifiedConvolution
    let second: RectifiedConvolution
    let shortCut: ConvolutionLayer

    init(from input: Int, to output: Int, in builder: inout ParameterBuilder) {
      first = RectifiedConvolution(
        "first", from: input, to: output, Window(kernel: 3, stride: 2, padding: 1), affine: true, in: &builder)
      second = RectifiedConvolution(
        "second", from: output, to: output, Window(kernel: 3, padding: 1), affine: true, in: &builder)
      shortCut = ConvolutionLayer("short_cut", from: input, to: output, Window(kernel: 1), in: &builder)
    }

    func callAsFunction(_ input: CellInput, _ weights: [Tensor], _ context: ForwardContext) -> Tensor {
      let inner = CellInput(first(input, weights, context))
      let pooled = input.value.averagePooled(Window(kernel: 2, stride: 2))
      let direct = context.computed(shortCut(pooled, weights))
      return mixedSum([second.operand(inner, weights, context), .plain(direct)])
    }
  }

  private enum Block: Sendable {
    case cell(Cell)
    case residual(ResidualBlock)
  }

  private let stem: ConvolutionLayer
  private let stemNorm: BatchNormalization
  private let blocks: [Block]
  private let lastNorm: BatchNormalization
  private let head: HeadLayer

  /// - Parameter cell: builds a cell with a number of channels.
  /// - Throws: ``NetworkError/badSize(space:reason:)`` if images cannot be halved twice.
  init(
    _ space: NASBench201Space, in builder: inout ParameterBuilder, cell: (Int, inout ParameterBuilder) -> Cell
  ) throws(NetworkError) {
    guard space.imageSize.isMultiple(of: 4) else {
      throw .badSize(
        space: space.name,
        reason: Fault("images of side \(space.imageSize) cannot be halved twice", help: "take a multiple of 4"))
    }
    var width = space.channels
    stem = ConvolutionLayer("stem.conv", from: 3, to: width, Window(kernel: 3, padding: 1), in: &builder)
    stemNorm = BatchNormalization("stem.norm", channels: width, affine: true, in: &builder)
    var blocks = [Block]()
    for stage in 0..<3 {
      if stage > 0 {
        blocks.append(
          builder.scoped("cells.\(blocks.count)") { .residual(ResidualBlock(from: width, to: 2 * width, in: &$0)) })
        width *= 2
      }
      for _ in 0..<space.cellsPerStage {
        blocks.append(builder.scoped("cells.\(blocks.count)") { .cell(cell(width, &$0)) })
      }
    }
    self.blocks = blocks
    lastNorm = BatchNormalization("last.norm", channels: width, affine: true, in: &builder)
    head = HeadLayer(features: width, way: space.classes, in: &builder)
  }

  /// Class scores `[n, classes]` of images `[n, h, w, 3]`.
  ///
  /// - Parameter apply: computes a cell's output from its input.
  func callAsFunction(
    _ images: Tensor, _ weights: [Tensor], _ context: ForwardContext, cell apply: (Cell, CellInput) -> Tensor
  ) -> Tensor {
    var x = CellInput(stemNorm(context.computed(stem(images, weights)), weights, context))
    for block in blocks {
      switch block {
      case .cell(let cell): x = CellInput(apply(cell, x))
      case .residual(let block): x = CellInput(block(x, weights, context))
      }
    }
    let last = lastNorm(x.value, weights, context)
    context.rectifying(last)
    return head.observed(last.relu(), weights, context)
  }
}

/// An operation on an edge of a NAS-Bench-201 cell.
enum NASBench201Layer: Sendable {
  case zero
  case identity
  case pooling
  case convolution(RectifiedConvolution)

  init(_ operation: NASBench201Operation, channels: Int, affine: Bool, in builder: inout ParameterBuilder) {
    switch operation {
    case .none: self = .zero
    case .skipConnect: self = .identity
    case .averagePool3x3: self = .pooling
    case .convolution1x1, .convolution3x3:
      let window = operation == .convolution1x1 ? Window(kernel: 1) : Window(kernel: 3, padding: 1)
      self = .convolution(
        RectifiedConvolution(operation.rawValue, from: channels, to: channels, window, affine: affine, in: &builder))
    }
  }

  /// The operation as a term of a node's sum; `nil` for the one that gives zeros.
  func operand(_ input: CellInput, _ weights: [Tensor], _ context: ForwardContext) -> MixedOperand? {
    switch self {
    case .zero: nil
    case .identity: .plain(input.value)
    case .pooling: .plain(input.pooled(maximum: false, stride: 1))
    case .convolution(let convolution): convolution.operand(input, weights, context)
    }
  }
}
