/// Height, width and channels of an image-shaped activation.
public struct ImageShape: Hashable, Sendable {
  /// Rows.
  public let height: Int
  /// Columns.
  public let width: Int
  /// Channels.
  public let channels: Int

  /// The shape `[height, width, channels]`.
  public init(height: Int, width: Int, channels: Int) {
    self.height = height
    self.width = width
    self.channels = channels
  }
}

/// The shapes that flow through one cell.
public struct CellPlan: Hashable, Sendable {
  /// Whether the cell keeps or halves the resolution.
  public let kind: CellKind
  /// Channels of each node.
  public let channels: Int
  /// The first input, before its preprocessing: the output of the cell before the previous one.
  public let input0: ImageShape
  /// The second input, before its preprocessing: the output of the previous cell.
  public let input1: ImageShape
  /// Whether the first input is preprocessed by a factorised reduction, because the previous cell was a reduction.
  public let reducesInput0: Bool
  /// What the nodes concatenate to.
  public let output: ImageShape

  /// The stride of an edge: 2 for edges that leave the inputs of a reduction cell, otherwise 1.
  public func stride(ofInput input: Int) -> Int { kind == .reduction && input < 2 ? 2 : 1 }
}

/// The shapes of a whole network, from which its layers are built and its cost is counted.
public struct NetworkPlan: Hashable, Sendable {
  /// The stem's 3×3 convolutions: the input of each. Every one is followed by a batch norm and, in the pooled stems, a 2×2
  /// pooling.
  public let stemInputs: [ImageShape]
  /// The stem's 3×3 convolutions: the output channels of each.
  public let stemChannels: [Int]
  /// What leaves the stem.
  public let stemOutput: ImageShape
  /// The cells.
  public let cells: [CellPlan]
  /// Inputs of the linear head, after global average pooling.
  public let features: Int
  /// Outputs of the linear head.
  public let way: Int
}

extension DARTSSpace {
  /// The shape walk. Poolings of the stem round odd sizes down, reductions round them up.
  public var plan: NetworkPlan {
    var shape = ImageShape(height: inputHeight, width: inputWidth, channels: inputChannels)
    let stemChannels = stem == .pooledTwice ? [3 * channels / 2, 3 * channels] : [3 * channels]
    var stemInputs = [ImageShape]()
    for out in stemChannels {
      stemInputs.append(shape)
      let factor = stem == .flat ? 1 : 2
      shape = ImageShape(height: shape.height / factor, width: shape.width / factor, channels: out)
    }
    let stemOutput = shape

    var plans = [CellPlan]()
    var (input0, input1) = (stemOutput, stemOutput)
    var (current, previousReduces) = (channels, false)
    for kind in cells {
      if kind == .reduction { current *= 2 }
      let stride = kind == .reduction ? 2 : 1
      let output = ImageShape(
        height: (input1.height + stride - 1) / stride, width: (input1.width + stride - 1) / stride,
        channels: nodes * current)
      plans.append(
        CellPlan(
          kind: kind, channels: current, input0: input0, input1: input1, reducesInput0: previousReduces, output: output))
      (input0, input1) = (input1, output)
      previousReduces = kind == .reduction
    }
    return NetworkPlan(
      stemInputs: stemInputs, stemChannels: stemChannels, stemOutput: stemOutput, cells: plans,
      features: input1.channels, way: way)
  }
}
