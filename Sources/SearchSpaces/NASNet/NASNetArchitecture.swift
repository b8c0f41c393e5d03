/// The thirteen operations of the NASNet search space, in the order of the paper's list.
public enum NASNetOperation: String, CaseIterable, Codable, Hashable, Sendable {
  /// Identity.
  case identity = "identity"
  /// 1×3, then 3×1 convolution.
  case factorized3 = "conv_1x3_3x1"
  /// 1×7, then 7×1 convolution.
  case factorized7 = "conv_1x7_7x1"
  /// 3×3 convolution with dilation 2.
  case dilated3x3 = "dil_conv_3x3"
  /// 3×3 average pooling.
  case averagePool3x3 = "avg_pool_3x3"
  /// 3×3 max pooling.
  case maxPool3x3 = "max_pool_3x3"
  /// 5×5 max pooling.
  case maxPool5x5 = "max_pool_5x5"
  /// 7×7 max pooling.
  case maxPool7x7 = "max_pool_7x7"
  /// 1×1 convolution.
  case convolution1x1 = "conv_1x1"
  /// 3×3 convolution.
  case convolution3x3 = "conv_3x3"
  /// 3×3 depthwise-separable convolution, applied twice.
  case separable3x3 = "sep_conv_3x3"
  /// 5×5 depthwise-separable convolution, applied twice.
  case separable5x5 = "sep_conv_5x5"
  /// 7×7 depthwise-separable convolution, applied twice.
  case separable7x7 = "sep_conv_7x7"

  /// The side of the window, 1 for the identity.
  public var kernelSize: Int {
    switch self {
    case .identity, .convolution1x1: 1
    case .factorized3, .dilated3x3, .averagePool3x3, .maxPool3x3, .convolution3x3, .separable3x3: 3
    case .maxPool5x5, .separable5x5: 5
    case .factorized7, .maxPool7x7, .separable7x7: 7
    }
  }
}

/// One cell of the NASNet space: blocks that each combine two hidden states.
///
/// Hidden states 0 and 1 are the cell's inputs, *b* + 2 the output of block *b*. States that no block uses are concatenated to the
/// cell's output.
///
/// Source: Zoph, Vasudevan, Shlens, Le, "Learning transferable architectures for scalable image recognition", CVPR 2018, section
/// 3.1.
public struct NASNetCell: Hashable, Codable, Sendable {
  /// How a block combines its two operands.
  public enum Combination: String, CaseIterable, Codable, Hashable, Sendable {
    /// Sum of the two.
    case add
    /// Concatenation along the channels.
    case concatenate
  }

  /// A hidden state with the operation on it.
  public struct Operand: Hashable, Codable, Sendable {
    /// The hidden state.
    public let state: Int
    /// The operation.
    public let operation: NASNetOperation

    /// An operation on a hidden state: 0 and 1 are the cell's inputs, *j* + 2 is block *j*.
    public init(_ operation: NASNetOperation, _ state: Int) {
      self.state = state
      self.operation = operation
    }
  }

  /// Two operands and how they are combined.
  public struct Block: Hashable, Codable, Sendable {
    /// The first operand.
    public let first: Operand
    /// The second operand.
    public let second: Operand
    /// How they are combined.
    public let combination: Combination

    /// A block that adds or concatenates two operands.
    public init(_ first: Operand, _ second: Operand, _ combination: Combination = .add) {
      self.first = first
      self.second = second
      self.combination = combination
    }

    /// The operands.
    public var operands: [Operand] { [first, second] }
  }

  /// The blocks, in order.
  public let blocks: [Block]

  /// A cell of these blocks, which are not checked.
  public init(blocks: [Block]) { self.blocks = blocks }

  /// The hidden states that no block uses, in order: what the cell's output concatenates.
  public var unusedStates: [Int] {
    let used = Set(blocks.flatMap { [$0.first.state, $0.second.state] })
    return (0..<(blocks.count + 2)).filter { !used.contains($0) }
  }
}

/// An architecture of the NASNet space: a normal and a reduction cell.
public struct NASNetArchitecture: Hashable, Codable, Sendable {
  /// The cell that keeps the resolution.
  public let normal: NASNetCell
  /// The cell that halves it.
  public let reduction: NASNetCell

  /// An architecture of these two cells.
  public init(normal: NASNetCell, reduction: NASNetCell) {
    self.normal = normal
    self.reduction = reduction
  }

  /// The cell of a kind.
  public subscript(kind: CellKind) -> NASNetCell { kind == .normal ? normal : reduction }
}
