import CKernels

extension Kernel {
  @inline(never)
  package static func unary(_ operation: ap_unary, _ x: Tensor) -> Tensor {
    let y = Tensor(uninitialized: x.shape, x.elementType)
    let code = Int32(operation.rawValue)
    TaskTeam.forElements(x.count) { part in
      let (from, count) = (part.lowerBound, part.count)
      switch x.elementType {
      case .float32: ap_unary_f32(code, count, x.f32 + from, y.f32 + from)
      case .float64: ap_unary_f64(code, count, x.f64 + from, y.f64 + from)
      }
    }
    return y
  }

  @inline(never)
  package static func affine(_ x: Tensor, scale: Double, shift: Double) -> Tensor {
    let y = Tensor(uninitialized: x.shape, x.elementType)
    switch x.elementType {
    case .float32: ap_affine_f32(x.count, Float(scale), Float(shift), x.f32, y.f32)
    case .float64: ap_affine_f64(x.count, scale, shift, x.f64, y.f64)
    }
    return y
  }

  @inline(never)
  package static func power(_ x: Tensor, _ exponent: Double) -> Tensor {
    let y = Tensor(uninitialized: x.shape, x.elementType)
    switch x.elementType {
    case .float32: ap_power_f32(x.count, Float(exponent), x.f32, y.f32)
    case .float64: ap_power_f64(x.count, exponent, x.f64, y.f64)
    }
    return y
  }

  /// `a op b` with broadcasting.
  @inline(never)
  package static func binary(_ operation: ap_binary, _ a: Tensor, _ b: Tensor) -> Tensor {
    precondition(a.elementType == b.elementType, "\(a.elementType) and \(b.elementType) in one operation")
    let code = Int32(operation.rawValue)
    if a.shape == b.shape {
      let y = Tensor(uninitialized: a.shape, a.elementType)
      TaskTeam.forElements(a.count) { part in
        let (from, count) = (part.lowerBound, part.count)
        switch a.elementType {
        case .float32: ap_binary_f32(code, count, a.f32 + from, b.f32 + from, y.f32 + from)
        case .float64: ap_binary_f64(code, count, a.f64 + from, b.f64 + from, y.f64 + from)
        }
      }
      return y
    }
    guard let shape = Shape.broadcast(a.shape, b.shape) else {
      preconditionFailure("shapes \(a.shape) and \(b.shape) do not broadcast")
    }
    let y = Tensor(uninitialized: shape, a.elementType)
    let plan = BroadcastPlan(shape, a.shape, b.shape)
    plan.forEachBlock { offset, aOffset, bOffset in
      switch a.elementType {
      case .float32:
        ap_binary_strided_f32(
          code, plan.rows, plan.columns, a.f32 + aOffset, plan.aRow, plan.aColumn, b.f32 + bOffset, plan.bRow, plan.bColumn,
          y.f32 + offset)
      case .float64:
        ap_binary_strided_f64(
          code, plan.rows, plan.columns, a.f64 + aOffset, plan.aRow, plan.aColumn, b.f64 + bOffset, plan.bRow, plan.bColumn,
          y.f64 + offset)
      }
    }
    return y
  }

  /// `y + scale * x` for tensors of one shape.
  @inline(never)
  package static func addScaled(_ y: Tensor, _ x: Tensor, scale: Double) -> Tensor {
    precondition(y.shape == x.shape && y.elementType == x.elementType, "\(y.shape) + scale * \(x.shape)")
    let result = Tensor(uninitialized: y.shape, y.elementType)
    switch x.elementType {
    case .float32: ap_add_scaled_f32(x.count, Float(scale), x.f32, y.f32, result.f32)
    case .float64: ap_add_scaled_f64(x.count, scale, x.f64, y.f64, result.f64)
    }
    return result
  }

  /// `sum += x` for tensors of one shape and type.
  ///
  /// - Parameter sum: held only by the caller; see ``Tensor/isExclusive()``.
  @inline(never)
  package static func accumulate(_ x: Tensor, into sum: Tensor) {
    let code = Int32(AP_ADD.rawValue)
    TaskTeam.forElements(x.count) { part in
      let (from, count) = (part.lowerBound, part.count)
      switch x.elementType {
      case .float32: ap_binary_f32(code, count, sum.f32 + from, x.f32 + from, sum.f32 + from)
      case .float64: ap_binary_f64(code, count, sum.f64 + from, x.f64 + from, sum.f64 + from)
      }
    }
  }
}

/// How a broadcast operation is cut into two-dimensional blocks that the C kernel runs.
///
/// Neighbouring dimensions that both operands treat alike are merged first, so that the common cases (a scalar, a row of
/// channels, a column) are one block.
private struct BroadcastPlan {
  var rows = 1
  var columns = 1
  var aRow = 0
  var aColumn = 0
  var bRow = 0
  var bColumn = 0
  private var outer: [(extent: Int, a: Int, b: Int)] = []

  init(_ shape: Shape, _ a: Shape, _ b: Shape) {
    func strides(of operand: Shape) -> [Int] {
      let own = operand.strides
      let missing = Int(shape.rank - operand.rank)
      return shape.indices.map { axis in
        axis < missing || operand[axis - missing] == 1 ? 0 : own[axis - missing]
      }
    }
    let aStrides = strides(of: a)
    let bStrides = strides(of: b)
    var merged: [(extent: Int, a: Int, b: Int)] = []
    for axis in shape.indices where shape[axis] != 1 {
      let next = (extent: shape[axis], a: aStrides[axis], b: bStrides[axis])
      if let last = merged.last, last.a == next.a * next.extent, last.b == next.b * next.extent {
        merged[merged.count - 1] = (last.extent * next.extent, next.a, next.b)
      } else {
        merged.append(next)
      }
    }
    if let last = merged.popLast() { (columns, aColumn, bColumn) = last }
    if let last = merged.popLast() { (rows, aRow, bRow) = last }
    outer = merged
  }

  /// Calls the body with the offsets of every block in the result and the two operands.
  func forEachBlock(_ body: (Int, Int, Int) -> Void) {
    let block = rows * columns
    guard block > 0 else { return }
    let blocks = outer.reduce(1) { $0 * $1.extent }
    for index in 0..<blocks {
      var rest = index
      var aOffset = 0
      var bOffset = 0
      for dimension in outer.reversed() {
        let position = rest % dimension.extent
        rest /= dimension.extent
        aOffset += position * dimension.a
        bOffset += position * dimension.b
      }
      body(index * block, aOffset, bOffset)
    }
  }
}
