import Autodiff
import Tensors
import TestSupport

/// A sum of operations over two states, as nodes of cells have them, for the tests of the fused primitives.
struct MixedSumCase: Sendable {
  var title: String
  /// Of a state: images, side, channels.
  var images: Int
  var side: Int
  var channels: Int
  var stride = 1
  /// Whether each term has a weight, as in a supernet.
  var isWeighted = true
  /// Whether batch norms have scale and bias, as in decoded networks.
  var isAffine = false
  var operations: [Operation] = Operation.allCases

  /// Each stands on both states.
  enum Operation: CaseIterable, Sendable {
    case plain, normalized, separable3, separable5, dilated3, dilated5
  }

  // Batch norm makes a convolution of one channel scale-invariant: its gradient is rounding noise, and so it nearly is with few rows.
  static let all: [MixedSumCase] = [
    MixedSumCase(title: "all operations", images: 2, side: 5, channels: 3),
    MixedSumCase(title: "all operations, stride 2", images: 2, side: 6, channels: 2, stride: 2),
    MixedSumCase(title: "odd side, stride 2", images: 3, side: 5, channels: 2, stride: 2),
    MixedSumCase(
      title: "decoded", images: 3, side: 4, channels: 4, isWeighted: false, isAffine: true,
      operations: [.separable3, .dilated5]),
    MixedSumCase(title: "one plain term", images: 2, side: 3, channels: 2, operations: [.plain]),
    MixedSumCase(
      title: "one convolution, no weight", images: 3, side: 3, channels: 3, isWeighted: false, operations: [.separable5]),
    MixedSumCase(
      title: "affine and weighted", images: 1, side: 4, channels: 3, isAffine: true, operations: [.normalized, .dilated3]),
  ]

  /// Larger ones, for comparisons with the composition only: whole vectors and tails, several groups of images.
  static let large: [MixedSumCase] = [
    MixedSumCase(title: "a vector of channels, several groups", images: 3, side: 28, channels: 16),
    MixedSumCase(title: "two vectors, stride 2", images: 5, side: 14, channels: 32, stride: 2),
    MixedSumCase(title: "half a vector, affine", images: 7, side: 9, channels: 8, isAffine: true),
    MixedSumCase(title: "a vector and a tail", images: 2, side: 7, channels: 17),
    MixedSumCase(title: "three channels, a hundred images", images: 100, side: 6, channels: 3, isWeighted: false),
  ]

  private var outputSide: Int { (side - 1) / stride + 1 }
  private var state: Shape { [images, side, side, channels] }

  /// Weights, the two states, then the operations' parameters in order.
  func inputs(_ type: ElementType = .float64) -> [Tensor] {
    var result = isWeighted ? [TestInputs.within(0.2...0.9, "weights", [2 * operations.count])] : []
    result += [TestInputs.any("state 0", state), TestInputs.any("state 1", state)]
    for copy in 0..<2 {
      for (number, operation) in operations.enumerated() {
        for (index, shape) in shapes(operation).enumerated() {
          result.append(TestInputs.any("\(copy) \(number) \(index)", shape))
        }
      }
    }
    return result.map { $0.converted(to: type) }
  }

  private func shapes(_ operation: Operation) -> [Shape] {
    let affine: [Shape] = isAffine ? [[channels], [channels]] : []
    func block(_ kernel: Int) -> [Shape] { [[kernel, kernel, channels], [1, 1, channels, channels]] + affine }
    switch operation {
    case .plain: return []
    case .normalized: return affine
    case .separable3: return block(3) + block(3)
    case .separable5: return block(5) + block(5)
    case .dilated3: return block(3)
    case .dilated5: return block(5)
    }
  }

  /// The sum as networks compute it.
  func sum(_ inputs: [Tensor]) -> Tensor {
    var rest = inputs[...]
    let weights = isWeighted ? rest.removeFirst() : nil
    let states = [rest.removeFirst(), rest.removeFirst()]
    let rectified = states.map { $0.relu() }
    func affine() -> (scale: Tensor, bias: Tensor)? { isAffine ? (rest.removeFirst(), rest.removeFirst()) : nil }
    func block(_ kernel: Int, dilation: Int = 1, stride: Int) -> SeparableBlock {
      SeparableBlock(
        depthwise: rest.removeFirst(), pointwise: rest.removeFirst(),
        window: Window(kernel: kernel, stride: stride, padding: dilation * (kernel / 2), dilation: dilation), affine: affine())
    }
    var operands: [MixedOperand] = []
    for copy in 0..<2 {
      for operation in operations {
        // A pooling brings plain tensors to the size of the result.
        let plain = stride == 1 ? states[copy] : states[copy].averagePooled(Window(kernel: 3, stride: stride, padding: 1))
        switch operation {
        case .plain: operands.append(.plain(plain))
        case .normalized: operands.append(.normalized(plain, affine: affine()))
        case .separable3, .separable5:
          let kernel = operation == .separable3 ? 3 : 5
          operands.append(
            .separable(rectified: rectified[copy], [block(kernel, stride: stride), block(kernel, stride: 1)]))
        case .dilated3, .dilated5:
          operands.append(
            .separable(
              rectified: rectified[copy], [block(operation == .dilated3 ? 3 : 5, dilation: 2, stride: stride)]))
        }
      }
    }
    return mixedSum(operands, weights: weights)
  }

  /// The sum's cotangents of all inputs, for a cotangent that comes last.
  func pullback(_ inputs: [Tensor]) -> [Tensor] {
    let points = Array(inputs.dropLast())
    let pulled = vjp(at: points) { [sum($0)] }.pullback([inputs[inputs.count - 1]])
    return zip(points, pulled).map { $1 ?? .zeros(like: $0) }
  }

  /// A cotangent of the result.
  func cotangent(_ type: ElementType = .float64) -> Tensor {
    TestInputs.any("cotangent", [images, outputSide, outputSide, channels]).converted(to: type)
  }
}

extension ConformanceRow {
  /// Fused primitives; their definitions are compositions of others, which have rows of their own.
  static let fused: [ConformanceRow] = MixedSumCase.all.flatMap { mixture in
    let inputs = mixture.inputs()
    return [
      ConformanceRow(
        "mixedSum", mixture.title, inputs,
        definition: { values in
          NaiveTensor(Fusion.with(enabled: false) { mixture.sum(values.map { $0.tensor }) })
        }
      ) { mixture.sum($0) },
      ConformanceRow(
        "mixedSumPullback", mixture.title, inputs + [mixture.cotangent()],
        definitions: { values in
          Fusion.with(enabled: false) { mixture.pullback(values.map { $0.tensor }) }.map(NaiveTensor.init)
        }, functions: { mixture.pullback($0) }),
    ]
  }
}
