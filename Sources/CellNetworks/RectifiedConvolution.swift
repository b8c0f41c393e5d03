import Autodiff
import NeuralNetworks
import Tensors

/// ReLU, convolution without bias, batch norm.
struct RectifiedConvolution: Sendable {
  private let convolution: ConvolutionLayer
  private let norm: BatchNormalization

  init(
    _ name: String, from input: Int, to output: Int, _ window: Window, affine: Bool, in builder: inout ParameterBuilder
  ) {
    (convolution, norm) = builder.scoped(name) { builder in
      (
        ConvolutionLayer("conv", from: input, to: output, window, in: &builder),
        BatchNormalization("norm", channels: output, affine: affine, in: &builder)
      )
    }
  }

  /// The result as a term of a mixed sum.
  func operand(_ input: CellInput, _ weights: [Tensor], _ context: ForwardContext) -> MixedOperand {
    context.rectifying(input.value)
    return norm.operand(context.computed(convolution(input.rectified, weights)), weights, context)
  }

  /// The result as a tensor.
  func callAsFunction(_ input: CellInput, _ weights: [Tensor], _ context: ForwardContext) -> Tensor {
    context.rectifying(input.value)
    return norm(context.computed(convolution(input.rectified, weights)), weights, context)
  }
}

extension HeadLayer {
  /// The scores, with an observer told of the linear layer.
  func observed(_ x: Tensor, _ weights: [Tensor], _ context: ForwardContext) -> Tensor { context.computed(self(x, weights)) }
}
