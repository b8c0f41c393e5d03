import CKernels

/// The images of a batch in the pieces in which fused kernels handle them: small enough for the second cache, and the same whatever
/// the number of threads, so that partial sums are the same as well.
package struct ImageGroups: Sendable {
  /// Images in all.
  package let images: Int
  /// Images a group; the last one may have fewer.
  package let size: Int

  /// - Parameter elements: of the largest array that an image has on the way.
  package init(images: Int, elementsPerImage elements: Int) {
    self.images = images
    size = max(1, Self.target / max(1, elements))
  }

  /// Elements a group should have: one image of 28×28×16.
  private static let target = 12_544

  package var count: Int { (images + size - 1) / size }

  package func range(_ group: Int) -> Range<Int> { group * size..<min(images, (group + 1) * size) }
}

extension Kernel {
  /// The most channels that the fused kernels handle.
  package static let mostColumns = Int(AP_MOST_COLUMNS)

  /// Mean and sum of squared distances of every channel over the images of a range.
  @inline(never)
  package static func columnMoments(_ x: Tensor, images: Range<Int>, _ moments: UnsafeMutablePointer<Double>) {
    let (start, rows, c) = rows(x, images)
    switch x.elementType {
    case .float32: ap_column_moments_f32(rows, c, x.f32 + start, moments)
    case .float64: ap_column_moments_f64(rows, c, x.f64 + start, moments)
    }
  }

  /// Column sums of `a` and of `a * (b − centre)` over the images of a range; the centre is the third row of a norm's map.
  @inline(never)
  package static func centredDots(
    _ a: Tensor, _ b: Tensor, map: Tensor, images: Range<Int>, _ sums: UnsafeMutablePointer<Double>
  ) {
    let (start, rows, c) = rows(a, images)
    switch a.elementType {
    case .float32: ap_centred_dots_f32(rows, c, a.f32 + start, b.f32 + start, map.f32 + 2 * c, sums)
    case .float64: ap_centred_dots_f64(rows, c, a.f64 + start, b.f64 + start, map.f64 + 2 * c, sums)
    }
  }

  /// `y = constant + Σ coefficients[i] * xs[i]`, column by column, for the images of a range.
  @inline(never)
  package static func columnMixture(
    _ xs: [Tensor], coefficients: Tensor, constant: Tensor, images: Range<Int>, into y: Tensor
  ) {
    let (start, rows, c) = rows(y, images)
    withExtendedLifetime(xs) {
      withUnsafeTemporaryAllocation(of: UnsafeRawPointer?.self, capacity: max(1, xs.count)) { pointers in
        let offset = start * y.elementType.byteCount
        for index in xs.indices {
          pointers.initializeElement(at: index, to: UnsafeRawPointer(xs[index].pointer + offset))
        }
        switch y.elementType {
        case .float32:
          pointers.withMemoryRebound(to: UnsafePointer<Float>?.self) {
            ap_column_mixture_f32(xs.count, rows, c, coefficients.f32, constant.f32, $0.baseAddress, y.f32 + start)
          }
        case .float64:
          pointers.withMemoryRebound(to: UnsafePointer<Double>?.self) {
            ap_column_mixture_f64(xs.count, rows, c, coefficients.f64, constant.f64, $0.baseAddress, y.f64 + start)
          }
        }
      }
    }
  }

  /// `out (+)= a * p + b * q + r`, column by column, for the images of a range; p, q and r are rows.
  @inline(never)
  package static func columnPair(
    _ a: Tensor, _ b: Tensor, _ coefficients: Tensor, images: Range<Int>, adds: Bool, into out: Tensor
  ) {
    let (start, rows, c) = rows(a, images)
    switch a.elementType {
    case .float32:
      let k = coefficients.f32
      ap_column_pair_f32(
        rows, c, a.f32 + start, b.f32 + start, k, k + c, k + 2 * c, adds ? 1 : 0, out.f32 + start)
    case .float64:
      let k = coefficients.f64
      ap_column_pair_f64(
        rows, c, a.f64 + start, b.f64 + start, k, k + c, k + 2 * c, adds ? 1 : 0, out.f64 + start)
    }
  }

  /// `y (+)= scale * x` for the images of a range.
  @inline(never)
  package static func scale(_ x: Tensor, by scale: Double, images: Range<Int>, adds: Bool, into y: Tensor) {
    let image = x.shape[0] == 0 ? 0 : x.count / x.shape[0]
    let (start, count) = (images.lowerBound * image, images.count * image)
    switch x.elementType {
    case .float32:
      if adds {
        ap_add_scaled_f32(count, Float(scale), x.f32 + start, y.f32 + start, y.f32 + start)
      } else {
        ap_affine_f32(count, Float(scale), 0, x.f32 + start, y.f32 + start)
      }
    case .float64:
      if adds {
        ap_add_scaled_f64(count, scale, x.f64 + start, y.f64 + start, y.f64 + start)
      } else {
        ap_affine_f64(count, scale, 0, x.f64 + start, y.f64 + start)
      }
    }
  }

  /// The inner product of two tensors over the images of a range.
  @inline(never)
  package static func dot(_ a: Tensor, _ b: Tensor, images: Range<Int>) -> Double {
    let image = a.shape[0] == 0 ? 0 : a.count / a.shape[0]
    let (start, count) = (images.lowerBound * image, images.count * image)
    switch a.elementType {
    case .float32: return Double(ap_dot_f32(count, a.f32 + start, b.f32 + start))
    case .float64: return ap_dot_f64(count, a.f64 + start, b.f64 + start)
    }
  }

  /// The sum over the outermost axis, in its order and in Float64.
  @inline(never)
  package static func sumOfParts(_ parts: Tensor, shape: Shape) -> Tensor {
    let sum = Tensor(uninitialized: shape, parts.elementType)
    switch parts.elementType {
    case .float32: ap_sum_f32(1, parts.shape[0], shape.count, parts.f32, sum.f32)
    case .float64: ap_sum_f64(1, parts.shape[0], shape.count, parts.f64, sum.f64)
    }
    return sum
  }

  /// The first element, the rows and the columns of some images.
  private static func rows(_ x: Tensor, _ images: Range<Int>) -> (start: Int, rows: Int, columns: Int) {
    let columns = x.shape[-1]
    let image = x.shape[0] == 0 ? 0 : x.count / x.shape[0]
    return (images.lowerBound * image, columns == 0 ? 0 : images.count * image / columns, columns)
  }
}

extension Tensor {
  /// The elements of a Float64 tensor, for a maker that fills them.
  package var doublesPointer: UnsafeMutablePointer<Double> {
    precondition(elementType == .float64, "doubles of a \(elementType) tensor")
    return f64
  }

  /// An element by its place in row-major order.
  package func element(_ index: Int) -> Double { elementType == .float32 ? Double(f32[index]) : f64[index] }

  /// Writes an element of a tensor that only its creator holds.
  package func setElement(_ index: Int, _ value: Double) {
    switch elementType {
    case .float32: f32[index] = Float(value)
    case .float64: f64[index] = value
    }
  }

  /// Writes some elements of a tensor that only its creator holds, starting at a position.
  package func setElements(from first: Int, _ values: UnsafePointer<Double>, count: Int) {
    switch elementType {
    case .float32:
      let place = f32 + first
      for index in 0..<count { place[index] = Float(values[index]) }
    case .float64: (f64 + first).update(from: values, count: count)
    }
  }
}
