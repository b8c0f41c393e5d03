import Autodiff
import Basics
import NeuralNetworks
import SearchSpaces
import Tensors

/// The network of a NASNet architecture: a 3×3 convolution to 3C channels, the cells, global average pooling, a linear layer.
///
/// What the paper leaves open is as `networkCost(of:)` of the space counts it: both inputs of a cell are brought to C channels, by a
/// factorised reduction where one is twice as large; concatenated operands are projected back to C channels.
///
/// Source: Zoph, Vasudevan, Shlens, Le, CVPR 2018, section 3.1 and figures 2 and 4.
public struct NASNetNetwork: ObservableNetwork {
  /// The space that the architecture is from.
  public let space: NASNetSpace
  /// The architecture.
  public let architecture: NASNetArchitecture
  /// The weights.
  public let layout: ParameterLayout

  private struct Block: Sendable {
    let first, second: NASNetLayer
    let states: (Int, Int)
    let projection: RectifiedConvolution?
  }
  private struct Cell: Sendable {
    let preprocess: [PreprocessLayer]
    let blocks: [Block]
    /// What the output concatenates, with a reduction of the cell's inputs in a reduction cell.
    let output: [(state: Int, reduction: FactorizedReduction?)]
  }

  private let stem: ConvolutionLayer
  private let stemNorm: BatchNormalization
  private let cells: [Cell]
  private let head: HeadLayer

  /// Lays out the weights of an architecture's network.
  ///
  /// - Throws: ``NetworkError/badSize(space:reason:)`` if images are too small, `ArchitectureError` for one of another space.
  public init(_ architecture: NASNetArchitecture, in space: NASNetSpace) throws {
    _ = try space.choices(of: architecture)
    let halvings = space.cells.count { $0 == .reduction }
    guard space.imageSize > 1 << halvings else {
      throw NetworkError.badSize(
        space: space.name,
        reason: Fault("images of side \(space.imageSize) cannot be halved \(halvings) times", help: "take larger ones"))
    }
    var builder = ParameterBuilder()
    stem = ConvolutionLayer(
      "stem.conv", from: space.imageChannels, to: 3 * space.channels, Window(kernel: 3, padding: 1), in: &builder)
    stemNorm = BatchNormalization("stem.norm", channels: 3 * space.channels, affine: true, in: &builder)
    var inputs = (3 * space.channels, 3 * space.channels)
    var (width, previousReduces) = (space.channels, false)
    cells = space.cells.enumerated().map { number, kind in
      builder.scoped("cells.\(number)") { builder in
        let cell = architecture[kind]
        if kind == .reduction { width *= 2 }
        let preprocess = [
          PreprocessLayer("preprocess0", from: inputs.0, to: width, reduces: previousReduces, affine: true, in: &builder),
          PreprocessLayer("preprocess1", from: inputs.1, to: width, reduces: false, affine: true, in: &builder),
        ]
        let blocks = cell.blocks.enumerated().map { place, block in
          builder.scoped("blocks.\(place)") { builder in
            func layer(_ operand: NASNetCell.Operand, _ name: String, in builder: inout ParameterBuilder) -> NASNetLayer {
              builder.scoped(name) { builder in
                NASNetLayer(
                  operand.operation, channels: width, stride: kind == .reduction && operand.state < 2 ? 2 : 1, in: &builder)
              }
            }
            return Block(
              first: layer(block.first, "first", in: &builder), second: layer(block.second, "second", in: &builder),
              states: (block.first.state, block.second.state),
              projection: block.combination == .concatenate
                ? RectifiedConvolution(
                  "projection", from: 2 * width, to: width, Window(kernel: 1), affine: true, in: &builder)
                : nil)
          }
        }
        let output = cell.unusedStates.map { state in
          (
            state: state,
            reduction: kind == .reduction && state < 2
              ? builder.scoped("output.\(state)") { FactorizedReduction(from: width, to: width, affine: true, in: &$0) } : nil
          )
        }
        inputs = (inputs.1, output.count * width)
        previousReduces = kind == .reduction
        return Cell(preprocess: preprocess, blocks: blocks, output: output)
      }
    }
    head = HeadLayer(features: inputs.1, way: space.classes, in: &builder)
    self.space = space
    self.architecture = architecture
    layout = builder.layout
  }

  /// Class scores `[n, classes]` of images `[n, h, w, c]`.
  public func logits(_ weights: [Tensor], images: Tensor, context: ForwardContext) -> Tensor {
    let start = CellInput(stemNorm(context.computed(stem(images, weights)), weights, context))
    var (previous, current) = (start, start)
    for cell in cells {
      var states = zip(cell.preprocess, [previous, current]).map { CellInput($0($1, weights, context)) }
      for block in cell.blocks {
        let first = block.first.operand(states[block.states.0], weights, context)
        let second = block.second.operand(states[block.states.1], weights, context)
        guard let projection = block.projection else {
          states.append(CellInput(mixedSum([first, second])))
          continue
        }
        let joined = concatenate([mixedSum([first]), mixedSum([second])], axis: 3)
        states.append(CellInput(projection(CellInput(joined), weights, context)))
      }
      let parts = cell.output.map { part -> Tensor in
        guard let reduction = part.reduction else { return states[part.state].value }
        context.rectifying(states[part.state].value)
        return reduction(states[part.state].rectified, weights, context)
      }
      previous = current
      current = CellInput(parts.count > 1 ? concatenate(parts, axis: 3) : parts[0])
    }
    return head.observed(current.value, weights, context)
  }
}

