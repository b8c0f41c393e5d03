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

/// What a separable convolution reads: `max(x * scale + shift, 0)` where there are scale and shift, otherwise `x`; depthwise, then
/// pointwise weights.
package struct SeparableOperands: Sendable {
  package var x: Tensor
  package var scale: Tensor?
  package var shift: Tensor?
  package var depthwise: Tensor
  /// `[1, 1, cin, cout]`
  package var pointwise: Tensor
  package var window: Window
  /// The input of the images at hand in padded rows, and how many pixels of zeros follow each; see `ap_pad_rows` in kernels.h.
  package var padded: (rows: Tensor, padding: Int)?

  package init(x: Tensor, scale: Tensor?, shift: Tensor?, depthwise: Tensor, pointwise: Tensor, window: Window) {
    self.x = x
    self.scale = scale
    self.shift = shift
    self.depthwise = depthwise
    self.pointwise = pointwise
    self.window = window
  }

  var geometry: ap_window { window.geometry(images: x.shape, outputChannels: pointwise.shape[3]) }

  /// The padding that the kernels want of padded rows; `nil` where they cannot read such.
  package var padding: Int? {
    var g = geometry
    let padding = x.elementType == .float32 ? ap_row_padding_f32(&g) : ap_row_padding_f64(&g)
    return padding < 0 ? nil : Int(padding)
  }

  fileprivate var paddingOfRows: Int32 { Int32(padded?.padding ?? 0) }
}

/// What the backward pass of a separable convolution reads and writes; see `ap_separable_gradient` in kernels.h.
package struct SeparableCotangent: Sendable {
  package var dy: Tensor
  /// The cotangent of the pointwise result is `dy * p + z * q + r`.
  package var coefficients: ColumnCoefficients
  package var z: Tensor
  package var h: Tensor?
  package var dx: Tensor?
  package var addsToInput: Bool
  /// For the sums over dx; only with scale and shift.
  package var centre: Tensor?

  package init(
    dy: Tensor, coefficients: ColumnCoefficients, z: Tensor, h: Tensor?, dx: Tensor?, addsToInput: Bool, centre: Tensor? = nil
  ) {
    self.dy = dy
    self.coefficients = coefficients
    self.z = z
    self.h = h
    self.dx = dx
    self.addsToInput = addsToInput
    self.centre = centre
  }
}

/// `a * p + b * q + r`, column by column.
package struct ColumnCoefficients: Sendable {
  package var p: Tensor
  package var q: Tensor
  package var r: Tensor

  package init(p: Tensor, q: Tensor, r: Tensor) {
    self.p = p
    self.q = q
    self.r = r
  }
}

extension Kernel {
  /// The most channels that the fused kernels handle.
  package static let mostColumns = Int(AP_MOST_COLUMNS)

  /// Some images of `x` in padded rows, normalised and rectified where there are scale and shift.
  @inline(never)
  package static func padRows(_ x: Tensor, scale: Tensor?, shift: Tensor?, padding: Int, images: Range<Int>) -> Tensor {
    let (height, width, c) = (x.shape[1], x.shape[2], x.shape[3])
    let (rows, start) = (images.count * height, images.lowerBound * height * width * c)
    switch x.elementType {
    case .float32:
      let padded = Tensor(uninitialized: [ap_padded_count_f32(rows, width, c, Int32(padding))], .float32)
      ap_pad_rows_f32(rows, width, c, Int32(padding), x.f32 + start, scale?.f32, shift?.f32, padded.f32)
      return padded
    case .float64:
      let padded = Tensor(uninitialized: [ap_padded_count_f64(rows, width, c, Int32(padding))], .float64)
      ap_pad_rows_f64(rows, width, c, Int32(padding), x.f64 + start, scale?.f64, shift?.f64, padded.f64)
      return padded
    }
  }

  /// The images of a group through depthwise and pointwise convolution, with the moments of the result.
  ///
  /// - Parameters:
  ///   - h: gets the depthwise result where it shall be kept.
  ///   - moments: gets mean and sum of squared distances of every output channel, over these images.
  @inline(never)
  package static func separableForward(
    _ s: SeparableOperands, images: Range<Int>, h: Tensor?, z: Tensor, moments: UnsafeMutablePointer<Double>
  ) {
    var g = s.geometry
    let (from, to) = (Int32(images.lowerBound), Int32(images.upperBound))
    switch z.elementType {
    case .float32:
      let scratch = Tensor(
        uninitialized: [ap_separable_scratch_f32(&g, Int32(images.count), s.paddingOfRows)], .float32)
      var c = s.float
      withExtendedLifetime((s, h, scratch)) { ap_separable_forward_f32(&g, from, to, &c, h?.f32, z.f32, moments, scratch.f32) }
    case .float64:
      let scratch = Tensor(
        uninitialized: [ap_separable_scratch_f64(&g, Int32(images.count), s.paddingOfRows)], .float64)
      var c = s.double
      withExtendedLifetime((s, h, scratch)) { ap_separable_forward_f64(&g, from, to, &c, h?.f64, z.f64, moments, scratch.f64) }
    }
  }

