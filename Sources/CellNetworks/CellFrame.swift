import Autodiff
import NeuralNetworks
import SearchSpaces
import Tensors

/// What all networks of cells have in common: a stem, cells that each read the results of the two before them, and a head.
///
/// A cell concatenates the states of its nodes; what is between these and its two inputs is its body.
struct CellFrame<Body: Sendable>: Sendable {
  private struct Cell: Sendable {
    let preprocess: [PreprocessLayer]
    let body: Body
  }

  private let stem: StemLayer
  private let cells: [Cell]
  let head: HeadLayer

  /// Lays out the parameters of stem, cells and head, in this order.
  ///
  /// - Parameters:
  ///   - affine: whether batch norms of the cells' inputs have scale and bias.
  ///   - body: lays out what a cell has besides the layers of its inputs.
  init(
    _ plan: NetworkPlan, stem: Stem, affine: Bool, in builder: inout ParameterBuilder,
    body: (CellPlan, inout ParameterBuilder) -> Body
  ) {
    self.stem = StemLayer(plan, stem: stem, in: &builder)
    cells = builder.scoped("cells") { builder in
      plan.cells.enumerated().map { number, cell in
        builder.scoped("\(number)") { builder in
          let preprocess = [
            PreprocessLayer(
              "preprocess0", from: cell.input0.channels, to: cell.channels, reduces: cell.reducesInput0, affine: affine,
              in: &builder),
            PreprocessLayer(
              "preprocess1", from: cell.input1.channels, to: cell.channels, reduces: false, affine: affine, in: &builder),
          ]
          return Cell(preprocess: preprocess, body: body(cell, &builder))
        }
      }
    }
    head = HeadLayer(features: plan.features, way: plan.way, in: &builder)
  }

  /// What the head reads `[n, h, w, c]`, of images.
  ///
  /// - Parameter nodes: appends the states of a cell's nodes to those of its two inputs.
  func features(
    _ images: Tensor, _ weights: [Tensor], _ context: ForwardContext, nodes: (Body, inout [CellInput]) -> Void
  ) -> Tensor {
    let start = CellInput(stem(images, weights, context))
    var (previous, current) = (start, start)
    for cell in cells {
      var states = [
        CellInput(cell.preprocess[0](previous, weights, context)),
        CellInput(cell.preprocess[1](current, weights, context)),
      ]
      nodes(cell.body, &states)
      previous = current
      current = CellInput(concatenate(states.dropFirst(2).map(\.value), axis: 3))
    }
    return current.value
  }
}

/// The stem before the cells.
struct StemLayer: Sendable {
  private let blocks: [(ConvolutionLayer, BatchNormalization)]
  private let pools: Bool

  init(_ plan: NetworkPlan, stem: Stem, in builder: inout ParameterBuilder) {
    pools = stem != .flat
    blocks = builder.scoped("stem") { builder in
      plan.stemInputs.indices.map { index in
        let suffix = plan.stemInputs.count == 1 ? "" : "\(index + 1)"
        let window = Window(kernel: 3, padding: 1)
        return (
          ConvolutionLayer(
            "conv\(suffix)", from: plan.stemInputs[index].channels, to: plan.stemChannels[index], window, in: &builder),
          BatchNormalization("norm\(suffix)", channels: plan.stemChannels[index], affine: true, in: &builder)
        )
      }
    }
  }

  func callAsFunction(_ images: Tensor, _ weights: [Tensor], _ context: ForwardContext) -> Tensor {
    var x = images
    for (index, (convolution, norm)) in blocks.enumerated() {
      if index > 0 {
        context.rectifying(x)
        x = x.relu()
      }
      x = norm(context.computed(convolution(x, weights)), weights, context)
      if pools { x = x.maxPooled(Window(kernel: 2, stride: 2)) }
    }
    return x
  }
}

/// What brings a cell's input to the cell's number of channels: ReLU, 1×1 convolution, batch norm; or a factorised reduction where
/// the input comes from before a reduction.
struct PreprocessLayer: Sendable {
  private enum Body: Sendable {
    case pointwise(ConvolutionLayer, BatchNormalization)
    case reduction(FactorizedReduction)
  }

  private let body: Body

  init(
    _ name: String, from input: Int, to channels: Int, reduces: Bool, affine: Bool, in builder: inout ParameterBuilder
  ) {
    body = builder.scoped(name) { builder in
      reduces
        ? .reduction(FactorizedReduction(from: input, to: channels, affine: affine, in: &builder))
        : .pointwise(
          ConvolutionLayer("conv", from: input, to: channels, Window(kernel: 1), in: &builder),
          BatchNormalization("norm", channels: channels, affine: affine, in: &builder))
    }
  }

  func callAsFunction(_ input: CellInput, _ weights: [Tensor], _ context: ForwardContext) -> Tensor {
    context.rectifying(input.value)
    switch body {
    case .pointwise(let convolution, let norm):
      return norm(context.computed(convolution(input.rectified, weights)), weights, context)
    case .reduction(let reduction): return reduction(input.rectified, weights, context)
    }
  }
}

/// Global average pooling and a linear layer.
struct HeadLayer: Sendable {
  private let linear: LinearLayer

  init(features: Int, way: Int, in builder: inout ParameterBuilder) {
    linear = LinearLayer("head", from: features, to: way, in: &builder)
  }

  func callAsFunction(_ x: Tensor, _ weights: [Tensor]) -> Tensor { linear(x.mean([1, 2]), weights) }
}
