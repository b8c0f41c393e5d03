import Tensors

/// ReLU (of the caller), depthwise and pointwise convolution, batch norm: the weights of one block of a separable convolution.
public struct SeparableBlock: Sendable {
  /// `[k, k, channels]`
  public var depthwise: Tensor
  /// `[1, 1, channels, output]`
  public var pointwise: Tensor
  /// The depthwise convolution's.
  public var window: Window
  /// Scale and bias `[output]` of the batch norm, where it has them.
  public var affine: (scale: Tensor, bias: Tensor)?

  /// A block of known weights; the properties say which shapes they have.
  public init(depthwise: Tensor, pointwise: Tensor, window: Window, affine: (scale: Tensor, bias: Tensor)? = nil) {
    self.depthwise = depthwise
    self.pointwise = pointwise
    self.window = window
    self.affine = affine
  }
}

/// One term of ``mixedSum(_:weights:epsilon:)``.
public enum MixedOperand: Sendable {
  /// A tensor as it is.
  case plain(Tensor)
  /// A tensor to be normalised by its own batch statistics.
  case normalized(Tensor, affine: (scale: Tensor, bias: Tensor)? = nil)
  /// A separable or dilated convolution of an input after its ReLU; between two blocks there is another ReLU.
  case separable(rectified: Tensor, [SeparableBlock])
}

/// `Σ weights[i] * operand[i]`: the sum of mixed operations at a node of a cell, or of the chosen ones.
///
/// Fused: a convolution's input is read once, what lies between its parts stays in the cache, statistics of batch norms are taken while
/// the results are near, and neither the normalised terms nor their cotangents are ever written to memory.
/// - Parameters:
///   - operands: at least one; all of one shape `[n, h, w, c]`.
///   - weights: a vector with one number for each operand; `nil` for a plain sum.
///   - epsilon: added to the variances.
public func mixedSum(_ operands: [MixedOperand], weights: Tensor? = nil, epsilon: Double = 1e-5) -> Tensor {
  precondition(!operands.isEmpty && weights.map { $0.count == operands.count } ?? true, "a weight for each operand")
  var builder = MixedSumBuilder(weights: weights.map { $0.reshaped(to: [operands.count]) })
  let terms = operands.map { builder.term($0) }
  let inputs = builder.inputs
  let sum = MixedSum(
    terms: terms, hasWeights: weights != nil, epsilon: epsilon,
    keepsIntermediates: inputs.indices.contains { inputs[$0].trace != nil })
  guard Fusion.applies(to: inputs), sum.isFusible(inputs) else { return sum.definition(inputs)[0] }
  return applyOne(sum, inputs)
}

/// Lists the tensors of a sum; an input that several terms share is listed once, so that its cotangents are added up in place.
private struct MixedSumBuilder {
  var inputs: [Tensor]
  private var shared: [Int] = []

  init(weights: Tensor?) { inputs = weights.map { [$0] } ?? [] }

  mutating func term(_ operand: MixedOperand) -> MixedSum.Term {
    switch operand {
    case .plain(let x): return MixedSum.Term(input: share(x), body: .plain)
    case .normalized(let x, let affine):
      return MixedSum.Term(input: share(x), body: .normalized(self.affine(affine)))
    case .separable(let x, let blocks):
      return MixedSum.Term(
        input: share(x),
        body: .separable(
          blocks.map { block in
            MixedSum.Block(
              depthwise: add(block.depthwise), pointwise: add(block.pointwise), window: block.window,
              affine: affine(block.affine))
          }))
    }
  }

  private mutating func add(_ tensor: Tensor) -> Int {
    inputs.append(tensor)
    return inputs.count - 1
  }

  private mutating func affine(_ affine: (scale: Tensor, bias: Tensor)?) -> MixedSum.Affine? {
    affine.map { MixedSum.Affine(scale: add($0.scale), bias: add($0.bias)) }
  }

  private mutating func share(_ tensor: Tensor) -> Int {
    if let known = shared.first(where: { inputs[$0].body === tensor.body }) {
      return known
    }
    shared.append(add(tensor))
    return inputs.count - 1
  }
}