/// An operation of the NASNet space, with its weights; ReLU before every convolution, batch norm after it.
struct NASNetLayer: Sendable {
  private enum Body: Sendable {
    case identity
    case reduction(FactorizedReduction)
    case pooling(maximum: Bool, Window)
    case dense(RectifiedConvolution)
    /// 1×n, then n×1, each halving its own direction at stride 2.
    case factorized([(ConvolutionLayer, BatchNormalization)], kernel: Int, stride: Int)
    case separable(SeparableLayer)
  }

  private let body: Body

  init(_ operation: NASNetOperation, channels: Int, stride: Int, in builder: inout ParameterBuilder) {
    let kernel = operation.kernelSize
    let window = Window(kernel: kernel, stride: stride, padding: kernel / 2)
    switch operation {
    case .identity:
      body =
        stride == 1 ? .identity : .reduction(FactorizedReduction(from: channels, to: channels, affine: true, in: &builder))
    case .averagePool3x3: body = .pooling(maximum: false, window)
    case .maxPool3x3, .maxPool5x5, .maxPool7x7: body = .pooling(maximum: true, window)
    case .convolution1x1, .convolution3x3, .dilated3x3:
      let own = operation == .dilated3x3 ? Window(kernel: 3, stride: stride, padding: 2, dilation: 2) : window
      body = .dense(RectifiedConvolution(operation.rawValue, from: channels, to: channels, own, affine: true, in: &builder))
    case .factorized3, .factorized7:
      body = .factorized(
        [(1, kernel), (kernel, 1)].enumerated().map { number, size in
          (
            ConvolutionLayer(
              "conv\(number + 1)", from: channels, to: channels, Window(kernelHeight: size.0, kernelWidth: size.1), in: &builder),
            BatchNormalization("norm\(number + 1)", channels: channels, affine: true, in: &builder)
          )
        }, kernel: kernel, stride: stride)
    case .separable3x3, .separable5x5, .separable7x7:
      body = .separable(
        SeparableLayer(
          blocks: (1...2).map { number in
            (
              DepthwiseLayer(
                "depthwise\(number)", channels: channels,
                Window(kernel: kernel, stride: number == 1 ? stride : 1, padding: kernel / 2), in: &builder),
              ConvolutionLayer("pointwise\(number)", from: channels, to: channels, Window(kernel: 1), in: &builder),
              BatchNormalization("norm\(number)", channels: channels, affine: true, in: &builder)
            )
          }))
    }
  }

  /// The operation as a term of a block's sum.
  func operand(_ input: CellInput, _ weights: [Tensor], _ context: ForwardContext) -> MixedOperand {
    switch body {
    case .identity: return .plain(input.value)
    case .reduction(let reduction):
      context.rectifying(input.value)
      return reduction.operand(input.rectified, shifted: input.shifted, weights, context)
    case .pooling(let maximum, let window):
      return .plain(maximum ? input.value.maxPooled(window) : input.value.averagePooled(window))
    case .dense(let convolution): return convolution.operand(input, weights, context)
    case .factorized(let layers, let kernel, let stride):
      var x = input.value
      for (number, (convolution, norm)) in layers.enumerated() {
        context.rectifying(x)
        let rectified = number == 0 ? input.rectified : x.relu()
        x = norm(
          context.computed(alongOneAxis(rectified, 2 - number, convolution, kernel, stride, weights)), weights, context)
      }
      return .plain(x)
    case .separable(let layer): return layer.operand(input, weights, context)
    }
  }

  /// A convolution with zeros around only one axis. Windows have one stride for both axes; so every other position is taken afterwards.
  private func alongOneAxis(
    _ x: Tensor, _ axis: Int, _ convolution: ConvolutionLayer, _ kernel: Int, _ stride: Int, _ weights: [Tensor]
  ) -> Tensor {
    var extents = x.shape.array
    var starts = [0, 0, 0, 0]
    extents[axis] += kernel - 1
    starts[axis] = kernel / 2
    let y = convolution(x.padded(to: Shape(extents), at: starts), weights)
    return stride == 1 ? y : y.slice(axis: axis, from: 0, count: (y.shape[axis] + stride - 1) / stride, step: stride)
  }
}

extension NASNetSpace: NetworkSpace {
  /// The network of an architecture.
  ///
  /// - Throws: ``NetworkError/badSize(space:reason:)`` if images are too small, `ArchitectureError` for one of another space.
  public func network(of architecture: NASNetArchitecture) throws -> any Network {
    try NASNetNetwork(architecture, in: self)
  }

  /// Square images, with the space's side and channels.
  public var imageShape: ImageShape { ImageShape(height: imageSize, width: imageSize, channels: imageChannels) }
  /// The space's number of classes.
  public var classCount: Int { classes }
}
