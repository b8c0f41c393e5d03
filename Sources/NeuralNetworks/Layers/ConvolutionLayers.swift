import Autodiff
import Tensors

/// A dense convolution without bias; weights `[k, k, in, out]`.
public struct ConvolutionLayer: Sendable {
  /// Where the weights stand among a network's parameters.
  public let weights: Int
  /// Kernel size, stride, padding and dilation.
  public let window: Window

  /// Adds weights from `input` to `output` channels to a model, under a name; first values are uniform in ±1/√fan-in.
  public init(_ name: String, from input: Int, to output: Int, _ window: Window, in builder: inout ParameterBuilder) {
    let (height, width) = (window.kernelHeight, window.kernelWidth)
    weights = builder.add(name, [height, width, input, output], .uniform(fanIn: height * width * input))
    self.window = window
  }

  /// The convolution of `[n, h, w, in]`; `parameters` are all of the model's.
  public func callAsFunction(_ x: Tensor, _ parameters: [Tensor]) -> Tensor {
    x.convolved(with: parameters[weights], window)
  }
}

/// A depthwise convolution without bias; weights `[k, k, channels]`.
public struct DepthwiseLayer: Sendable {
  /// Where the weights stand among a network's parameters.
  public let weights: Int
  /// Kernel size, stride, padding and dilation.
  public let window: Window

  /// Adds weights for a number of channels to a model, under a name; initial values are uniform in ±1/√fan-in.
  public init(_ name: String, channels: Int, _ window: Window, in builder: inout ParameterBuilder) {
    let (height, width) = (window.kernelHeight, window.kernelWidth)
    weights = builder.add(name, [height, width, channels], .uniform(fanIn: height * width))
    self.window = window
  }

  /// The convolution of each channel of `[n, h, w, channels]`; `parameters` are all of the model's.
  public func callAsFunction(_ x: Tensor, _ parameters: [Tensor]) -> Tensor {
    x.depthwiseConvolved(with: parameters[weights], window)
  }
}

/// Halves the resolution with two 1×1 convolutions at stride 2, the second one pixel further right and down, each giving half of
/// the channels; then normalises. The caller applies the ReLU that stands before it.
///
/// Source: DARTS' `FactorizedReduce`. Odd sizes round up: the shifted image is filled with zeros.
public struct FactorizedReduction: Sendable {
  let first: ConvolutionLayer
  let second: ConvolutionLayer
  let norm: BatchNormalization

  /// Adds both convolutions and the batch norm to a model, in the builder's present scope.
  ///
  /// - Parameters:
  ///   - input: channels of the images that come in.
  ///   - output: channels in all; the first convolution gives half of them, rounded down.
  ///   - affine: whether the batch norm has scale and bias.
  ///   - builder: collects the model's parameters; the layer's are added to it.
  public init(from input: Int, to output: Int, affine: Bool, in builder: inout ParameterBuilder) {
    let half = output / 2
    first = ConvolutionLayer("conv_a", from: input, to: half, Window(kernel: 1, stride: 2), in: &builder)
    second = ConvolutionLayer("conv_b", from: input, to: output - half, Window(kernel: 1, stride: 2), in: &builder)
    norm = BatchNormalization("norm", channels: output, affine: affine, in: &builder)
  }

  /// Halves and normalises `[n, h, w, in]`; odd extents round up.
  ///
  /// - Parameters:
  ///   - rectified: the input after its ReLU, `[n, h, w, in]`.
  ///   - parameters: all of the model's.
  ///   - context: says which images the batch statistics come from.
  public func callAsFunction(_ rectified: Tensor, _ parameters: [Tensor], _ context: ForwardContext) -> Tensor {
    norm(halved(rectified, Self.shifted(rectified), parameters, context), parameters, context)
  }

  /// The result as a term of a mixed sum.
  ///
  /// - Parameters:
  ///   - rectified: the input after its ReLU, `[n, h, w, in]`.
  ///   - shifted: ``shifted(_:)`` of the same input, which several reductions may share.
  ///   - parameters: all of the model's.
  ///   - context: says which images the batch statistics come from.
  public func operand(
    _ rectified: Tensor, shifted: Tensor, _ parameters: [Tensor], _ context: ForwardContext
  ) -> MixedOperand {
    norm.operand(halved(rectified, shifted, parameters, context), parameters, context)
  }

  /// The images one pixel further right and down, filled with zeros.
  public static func shifted(_ rectified: Tensor) -> Tensor {
    let (height, width) = (rectified.shape[1], rectified.shape[2])
    return
      rectified
      .slice(axis: 1, from: 1, count: height - 1).slice(axis: 2, from: 1, count: width - 1)
      .padded(to: rectified.shape, at: [0, 0, 0, 0])
  }

  /// The result before its normalisation.
  private func halved(
    _ rectified: Tensor, _ shifted: Tensor, _ parameters: [Tensor], _ context: ForwardContext
  ) -> Tensor {
    concatenate(
      [context.computed(first(rectified, parameters)), context.computed(second(shifted, parameters))], axis: 3)
  }
}

/// A linear layer with bias; weights `[in, out]`.
public struct LinearLayer: Sendable {
  let weights: Int
  let bias: Int

  /// Adds weight and bias to a model, under a name; first values are uniform in ±1/√input.
  public init(_ name: String, from input: Int, to output: Int, in builder: inout ParameterBuilder) {
    (weights, bias) = builder.scoped(name) { builder in
      (
        builder.add("weight", [input, output], .uniform(fanIn: input)),
        builder.add("bias", [output], .uniform(fanIn: input))
      )
    }
  }

  /// `x W + b` for rows `[n, in]`; `parameters` are all of the model's.
  public func callAsFunction(_ x: Tensor, _ parameters: [Tensor]) -> Tensor {
    matmul(x, parameters[weights]) + parameters[bias]
  }
}
