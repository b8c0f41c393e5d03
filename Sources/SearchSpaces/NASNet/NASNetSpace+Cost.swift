extension NASNetSpace {
  /// The cost of the network: stem (3×3 convolution to 3C), the cells, global average pooling, a linear layer.
  ///
  /// Both inputs of a cell are brought to C channels by a 1×1 convolution (a factorised reduction where the one before the previous
  /// cell is twice as large). In a reduction cell operations on the cell's inputs have stride 2; the identity is a factorised
  /// reduction there, and so is an input that goes unused into the output. Convolutions have no bias and a batch norm each; two
  /// concatenated operands are projected back to C channels by a 1×1 convolution. Odd sides round up.
  public func networkCost(of architecture: NASNetArchitecture) -> NetworkCost? {
    guard contains(architecture) else { return nil }
    var side = imageSize
    var width = channels
    var cost =
      NetworkCost.convolution(kernel: 3, from: imageChannels, to: 3 * channels, pixels: side * side)
      + .batchNorm(channels: 3 * channels, affine: true)
    var inputs = (3 * channels, 3 * channels)
    for kind in cells {
      let cell = architecture[kind]
      let inputPixels = side * side
      let input = side
      if kind == .reduction { (side, width) = ((side + 1) / 2, 2 * width) }
      let (pixels, output) = (side * side, side)
      for channels in [inputs.0, inputs.1] { cost += .pointwise(from: channels, to: width, pixels: inputPixels, affine: true) }
      for block in cell.blocks {
        for operand in block.operands {
          let stride = kind == .reduction && operand.state < 2 ? 2 : 1
          cost += operand.operation.cost(channels: width, stride: stride, input: stride == 2 ? input : output, output: output)
        }
        if block.combination == .concatenate { cost += .pointwise(from: 2 * width, to: width, pixels: pixels, affine: true) }
      }
      let unused = cell.unusedStates
      if kind == .reduction {
        for state in unused where state < 2 {
          cost += NASNetOperation.identity.cost(channels: width, stride: 2, input: input, output: output)
        }
      }
      inputs = (inputs.1, unused.count * width)
    }
    return cost + NetworkCost(parameters: inputs.1 * classes + classes, multiplyAdds: inputs.1 * classes)
  }
}

extension NASNetOperation {
  /// The cost of the operation on `channels` channels with a square input of side `input` and a square output of side `output`.
  func cost(channels: Int, stride: Int, input: Int, output: Int) -> NetworkCost {
    let pixels = output * output
    let norm = NetworkCost.batchNorm(channels: channels, affine: true)
    func convolution(weights: Int, pixels: Int) -> NetworkCost {
      NetworkCost(parameters: weights * channels * channels, multiplyAdds: weights * channels * channels * pixels) + norm
    }
    switch self {
    case .identity: return stride == 1 ? NetworkCost() : .pointwise(from: channels, to: channels, pixels: pixels, affine: true)
    case .averagePool3x3, .maxPool3x3, .maxPool5x5, .maxPool7x7: return NetworkCost()
    case .factorized3, .factorized7:
      return
        // The first, 1×n, halves only the width: it has all rows of the input.
        convolution(weights: kernelSize, pixels: input * output) + convolution(weights: kernelSize, pixels: pixels)
    case .convolution1x1, .convolution3x3, .dilated3x3: return convolution(weights: kernelSize * kernelSize, pixels: pixels)
    case .separable3x3, .separable5x5, .separable7x7:
      let once =
        NetworkCost.depthwise(kernel: kernelSize, channels: channels, pixels: pixels)
        + .pointwise(from: channels, to: channels, pixels: pixels, affine: true)
      return once + once
    }
  }
}
