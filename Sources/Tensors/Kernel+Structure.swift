import CKernels

extension Kernel {
  /// Sums over one axis, which disappears.
  @inline(never)
  package static func sum(_ x: Tensor, axis: Int) -> Tensor {
    let (outer, middle, inner) = split(x.shape, at: axis)
    var extents = x.shape.array
    extents.remove(at: axis)
    let y = Tensor(uninitialized: Shape(extents), x.elementType)
    switch x.elementType {
    case .float32: ap_sum_f32(outer, middle, inner, x.f32, y.f32)
    case .float64: ap_sum_f64(outer, middle, inner, x.f64, y.f64)
    }
    return y
  }

  /// Sums over a run of neighbouring axes as if they were one; they disappear.
  package static func sum(_ x: Tensor, axes: Range<Int>) -> Tensor {
    guard !axes.isEmpty else { return x.untraced }
    let merged = Shape([
      x.shape.count(in: 0..<axes.lowerBound), x.shape.count(in: axes), x.shape.count(in: axes.upperBound..<x.rank),
    ])
    let summed = sum(reshape(x, merged), axis: 1)
    return reshape(summed, Shape(x.shape.array[..<axes.lowerBound] + x.shape.array[axes.upperBound...]))
  }

  /// Repeats a tensor along a run of new axes: the adjoint of ``sum(_:axes:)``.
  @inline(never)
  package static func broadcast(_ x: Tensor, to shape: Shape, axes: Range<Int>) -> Tensor {
    let y = Tensor(uninitialized: shape, x.elementType)
    let outer = shape.count(in: 0..<axes.lowerBound)
    let middle = shape.count(in: axes)
    let inner = shape.count(in: axes.upperBound..<Int(shape.rank))
    precondition(outer * inner == x.count, "\(x.shape) cannot be repeated to \(shape) along \(axes)")
    switch x.elementType {
    case .float32: ap_broadcast_f32(outer, middle, inner, x.f32, y.f32)
    case .float64: ap_broadcast_f64(outer, middle, inner, x.f64, y.f64)
    }
    return y
  }

  /// The same elements in another shape; shares the buffer.
  package static func reshape(_ x: Tensor, _ shape: Shape) -> Tensor {
    precondition(x.count == shape.count, "\(x.shape) cannot be reshaped to \(shape)")
    return x.viewed(as: shape)
  }

  /// Reads a strided view into a new tensor.
  @inline(never)
  package static func gather(_ x: Tensor, offset: Int, shape: Shape, strides: [Int]) -> Tensor {
    let y = Tensor(uninitialized: shape, x.elementType)
    guard y.count > 0 else { return y }
    forOuterParts(shape) { extents, first in
      let (from, to) = (offset + first * (strides.first ?? 0), first * y.outerStride)
      switch x.elementType {
      case .float32: ap_gather_strided_f32(Int32(extents.count), extents, strides, x.f32 + from, y.f32 + to)
      case .float64: ap_gather_strided_f64(Int32(extents.count), extents, strides, x.f64 + from, y.f64 + to)
      }
    }
    return y
  }

  /// Writes a tensor into a strided view of zeros of the given shape: the adjoint of ``gather(_:offset:shape:strides:)``
  /// for views that meet no element twice.
  @inline(never)
  package static func scatter(_ x: Tensor, into shape: Shape, offset: Int, strides: [Int]) -> Tensor {
    let y = Tensor.zeros(shape, x.elementType)
    guard x.count > 0 else { return y }
    write(x, into: y, offset: offset, strides: strides)
    return y
  }

  private static func write(_ x: Tensor, into y: Tensor, offset: Int, strides: [Int]) {
    forOuterParts(x.shape) { extents, first in
      let (from, to) = (first * x.outerStride, offset + first * (strides.first ?? 0))
      switch x.elementType {
      case .float32: ap_scatter_strided_f32(Int32(extents.count), extents, strides, x.f32 + from, y.f32 + to)
      case .float64: ap_scatter_strided_f64(Int32(extents.count), extents, strides, x.f64 + from, y.f64 + to)
      }
    }
  }

  /// Divides what is copied along its outermost axis among the threads of a task.
  ///
  /// - Parameter body: gets the extents of a part, and its first place along that axis.
  private static func forOuterParts(_ shape: Shape, _ body: @Sendable ([Int32], Int) -> Void) {
    let extents = shape.array.map { Int32($0) }
    guard let outer = extents.first else { return body(extents, 0) }
    TaskTeam.forParts(of: Int(outer), elements: shape.count) { part in
      guard part.count < outer else { return body(extents, 0) }
      body([Int32(part.count)] + extents.dropFirst(), part.lowerBound)
    }
  }

  /// Joins tensors along an axis.
  @inline(never)
  package static func concatenate(_ xs: [Tensor], axis: Int) -> Tensor {
    var shape = xs[0].shape
    shape[axis] = xs.reduce(0) { $0 + $1.shape[axis] }
    let y = Tensor(uninitialized: shape, xs[0].elementType)
    let strides = shape.strides
    var position = 0
    for x in xs {
      if x.count > 0 { write(x, into: y, offset: position * strides[axis], strides: strides) }
      position += x.shape[axis]
    }
    return y
  }
}

extension Tensor {
  /// Elements from one place to the next along the outermost axis.
  fileprivate var outerStride: Int { rank == 0 ? 0 : shape.count(in: 1..<rank) }
}
