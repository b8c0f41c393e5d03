import CKernels

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
