import Tensors

/// The product of two matrices, either one transposed first.
struct MatrixProduct: Primitive {
  static let names = ["matrixProduct"]
  let transposeA: Bool
  let transposeB: Bool

  var residuals: Residuals { .inputs }

  func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    [Kernel.matmul(inputs[0], transposeA: transposeA, inputs[1], transposeB: transposeB)]
  }

  func pullback(_ context: PullbackContext) -> [Tensor?] {
    let (a, b, g) = (context.inputs[0], context.inputs[1], context.cotangent)
    // c = op(a) op(b)  =>  d op(a) = g op(b)ᵀ,  d op(b) = op(a)ᵀ g.
    let da: Tensor? =
      !context.wants(0)
      ? nil
      : transposeA
        ? matmul(b, transposeA: transposeB, g, transposeB: true) : matmul(g, transposeA: false, b, transposeB: !transposeB)
    let db: Tensor? =
      !context.wants(1)
      ? nil
      : transposeB
        ? matmul(g, transposeA: true, a, transposeB: transposeA) : matmul(a, transposeA: !transposeA, g, transposeB: false)
    return [da, db]
  }

  func pushforward(_ context: PushforwardContext) -> [Tensor?] {
    let left = context.tangents[0].map { applyOne(self, [$0, context.inputs[1]]) }
    let right = context.tangents[1].map { applyOne(self, [context.inputs[0], $0]) }
    guard let left else { return [right] }
    guard let right else { return [left] }
    return [left + right]
  }
}

/// `Σ weights[i] * xs[i]`: what a mixed operation does, in one pass over the result.
struct LinearCombination: Primitive {
  static let names = ["linearCombination"]

  var residuals: Residuals { .inputs }

  func evaluate(_ inputs: [Tensor]) -> [Tensor] { [Kernel.linearCombination(inputs[0], Array(inputs.dropFirst()))] }

  func pullback(_ context: PullbackContext) -> [Tensor?] {
    let g = context.cotangent
    let weights = context.inputs[0]
    var result: [Tensor?] = [context.wants(0) ? dots(g, Array(context.inputs.dropFirst())) : nil]
    for index in 1..<context.inputs.count {
      result.append(context.wants(index) ? g * weights.slice(axis: 0, from: index - 1, count: 1).reshaped(to: []) : nil)
    }
    return result
  }

  func pushforward(_ context: PushforwardContext) -> [Tensor?] {
    let xs = Array(context.inputs.dropFirst())
    let first = context.tangents[0].map { linearCombination($0, xs) }
    let moving = xs.indices.filter { context.tangents[$0 + 1] != nil }
    guard !moving.isEmpty else { return [first] }
    let weights =
      moving.count == xs.count
      ? context.inputs[0] : concatenate(moving.map { context.inputs[0].slice(axis: 0, from: $0, count: 1) }, axis: 0)
    let second = linearCombination(weights, moving.compactMap { context.tangents[$0 + 1] })
    return [first.map { $0 + second } ?? second]
  }
}

/// The inner products of one tensor with each of several: the adjoint of ``LinearCombination`` in its weights.
struct Dots: Primitive {
  static let names = ["dots"]

  var residuals: Residuals { .inputs }

  func evaluate(_ inputs: [Tensor]) -> [Tensor] { [Kernel.dots(inputs[0], Array(inputs.dropFirst()))] }

  func pullback(_ context: PullbackContext) -> [Tensor?] {
    let c = context.cotangent
    let g = context.inputs[0]
    var result: [Tensor?] = [context.wants(0) ? linearCombination(c, Array(context.inputs.dropFirst())) : nil]
    for index in 1..<context.inputs.count {
      result.append(context.wants(index) ? g * c.slice(axis: 0, from: index - 1, count: 1).reshaped(to: []) : nil)
    }
    return result
  }

  func pushforward(_ context: PushforwardContext) -> [Tensor?] {
    let xs = Array(context.inputs.dropFirst())
    let first = context.tangents[0].map { dots($0, xs) }
    guard context.tangents.dropFirst().contains(where: { $0 != nil }) else { return [first] }
    let second = dots(context.inputs[0], xs.indices.map { context.tangents[$0 + 1] ?? .zeros(like: xs[$0]) })
    return [first.map { $0 + second } ?? second]
  }
}

/// The product of two matrices `[m, k]` and `[k, n]`, either one given transposed.
public func matmul(_ a: Tensor, transposeA: Bool = false, _ b: Tensor, transposeB: Bool = false) -> Tensor {
  applyOne(MatrixProduct(transposeA: transposeA, transposeB: transposeB), [a, b])
}

/// `Σ weights[i] * xs[i]`.
///
/// - Parameters:
///   - weights: a vector with one number for each tensor.
///   - xs: at least one tensor; all of one shape.
public func linearCombination(_ weights: Tensor, _ xs: [Tensor]) -> Tensor {
  precondition(weights.count == xs.count && !xs.isEmpty, "\(weights.count) weights for \(xs.count) tensors")
  precondition(xs.allSatisfy { $0.shape == xs[0].shape }, "a linear combination of tensors of different shapes")
  return applyOne(LinearCombination(), [weights.reshaped(to: [xs.count])] + xs)
}

/// The inner products of `g` with each of `xs`, as a vector.
public func dots(_ g: Tensor, _ xs: [Tensor]) -> Tensor {
  precondition(xs.allSatisfy { $0.shape == g.shape }, "inner products of tensors of different shapes")
  return applyOne(Dots(), [g] + xs)
}

/// The inner product of two tensors of one shape, as a scalar.
public func dot(_ a: Tensor, _ b: Tensor) -> Tensor { dots(a, [b]).reshaped(to: []) }

/// `y + scale * x` with a constant number: one pass over memory, what every gradient step is made of.
struct AddScaled: Primitive {
  static let names = ["addScaled"]
  let scale: Double

  var residuals: Residuals { [] }
  func evaluate(_ inputs: [Tensor]) -> [Tensor] { [Kernel.addScaled(inputs[0], inputs[1], scale: scale)] }
  func pullback(_ context: PullbackContext) -> [Tensor?] { [context.cotangent, context.cotangent * scale] }

  func pushforward(_ context: PushforwardContext) -> [Tensor?] {
    guard let y = context.tangents[0] else { return [context.tangents[1].map { $0 * scale }] }
    guard let x = context.tangents[1] else { return [y] }
    return [addScaled(y, x, scale: scale)]
  }
}

/// `y + scale * x` for tensors of one shape.
public func addScaled(_ y: Tensor, _ x: Tensor, scale: Double) -> Tensor { applyOne(AddScaled(scale: scale), [y, x]) }

/// `ys[i] + scales[i] * xs[i]`: a gradient step on a list of parameters.
///
/// Where nothing is differentiated, which is most of the time, small parameters are not held up by one call each.
public func addScaled(_ ys: [Tensor], _ xs: [Tensor], scales: [Double]) -> [Tensor] {
  precondition(
    ys.count == xs.count && ys.count == scales.count, "\(ys.count), \(xs.count) and \(scales.count) tensors and scales")
  guard ys.indices.allSatisfy({ ys[$0].trace == nil && xs[$0].trace == nil }) else {
    return ys.indices.map { addScaled(ys[$0], xs[$0], scale: scales[$0]) }
  }
  func all() -> [Tensor] { ys.indices.map { Kernel.addScaled(ys[$0], xs[$0], scale: scales[$0]) } }
  return Profile.measured(AddScaled.names[0], all)
}
