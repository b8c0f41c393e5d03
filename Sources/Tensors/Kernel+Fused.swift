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

/// What a separable convolution reads: `max(x * gain + shift, 0)` where there is a map, otherwise `x`; depthwise, then pointwise weights.
///
/// A class, because forward and backward pass hand it from one to the other: with small images, counting references of four tensors
/// each time would cost more than the arithmetic.
package final class SeparableOperands: Sendable {
  package let x: Tensor
  /// Gain and shift of every channel, the first two rows.
  package let map: Tensor?
  package let depthwise: Tensor
  /// `[1, 1, cin, cout]`
  package let pointwise: Tensor
  /// The result's shape.
  package let outputShape: Shape
  /// The padding that the kernels want of padded rows; `nil` if they cannot read such.
  package let padding: Int?
  fileprivate let geometry: ap_window

  package init(x: Tensor, map: Tensor?, depthwise: Tensor, pointwise: Tensor, window: Window) {
    self.x = x
    self.map = map
    self.depthwise = depthwise
    self.pointwise = pointwise
    outputShape = window.outputShape(images: x.shape, outputChannels: pointwise.shape[3])
    var geometry = window.geometry(images: x.shape, outputChannels: pointwise.shape[3])
    let padding = x.elementType == .float32 ? ap_row_padding_f32(&geometry) : ap_row_padding_f64(&geometry)
    self.padding = padding < 0 ? nil : Int(padding)
    self.geometry = geometry
  }
}

/// Some images in padded rows, see `ap_pad_rows` in kernels.h.
package struct PaddedRows: Sendable {
  let rows: Tensor
  let padding: Int32
}

/// How the input of separable convolutions gets into padded rows.
package struct RowPadding: Sendable {
  private let operands: SeparableOperands
  package let padding: Int

  package init(_ operands: SeparableOperands, _ padding: Int) {
    self.operands = operands
    self.padding = padding
  }

  /// The images of a range.
  package func rows(_ images: Range<Int>) -> PaddedRows {
    let (x, map) = (operands.x, operands.map)
    let (height, width, c) = (x.shape[1], x.shape[2], x.shape[3])
    let (rows, start, pad) = (images.count * height, images.lowerBound * height * width * c, Int32(padding))
    let padded: Tensor
    switch x.elementType {
    case .float32:
      padded = Tensor(uninitialized: [ap_padded_count_f32(rows, width, c, pad)], .float32)
      ap_pad_rows_f32(rows, width, c, pad, x.f32 + start, map?.f32, map.map { $0.f32 + c }, padded.f32)
    case .float64:
      padded = Tensor(uninitialized: [ap_padded_count_f64(rows, width, c, pad)], .float64)
      ap_pad_rows_f64(rows, width, c, pad, x.f64 + start, map?.f64, map.map { $0.f64 + c }, padded.f64)
    }
    return PaddedRows(rows: padded, padding: pad)
  }
}

/// What the backward pass of a separable convolution reads and writes; see `ap_separable_gradient` in kernels.h.
package final class SeparableCotangent: Sendable {
  package let dy: Tensor
  /// The cotangent of the pointwise result is `dy * p + z * q + r`, with the rows p, q and r.
  package let coefficients: Tensor
  package let z: Tensor
  package let h: Tensor?
  package let dx: Tensor?
  package let addsToInput: Bool
  /// The norm's map before the block, whose third row is the centre of the sums over dx.
  package let map: Tensor?

  package init(
    dy: Tensor, coefficients: Tensor, z: Tensor, h: Tensor?, dx: Tensor?, addsToInput: Bool, map: Tensor?
  ) {
    self.dy = dy
    self.coefficients = coefficients
    self.z = z
    self.h = h
    self.dx = dx
    self.addsToInput = addsToInput
    self.map = map
  }
}

/// The weight gradients of a separable convolution, group by group.
package struct WeightParts: Sendable {
  let depthwise: Tensor
  let pointwise: Tensor
  private let shapes: (depthwise: Shape, pointwise: Shape)
  private let isWhole: Bool

  package init(_ operands: SeparableOperands, groups: Int) {
    shapes = (operands.depthwise.shape, operands.pointwise.shape)
    let type = operands.x.elementType
    // One part is the gradient already.
    depthwise = Tensor(uninitialized: groups == 1 ? shapes.depthwise : [groups, shapes.depthwise.count], type)
    pointwise = Tensor(uninitialized: groups == 1 ? shapes.pointwise : [groups, shapes.pointwise.count], type)
    isWhole = groups == 1
  }

  package var depthwiseGradient: Tensor { isWhole ? depthwise : Kernel.sumOfParts(depthwise, shape: shapes.depthwise) }
  package var pointwiseGradient: Tensor { isWhole ? pointwise : Kernel.sumOfParts(pointwise, shape: shapes.pointwise) }
}

