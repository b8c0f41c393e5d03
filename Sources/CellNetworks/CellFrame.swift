import Autodiff
import NeuralNetworks
import SearchSpaces
import Tensors

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
