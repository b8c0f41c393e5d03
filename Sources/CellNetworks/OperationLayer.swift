import Autodiff
import NeuralNetworks
import SearchSpaces
import Tensors

/// One operation on one edge, with its weights.
struct OperationLayer: Sendable {
  private enum Body: Sendable {
    case zero
    case pooling(maximum: Bool, stride: Int, norm: BatchNormalization?)
    case identity
    case reduction(FactorizedReduction)
    /// Once (dilated) or twice (separable).
    case separable(SeparableLayer)
  }

  private let body: Body

  /// - Parameters:
  ///   - supernet: whether the edge belongs to a supernet, where batch norms have no scale and bias and also follow poolings.
  init(
    _ operation: CellOperation, channels: Int, stride: Int, supernet: Bool, in builder: inout ParameterBuilder
  ) {
    let kernel = operation.kernelSize
    switch operation.family {
    case .none:
      body = .zero
    case .pooling:
      let norm = supernet ? BatchNormalization("norm", channels: channels, affine: false, in: &builder) : nil
      body = .pooling(maximum: operation == .maxPool3x3, stride: stride, norm: norm)
    case .skip:
      body =
        stride == 1
        ? .identity
        : .reduction(FactorizedReduction(from: channels, to: channels, affine: !supernet, in: &builder))
    case .separableConvolution:
      body = .separable(
        SeparableLayer(
          blocks: (1...2).map { number in
            let window = Window(kernel: kernel, stride: number == 1 ? stride : 1, padding: kernel / 2)
            return (
              DepthwiseLayer("depthwise\(number)", channels: channels, window, in: &builder),
              ConvolutionLayer("pointwise\(number)", from: channels, to: channels, Window(kernel: 1), in: &builder),
              BatchNormalization("norm\(number)", channels: channels, affine: !supernet, in: &builder)
            )
          }))
    case .dilatedConvolution:
      let window = Window(kernel: kernel, stride: stride, padding: kernel - 1, dilation: 2)
      body = .separable(
        SeparableLayer(blocks: [
          (
            DepthwiseLayer("depthwise", channels: channels, window, in: &builder),
            ConvolutionLayer("pointwise", from: channels, to: channels, Window(kernel: 1), in: &builder),
            BatchNormalization("norm", channels: channels, affine: !supernet, in: &builder)
          )
        ]))
    }
  }

  /// The operation as a term of a node's sum; `nil` for the one that gives zeros.
  func operand(_ input: CellInput, _ weights: [Tensor], _ context: ForwardContext) -> MixedOperand? {
    switch body {
    case .zero: return nil
    case .identity: return .plain(input.value)
    case .pooling(let maximum, let stride, let norm):
      let pooled = input.pooled(maximum: maximum, stride: stride)
      return norm.map { $0.operand(pooled, weights, context) } ?? .plain(pooled)
    case .reduction(let reduction):
      context.rectifying(input.value)
      return reduction.operand(input.rectified, shifted: input.shifted, weights, context)
    case .separable(let layer): return layer.operand(input, weights, context)
    }
  }
}
