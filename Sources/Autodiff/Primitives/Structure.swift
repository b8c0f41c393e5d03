import Tensors

/// The same elements in another shape.
struct Reshape: Primitive {
  static let names = ["reshape"]
  let from: Shape
  let to: Shape

  var residuals: Residuals { [] }
  func evaluate(_ inputs: [Tensor]) -> [Tensor] { [Kernel.reshape(inputs[0], to)] }
  func pullback(_ context: PullbackContext) -> [Tensor?] { [context.cotangent.reshaped(to: from)] }
  func pushforward(_ context: PushforwardContext) -> [Tensor?] { [context.tangents[0].map { $0.reshaped(to: to) }] }
}

/// Dimensions in another order.
struct Transpose: Primitive {
  static let names = ["transpose"]
  let permutation: [Int]

  var residuals: Residuals { [] }

  func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    let x = inputs[0]
    let strides = x.shape.strides
    return [
      Kernel.gather(
        x, offset: 0, shape: Shape(permutation.map { x.shape[$0] }), strides: permutation.map { strides[$0] })
    ]
  }

  func pullback(_ context: PullbackContext) -> [Tensor?] {
    var inverse = permutation
    for (position, axis) in permutation.enumerated() { inverse[axis] = position }
    return [context.cotangent.transposed(inverse)]
  }

  func pushforward(_ context: PushforwardContext) -> [Tensor?] {
    [context.tangents[0].map { $0.transposed(permutation) }]
  }
}

/// A regular part of a tensor: `count` elements from `start` in steps of `step`, for every dimension.
struct Slice: Primitive, Hashable {
  static let names = ["slice"]
  let from: Shape
  let starts: [Int]
  let counts: [Int]
  let steps: [Int]

  var offset: Int { zip(starts, from.strides).reduce(0) { $0 + $1.0 * $1.1 } }
  var strides: [Int] { zip(steps, from.strides).map { $0 * $1 } }

  var residuals: Residuals { [] }
  func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    [Kernel.gather(inputs[0], offset: offset, shape: Shape(counts), strides: strides)]
  }
  func pullback(_ context: PullbackContext) -> [Tensor?] { [applyOne(Place(slice: self), [context.cotangent])] }
  func pushforward(_ context: PushforwardContext) -> [Tensor?] { [context.tangents[0].map { applyOne(self, [$0]) }] }
}

/// Zeros of the larger shape with a tensor in the place of a slice: the adjoint of ``Slice``.
struct Place: Primitive {
  static let names = ["place"]
  let slice: Slice

  var residuals: Residuals { [] }
  func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    [Kernel.scatter(inputs[0], into: slice.from, offset: slice.offset, strides: slice.strides)]
  }
  func pullback(_ context: PullbackContext) -> [Tensor?] { [applyOne(slice, [context.cotangent])] }
  func pushforward(_ context: PushforwardContext) -> [Tensor?] { [context.tangents[0].map { applyOne(self, [$0]) }] }
}

/// Tensors joined along an axis.
struct Concatenate: Primitive {
  static let names = ["concatenate"]
  let axis: Int
  let shapes: [Shape]

  var residuals: Residuals { [] }
  func evaluate(_ inputs: [Tensor]) -> [Tensor] { [Kernel.concatenate(inputs, axis: axis)] }

  func pullback(_ context: PullbackContext) -> [Tensor?] {
    var position = 0
    return shapes.indices.map { index in
      defer { position += shapes[index][axis] }
      return context.wants(index)
        ? context.cotangent.slice(axis: axis, from: position, count: shapes[index][axis]) : nil
    }
  }

  func pushforward(_ context: PushforwardContext) -> [Tensor?] {
    [concatenate(zip(context.inputs, context.tangents).map { $1 ?? .zeros(like: $0) }, axis: axis)]
  }
}

/// A sum over a run of neighbouring dimensions, which disappear.
struct Sum: Primitive {
  static let names = ["sum"]
  let from: Shape
  let axes: Range<Int>

  var residuals: Residuals { [] }
  func evaluate(_ inputs: [Tensor]) -> [Tensor] { [Kernel.sum(inputs[0], axes: axes)] }
  func pullback(_ context: PullbackContext) -> [Tensor?] {
    [applyOne(Broadcast(to: from, axes: axes), [context.cotangent])]
  }
  func pushforward(_ context: PushforwardContext) -> [Tensor?] { [context.tangents[0].map { applyOne(self, [$0]) }] }
}

/// A tensor repeated along a run of new dimensions: the adjoint of ``Sum``.
struct Broadcast: Primitive {
  static let names = ["broadcast"]
  let to: Shape
  let axes: Range<Int>

  var residuals: Residuals { [] }
  func evaluate(_ inputs: [Tensor]) -> [Tensor] { [Kernel.broadcast(inputs[0], to: to, axes: axes)] }
  func pullback(_ context: PullbackContext) -> [Tensor?] {
    [applyOne(Sum(from: to, axes: axes), [context.cotangent])]
  }
  func pushforward(_ context: PushforwardContext) -> [Tensor?] { [context.tangents[0].map { applyOne(self, [$0]) }] }
}

