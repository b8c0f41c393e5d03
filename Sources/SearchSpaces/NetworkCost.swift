/// What a network costs: trainable numbers and arithmetic.
///
/// Convention: `parameters` counts convolution and linear weights, the linear bias, and scale and shift of every batch norm that has
/// them: the trainable numbers of the network that classifies. Architecture parameters, learned rates and optimisers' moments are not
/// counted, here and everywhere a number is called "parameters". `multiplyAdds` counts convolutions and the linear layer for one
/// image, one multiply-add for each weight an output touches, padding included; pooling, batch norm, activations and sums are not
/// counted.
public struct NetworkCost: Hashable, Codable, Sendable {
  /// Trainable numbers.
  public var parameters: Int
  /// Multiply-adds of one image's forward pass.
  public var multiplyAdds: Int

  /// A cost, nothing by default.
  public init(parameters: Int = 0, multiplyAdds: Int = 0) {
    self.parameters = parameters
    self.multiplyAdds = multiplyAdds
  }

  /// The cost of both.
  public static func + (a: NetworkCost, b: NetworkCost) -> NetworkCost {
    NetworkCost(parameters: a.parameters + b.parameters, multiplyAdds: a.multiplyAdds + b.multiplyAdds)
  }

  /// Adds a cost.
  public static func += (a: inout NetworkCost, b: NetworkCost) { a = a + b }

  /// A k×k convolution without bias, `pixels` outputs a channel: k²·in·out weights, each used once a pixel.
  static func convolution(kernel: Int, from input: Int, to output: Int, pixels: Int) -> NetworkCost {
    let weights = kernel * kernel * input * output
    return NetworkCost(parameters: weights, multiplyAdds: weights * pixels)
  }

  /// A k×k depthwise convolution without bias: k²·C weights, each used once a pixel.
  static func depthwise(kernel: Int, channels: Int, pixels: Int) -> NetworkCost {
    let weights = kernel * kernel * channels
    return NetworkCost(parameters: weights, multiplyAdds: weights * pixels)
  }

  /// A batch norm's scale and shift.
  static func batchNorm(channels: Int, affine: Bool) -> NetworkCost { NetworkCost(parameters: affine ? 2 * channels : 0) }

  /// A 1×1 convolution and a batch norm, or a factorised reduction (two 1×1 convolutions at stride 2, half of the outputs each)
  /// and a batch norm: the same weights and, at the same output size, the same work.
  static func pointwise(from input: Int, to output: Int, pixels: Int, affine: Bool) -> NetworkCost {
    convolution(kernel: 1, from: input, to: output, pixels: pixels) + batchNorm(channels: output, affine: affine)
  }
}

extension CellOperation {
  /// The cost of the operation on one edge with `channels` channels and `pixels` output pixels.
  func cost(channels: Int, stride: Int, pixels: Int, affine: Bool) -> NetworkCost {
    let separable =
      NetworkCost.depthwise(kernel: kernelSize, channels: channels, pixels: pixels)
      + .pointwise(from: channels, to: channels, pixels: pixels, affine: affine)
    return switch self {
    case .none, .maxPool3x3, .averagePool3x3: NetworkCost()
    case .skipConnect:
      stride == 1 ? NetworkCost() : .pointwise(from: channels, to: channels, pixels: pixels, affine: affine)
    case .separableConvolution3x3, .separableConvolution5x5: separable + separable
    case .dilatedConvolution3x3, .dilatedConvolution5x5: separable
    }
  }
}

extension DARTSSpace {
  /// The cost of a decoded network, whose batch norms are affine and whose poolings have none.
  ///
  /// - Throws: `GenotypeError` if the genotype is not one of this space.
  public func cost(of genotype: Genotype) throws(GenotypeError) -> NetworkCost {
    try genotype.validate(in: self)
    return networkCost(affine: true) { cell in
      let nodes = genotype[cell.kind]?.nodes ?? []
      return nodes.joined().map { ($0.operation, $0.input) }
    }
  }

  /// The cost of the supernet, in which every edge carries every operation and the batch norms inside the cells are not affine.
  public var supernetCost: NetworkCost {
    networkCost(affine: false) { _ in cell.edges.flatMap { edge in operations.map { ($0, edge.input) } } }
  }

  private func networkCost(affine: Bool, edges: (CellPlan) -> [(CellOperation, Int)]) -> NetworkCost {
    let plan = self.plan
    var cost = NetworkCost()
    for (input, channels) in zip(plan.stemInputs, plan.stemChannels) {
      cost += .convolution(kernel: 3, from: input.channels, to: channels, pixels: input.height * input.width)
      cost += .batchNorm(channels: channels, affine: true)
    }
    for cell in plan.cells {
      let pixels = cell.input1.height * cell.input1.width
      for input in [cell.input0, cell.input1] {
        cost += .pointwise(from: input.channels, to: cell.channels, pixels: pixels, affine: affine)
      }
      for (operation, input) in edges(cell) {
        cost += operation.cost(
          channels: cell.channels, stride: cell.stride(ofInput: input), pixels: cell.output.height * cell.output.width,
          affine: affine)
      }
    }
    cost += NetworkCost(parameters: plan.features * way + way, multiplyAdds: plan.features * way)
    return cost
  }
}
