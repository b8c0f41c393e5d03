import CKernels

extension Kernel {
  /// The matrix product of two rank-2 tensors, either one transposed first.
  @inline(never)
  package static func matmul(_ a: Tensor, transposeA: Bool, _ b: Tensor, transposeB: Bool) -> Tensor {
    let (m, k) = transposeA ? (a.shape[1], a.shape[0]) : (a.shape[0], a.shape[1])
    let (inner, n) = transposeB ? (b.shape[1], b.shape[0]) : (b.shape[0], b.shape[1])
    precondition(a.rank == 2 && b.rank == 2 && k == inner, "matrix product of \(a.shape) and \(b.shape)")
    precondition(a.elementType == b.elementType, "\(a.elementType) and \(b.elementType) in one operation")
    let c = Tensor(uninitialized: [m, n], a.elementType)
    switch a.elementType {
    case .float32: ap_gemm_f32(transposeA ? 1 : 0, transposeB ? 1 : 0, m, n, k, a.f32, b.f32, c.f32)
    case .float64: ap_gemm_f64(transposeA ? 1 : 0, transposeB ? 1 : 0, m, n, k, a.f64, b.f64, c.f64)
    }
    return c
  }

  /// `Σ weights[i] * xs[i]`.
  @inline(never)
  package static func linearCombination(_ weights: Tensor, _ xs: [Tensor]) -> Tensor {
    let y = Tensor(uninitialized: xs[0].shape, xs[0].elementType)
    withPointers(xs) { pointers in
      switch y.elementType {
      case .float32:
        pointers.withMemoryRebound(to: UnsafePointer<Float>?.self) {
          ap_linear_combination_f32(xs.count, y.count, weights.f32, $0.baseAddress, y.f32)
        }
      case .float64:
        pointers.withMemoryRebound(to: UnsafePointer<Double>?.self) {
          ap_linear_combination_f64(xs.count, y.count, weights.f64, $0.baseAddress, y.f64)
        }
      }
    }
    return y
  }

  /// The sum of tensors of one shape, added up in their order.
  package static func sum(_ xs: [Tensor]) -> Tensor { linearCombination(.ones([xs.count], xs[0].elementType), xs) }

  /// The inner products of `g` with each of `xs`, as a vector.
  @inline(never)
  package static func dots(_ g: Tensor, _ xs: [Tensor]) -> Tensor {
    let y = Tensor(uninitialized: [xs.count], g.elementType)
    withPointers(xs) { pointers in
      switch g.elementType {
      case .float32:
        pointers.withMemoryRebound(to: UnsafePointer<Float>?.self) {
          ap_dots_f32(xs.count, g.count, g.f32, $0.baseAddress, y.f32)
        }
      case .float64:
        pointers.withMemoryRebound(to: UnsafePointer<Double>?.self) {
          ap_dots_f64(xs.count, g.count, g.f64, $0.baseAddress, y.f64)
        }
      }
    }
    return y
  }

  private static func withPointers(_ xs: [Tensor], _ body: (UnsafeMutableBufferPointer<UnsafeRawPointer?>) -> Void) {
    withExtendedLifetime(xs) {
      withUnsafeTemporaryAllocation(of: UnsafeRawPointer?.self, capacity: xs.count) { pointers in
        for index in xs.indices { pointers.initializeElement(at: index, to: UnsafeRawPointer(xs[index].pointer)) }
        body(pointers)
      }
    }
  }

  @inline(never)
  package static func softmax(_ x: Tensor) -> Tensor {
    let y = Tensor(uninitialized: x.shape, x.elementType)
    let columns = x.shape[-1]
    let rows = columns == 0 ? 0 : x.count / columns
    switch x.elementType {
    case .float32: ap_softmax_f32(rows, columns, x.f32, y.f32)
    case .float64: ap_softmax_f64(rows, columns, x.f64, y.f64)
    }
    return y
  }

  @inline(never)
  package static func logSoftmax(_ x: Tensor) -> Tensor {
    let y = Tensor(uninitialized: x.shape, x.elementType)
    let columns = x.shape[-1]
    let rows = columns == 0 ? 0 : x.count / columns
    switch x.elementType {
    case .float32: ap_log_softmax_f32(rows, columns, x.f32, y.f32)
    case .float64: ap_log_softmax_f64(rows, columns, x.f64, y.f64)
    }
    return y
  }
}