  /// The backward pass of a group's images.
  ///
  /// - Parameters:
  ///   - sums: gets the column sums of dx and of dx * (x − centre); only with scale and shift.
  ///   - weights: get the weight gradients over these images.
  @inline(never)
  package static func separableBackward(
    _ s: SeparableOperands, _ d: SeparableCotangent, images: Range<Int>, sums: UnsafeMutablePointer<Double>?,
    weights: (depthwise: Tensor, pointwise: Tensor)?
  ) {
    var g = s.geometry
    let (from, to) = (Int32(images.lowerBound), Int32(images.upperBound))
    let k = d.coefficients
    switch d.dy.elementType {
    case .float32:
      let scratch = Tensor(
        uninitialized: [ap_separable_scratch_f32(&g, Int32(images.count), s.paddingOfRows)], .float32)
      var c = s.float
      var gradient = ap_separable_gradient_float(
        dy: d.dy.f32, p: k.p.f32, q: k.q.f32, r: k.r.f32, z: d.z.f32, h: d.h?.f32, dx: d.dx?.f32, add: d.addsToInput ? 1 : 0,
        centre: d.centre?.f32, sums: sums, depthwise: weights?.depthwise.f32, pointwise: weights?.pointwise.f32)
      withExtendedLifetime((s, d, weights, scratch)) { ap_separable_backward_f32(&g, from, to, &c, &gradient, scratch.f32) }
    case .float64:
      let scratch = Tensor(
        uninitialized: [ap_separable_scratch_f64(&g, Int32(images.count), s.paddingOfRows)], .float64)
      var c = s.double
      var gradient = ap_separable_gradient_double(
        dy: d.dy.f64, p: k.p.f64, q: k.q.f64, r: k.r.f64, z: d.z.f64, h: d.h?.f64, dx: d.dx?.f64, add: d.addsToInput ? 1 : 0,
        centre: d.centre?.f64, sums: sums, depthwise: weights?.depthwise.f64, pointwise: weights?.pointwise.f64)
      withExtendedLifetime((s, d, weights, scratch)) { ap_separable_backward_f64(&g, from, to, &c, &gradient, scratch.f64) }
    }
  }

  /// Mean and sum of squared distances of every channel over the images of a range.
  @inline(never)
  package static func columnMoments(_ x: Tensor, images: Range<Int>, _ moments: UnsafeMutablePointer<Double>) {
    let (start, rows, c) = rows(x, images)
    switch x.elementType {
    case .float32: ap_column_moments_f32(rows, c, x.f32 + start, moments)
    case .float64: ap_column_moments_f64(rows, c, x.f64 + start, moments)
    }
  }

  /// Column sums of `a` and of `a * (b − centre)` over the images of a range.
  @inline(never)
  package static func centredDots(
    _ a: Tensor, _ b: Tensor, centre: Tensor, images: Range<Int>, _ sums: UnsafeMutablePointer<Double>
  ) {
    let (start, rows, c) = rows(a, images)
    switch a.elementType {
    case .float32: ap_centred_dots_f32(rows, c, a.f32 + start, b.f32 + start, centre.f32, sums)
    case .float64: ap_centred_dots_f64(rows, c, a.f64 + start, b.f64 + start, centre.f64, sums)
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
          pointers.initializeElement(at: index, to: UnsafeRawPointer(xs[index].storage.pointer + offset))
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

  /// `out (+)= a * p + b * q + r`, column by column, for the images of a range.
  @inline(never)
  package static func columnPair(
    _ a: Tensor, _ b: Tensor, _ k: ColumnCoefficients, images: Range<Int>, adds: Bool, into out: Tensor
  ) {
    let (start, rows, c) = rows(a, images)
    switch a.elementType {
    case .float32:
      ap_column_pair_f32(
        rows, c, a.f32 + start, b.f32 + start, k.p.f32, k.q.f32, k.r.f32, adds ? 1 : 0, out.f32 + start)
    case .float64:
      ap_column_pair_f64(
        rows, c, a.f64 + start, b.f64 + start, k.p.f64, k.q.f64, k.r.f64, adds ? 1 : 0, out.f64 + start)
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
        ap_axpy_f32(count, Float(scale), x.f32 + start, y.f32 + start)
      } else {
        ap_affine_f32(count, Float(scale), 0, x.f32 + start, y.f32 + start)
      }
    case .float64:
      if adds {
        ap_axpy_f64(count, scale, x.f64 + start, y.f64 + start)
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

extension SeparableOperands {
  fileprivate var float: ap_separable_float {
    ap_separable_float(
      x: x.f32, scale: scale?.f32, shift: shift?.f32, depthwise: depthwise.f32, pointwise: pointwise.f32,
      padded: padded?.rows.f32, padding: paddingOfRows)
  }
  fileprivate var double: ap_separable_double {
    ap_separable_double(
      x: x.f64, scale: scale?.f64, shift: shift?.f64, depthwise: depthwise.f64, pointwise: pointwise.f64,
      padded: padded?.rows.f64, padding: paddingOfRows)
  }
}

extension Tensor {
  /// One of the parts along the outermost axis, sharing nothing: a view for kernels that write it.
  package func part(_ index: Int, shape: Shape) -> Tensor {
    Tensor(
      storage: Storage(part: storage, offset: index * shape.count * elementType.byteCount), shape: shape, elementType: elementType
    )
  }

  /// The elements of a Float64 tensor, for a maker that fills them.
  package var doublesPointer: UnsafeMutablePointer<Double> {
    precondition(elementType == .float64, "doubles of a \(elementType) tensor")
    return f64
  }

  /// A vector of some numbers.
  package init(column values: [Double], _ elementType: ElementType) {
    self.init(uninitialized: [values.count], elementType)
    switch elementType {
    case .float32: for index in values.indices { f32[index] = Float(values[index]) }
    case .float64: for index in values.indices { f64[index] = values[index] }
    }
  }
}