extension Tensor {
  /// The same elements in another shape.
  ///
  /// - Precondition: the shape has as many elements.
  public func reshaped(to shape: Shape) -> Tensor {
    shape == self.shape ? self : applyOne(Reshape(from: self.shape, to: shape), [self])
  }

  /// Dimensions in another order: dimension `i` of the result is dimension `permutation[i]` of this tensor.
  public func transposed(_ permutation: [Int]) -> Tensor {
    precondition(permutation.sorted() == Array(shape.indices), "\(permutation) is no order of the dimensions of \(shape)")
    return applyOne(Transpose(permutation: permutation), [self])
  }

  /// A part of one dimension: `count` elements from `start` in steps of `step`.
  public func slice(axis: Int, from start: Int, count: Int, step: Int = 1) -> Tensor {
    precondition(
      start >= 0 && step > 0 && count >= 0 && (count == 0 || start + (count - 1) * step < shape[axis]),
      "\(count) elements from \(start) by \(step) of dimension \(axis) of \(shape)")
    var starts = [Int](repeating: 0, count: rank)
    var counts = shape.array
    var steps = [Int](repeating: 1, count: rank)
    (starts[axis], counts[axis], steps[axis]) = (start, count, step)
    return applyOne(Slice(from: shape, starts: starts, counts: counts, steps: steps), [self])
  }

  /// This tensor at `starts` within zeros of a larger shape.
  public func padded(to shape: Shape, at starts: [Int]) -> Tensor {
    precondition(
      shape.rank == rank && starts.count == rank
        && shape.indices.allSatisfy { starts[$0] >= 0 && starts[$0] + self.shape[$0] <= shape[$0] },
      "\(self.shape) at \(starts) of \(shape)")
    let steps = [Int](repeating: 1, count: rank)
    return applyOne(Place(slice: Slice(from: shape, starts: starts, counts: self.shape.array, steps: steps)), [self])
  }

  /// The sum over some dimensions, which disappear; over all of them by default.
  public func sum(_ axes: [Int]? = nil) -> Tensor {
    var remaining = Set(axes ?? Array(shape.indices))
    var result = self
    // From the innermost outwards, one run of neighbours at a time, so that the remaining numbers stay valid.
    while let last = remaining.max() {
      var first = last
      while remaining.contains(first - 1) { first -= 1 }
      result = applyOne(Sum(from: result.shape, axes: first..<last + 1), [result])
      for axis in first...last { remaining.remove(axis) }
    }
    return result
  }

  /// The mean over some dimensions, which disappear; over all of them by default.
  public func mean(_ axes: [Int]? = nil) -> Tensor {
    let total = sum(axes)
    return total * (Double(max(1, total.count)) / Double(max(1, count)))
  }

  /// This tensor stretched to a shape that it broadcasts to.
  public func broadcast(to shape: Shape) -> Tensor {
    if shape == self.shape { return self }
    precondition(Shape.broadcast(self.shape, shape) == shape, "\(self.shape) does not broadcast to \(shape)")
    let missing = shape.indices.count - rank
    let padded = [Int](repeating: 1, count: missing) + self.shape.array
    let stretched = shape.indices.filter { padded[$0] != shape[$0] }
    var result = reshaped(to: Shape(padded.indices.filter { !stretched.contains($0) }.map { padded[$0] }))
    var extents = result.shape.array
    for axis in stretched {
      extents.insert(shape[axis], at: axis)
      result = applyOne(Broadcast(to: Shape(extents), axes: axis..<axis + 1), [result])
    }
    return result.reshaped(to: shape)
  }

  /// The adjoint of ``broadcast(to:)``: sums over the dimensions along which a tensor of the given shape was stretched.
  public func summed(to target: Shape) -> Tensor {
    if target == shape { return self }
    let missing = rank - target.indices.count
    let stretched = shape.indices.filter { $0 < missing || (target[$0 - missing] == 1 && shape[$0] != 1) }
    return sum(stretched).reshaped(to: target)
  }
}

/// Tensors joined along an axis; the other extents must agree.
public func concatenate(_ tensors: [Tensor], axis: Int) -> Tensor {
  let axis = axis < 0 ? axis + tensors[0].rank : axis
  precondition(
    tensors.allSatisfy { tensor in
      tensor.rank == tensors[0].rank && tensor.elementType == tensors[0].elementType
        && tensor.shape.indices.allSatisfy { $0 == axis || tensor.shape[$0] == tensors[0].shape[$0] }
    }, "\(tensors.map(\.shape)) cannot be joined along dimension \(axis)")
  return tensors.count == 1 ? tensors[0] : applyOne(Concatenate(axis: axis, shapes: tensors.map(\.shape)), tensors)
}