/// A weighted sum of operations; see ``mixedSum(_:weights:epsilon:)``.
struct MixedSum: FusedPrimitive {
  static let names = ["mixedSum"]

  /// Where scale and bias of a batch norm stand among the inputs.
  struct Affine: Sendable {
    var scale: Int
    var bias: Int
  }

  struct Block: Sendable {
    var depthwise: Int
    var pointwise: Int
    var window: Window
    var affine: Affine?
  }

  struct Term: Sendable {
    enum Body: Sendable {
      case plain
      case normalized(Affine?)
      case separable([Block])
    }

    var input: Int
    var body: Body

    var blocks: [Block] {
      if case .separable(let blocks) = body { return blocks }
      return []
    }
  }

  let terms: [Term]
  /// Whether the first input is the vector of weights.
  let hasWeights: Bool
  let epsilon: Double
  /// Whether a gradient may want what the forward pass computed on the way.
  let keepsIntermediates: Bool
  let found = MixedSumState.Box()

  func definition(_ inputs: [Tensor]) -> [Tensor] {
    func normalized(_ x: Tensor, _ affine: Affine?) -> Tensor {
      let y = x.batchNormalized(epsilon: epsilon).output
      guard let affine else { return y }
      return y * inputs[affine.scale] + inputs[affine.bias]
    }
    let values = terms.map { term in
      let x = inputs[term.input]
      switch term.body {
      case .plain: return x
      case .normalized(let affine): return normalized(x, affine)
      case .separable(let blocks):
        return blocks.enumerated().reduce(x) { x, block in
          let (index, block) = block
          let spread = (index == 0 ? x : x.relu()).depthwiseConvolved(with: inputs[block.depthwise], block.window)
          return normalized(spread.convolved(with: inputs[block.pointwise], Window(kernel: 1)), block.affine)
        }
      }
    }
    if hasWeights { return [linearCombination(inputs[0], values)] }
    return [values.dropFirst().reduce(values[0]) { $0 + $1 }]
  }

  /// Whether the kernels can take the inputs: not too many channels, and something in them.
  func isFusible(_ inputs: [Tensor]) -> Bool {
    inputs.indices.allSatisfy { inputs[$0].count > 0 && inputs[$0].elementType == inputs[0].elementType }
      && terms.allSatisfy { term in
        inputs[term.input].rank == 4 && inputs[term.input].shape[3] <= Kernel.mostColumns
          && term.blocks.allSatisfy { inputs[$0.pointwise].shape[3] <= Kernel.mostColumns }
      }
  }

  func pullback(_ context: PullbackContext) -> [Tensor?] {
    let wanted = context.slots.indices.filter { context.wants($0) }
    let outputs: [Tensor]
    if context.isPlain && Fusion.isEnabled {
      // The cotangents that the terms' inputs already have, for the kernels to add to.
      var partial: [Int: Tensor] = [:]
      for input in terms.map(\.input) where partial[input] == nil { partial[input] = context.takePartial(input) }
      outputs = Profile.measured(MixedSumPullback.names[0]) {
        backward(context.inputs, context.cotangent, wanted: wanted, partial: partial)
      }
    } else {
      outputs = apply(MixedSumPullback(sum: self, wanted: wanted), [context.cotangent] + context.inputs)
    }
    var result = [Tensor?](repeating: nil, count: context.inputs.count)
    for (position, index) in wanted.enumerated() { result[index] = outputs[position] }
    return result
  }
}

/// The cotangents of some inputs of a ``MixedSum``, from the cotangent of its result (the first input here) and its inputs.
struct MixedSumPullback: FusedPrimitive {
  static let names = ["mixedSumPullback"]
  let sum: MixedSum
  /// The inputs of the sum whose cotangents are the outputs here.
  let wanted: [Int]

  func definition(_ inputs: [Tensor]) -> [Tensor] {
    let points = Array(inputs.dropFirst())
    let pulled = vjp(at: wanted.map { points[$0] }) { variables in
      var all = points
      for (variable, index) in zip(variables, wanted) { all[index] = variable }
      return sum.definition(all)
    }.pullback([inputs[0]])
    return zip(wanted, pulled).map { index, cotangent in cotangent ?? .zeros(like: points[index]) }
  }
}