extension Kernel {
  /// The most channels that the fused kernels handle.
  package static let mostColumns = Int(AP_MOST_COLUMNS)

  /// The images of a group through depthwise and pointwise convolution, with the moments of the result.
  ///
  /// - Parameters:
  ///   - padded: the input of these images in padded rows.
  ///   - h: gets the depthwise result where it shall be kept.
  ///   - moments: gets mean and sum of squared distances of every output channel, over these images.
  @inline(never)
  package static func separableForward(
    _ s: SeparableOperands, _ padded: PaddedRows?, images: Range<Int>, h: Tensor?, z: Tensor,
    moments: UnsafeMutablePointer<Double>
  ) {
    var g = s.geometry
    let (from, to) = (Int32(images.lowerBound), Int32(images.upperBound))
    let padding = padded?.padding ?? 0
    switch z.elementType {
    case .float32:
      let scratch = Kernel.scratch(ap_separable_scratch_f32(&g, to - from, padding), Float.self)
      var c = s.float(padded)
      ap_separable_forward_f32(&g, from, to, &c, h?.f32, z.f32, moments, scratch)
    case .float64:
      let scratch = Kernel.scratch(ap_separable_scratch_f64(&g, to - from, padding), Double.self)
      var c = s.double(padded)
      ap_separable_forward_f64(&g, from, to, &c, h?.f64, z.f64, moments, scratch)
    }
  }

  /// The backward pass of a group's images.
  ///
  /// - Parameters:
  ///   - sums: gets the column sums of dx and of dx * (x − centre); only where there is a map.
  ///   - weights: the parts of the group get the weight gradients over these images.
  @inline(never)
  package static func separableBackward(
    _ s: SeparableOperands, _ padded: PaddedRows?, _ d: SeparableCotangent, images: Range<Int>,
    sums: UnsafeMutablePointer<Double>?, weights: WeightParts?, group: Int
  ) {
    var g = s.geometry
    let (from, to) = (Int32(images.lowerBound), Int32(images.upperBound))
    let padding = padded?.padding ?? 0
    let (cin, cout) = (s.x.shape[3], d.z.shape[3])
    let (spread, mixed) = (group * s.depthwise.count, group * s.pointwise.count)
    switch d.dy.elementType {
    case .float32:
      let scratch = Kernel.scratch(ap_separable_scratch_f32(&g, to - from, padding), Float.self)
      var c = s.float(padded)
      let k = d.coefficients.f32
      var gradient = ap_separable_gradient_float(
        dy: d.dy.f32, p: k, q: k + cout, r: k + 2 * cout, z: d.z.f32, h: d.h?.f32, dx: d.dx?.f32, add: d.addsToInput ? 1 : 0,
        centre: d.map.map { $0.f32 + 2 * cin }, sums: sums, depthwise: weights.map { $0.depthwise.f32 + spread },
        pointwise: weights.map { $0.pointwise.f32 + mixed })
      ap_separable_backward_f32(&g, from, to, &c, &gradient, scratch)
    case .float64:
      let scratch = Kernel.scratch(ap_separable_scratch_f64(&g, to - from, padding), Double.self)
      var c = s.double(padded)
      let k = d.coefficients.f64
      var gradient = ap_separable_gradient_double(
        dy: d.dy.f64, p: k, q: k + cout, r: k + 2 * cout, z: d.z.f64, h: d.h?.f64, dx: d.dx?.f64, add: d.addsToInput ? 1 : 0,
        centre: d.map.map { $0.f64 + 2 * cin }, sums: sums, depthwise: weights.map { $0.depthwise.f64 + spread },
        pointwise: weights.map { $0.pointwise.f64 + mixed })
      ap_separable_backward_f64(&g, from, to, &c, &gradient, scratch)
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

extension SeparableOperands {
  fileprivate func float(_ rows: PaddedRows?) -> ap_separable_float {
    ap_separable_float(
      x: x.f32, scale: map?.f32, shift: map.map { $0.f32 + x.shape[3] }, depthwise: depthwise.f32, pointwise: pointwise.f32,
      padded: rows?.rows.f32, padding: rows?.padding ?? 0)
  }

  fileprivate func double(_ rows: PaddedRows?) -> ap_separable_double {
    ap_separable_double(
      x: x.f64, scale: map?.f64, shift: map.map { $0.f64 + x.shape[3] }, depthwise: depthwise.f64, pointwise: pointwise.f64,
      padded: rows?.rows.f64, padding: rows?.padding ?? 0)
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
