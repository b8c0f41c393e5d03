import Autodiff
import NeuralNetworks
import Tensors

/// ReLU, depthwise convolution, pointwise convolution and batch norm, once or several times.
struct SeparableLayer: Sendable {
  let blocks: [(depthwise: DepthwiseLayer, pointwise: ConvolutionLayer, norm: BatchNormalization)]

  /// The result as a term of a mixed sum: in one pass, unless an observer needs the intermediate values or statistics are special.
  func operand(_ input: CellInput, _ weights: [Tensor], _ context: ForwardContext) -> MixedOperand {
    var x = input.value
    if context.usesWholeBatch(of: x.shape[0]), !context.skipsNormalization, context.observer == nil {
      return .separable(
        rectified: input.rectified,
        blocks.map { depthwise, pointwise, norm in
          SeparableBlock(
            depthwise: weights[depthwise.weights], pointwise: weights[pointwise.weights], window: depthwise.window,
            affine: norm.affine(weights))
        })
    }
    for (number, (depthwise, pointwise, norm)) in blocks.enumerated() {
      context.rectifying(x)
      let spread = context.computed(depthwise(number == 0 ? input.rectified : x.relu(), weights))
      x = norm(context.computed(pointwise(spread, weights)), weights, context)
    }
    return .plain(x)
  }
}
