import CKernels

/// Tangents of bilinear and nearly bilinear operations in one go: what forward over reverse differentiation spends its time on.
///
/// Each is a sum of terms that are kernels of their own; together they write their result once and need no buffers for the terms.
extension Kernel {
  /// The tangent of `out = r (v − mean(v) − y mean(y v))`, channel by channel, along tangents of y, r and v; `nil` is zero.
  ///
  /// - Parameter out: the value at y, r and v.
  package static func batchNormJacobianTangent(
    y: Tensor, r: Tensor, v: Tensor, out: Tensor, yTangent: Tensor?, rTangent: Tensor?, vTangent: Tensor?
  ) -> Tensor {
    let (channels, type) = (y.shape[-1], y.elementType)
    let rows = Double(max(1, y.count / max(1, channels)))
    let sums = Tensor(uninitialized: [3, 2, channels], .float64)
    let values = sums.doublesPointer
    let zero = Tensor.zeros([3, channels], type)
    func columnSums(_ a: Tensor?, _ b: Tensor?, _ place: Int) {
      if let a, let b {
        Kernel.centredDots(a, b, map: zero, images: 0..<y.shape[0], values + 2 * channels * place)
      } else {
        (values + 2 * channels * place).update(repeating: 0, count: 2 * channels)
      }
    }
    columnSums(vTangent, y, 0)
    columnSums(yTangent == nil ? nil : v, y, 1)
    columnSums(v, yTangent, 2)

    let terms = [vTangent, yTangent, rTangent == nil ? nil : out].compactMap { $0 } + [y]
    let coefficients = Tensor(uninitialized: [terms.count, channels], type)
    let constant = Tensor(uninitialized: [channels], type)
    for channel in 0..<channels {
      let scale = r.element(channel)
      func sum(_ place: Int, _ row: Int) -> Double { values[(2 * place + row) * channels + channel] / rows }
      var next = channel
      func add(_ value: Double) {
        coefficients.setElement(next, value)
        next += channels
      }
      if vTangent != nil { add(scale) }
      if yTangent != nil { add(-scale * sum(1, 1)) }
      if let rTangent { add(rTangent.element(channel) / scale) }
      add(-scale * (sum(0, 1) + sum(2, 1)))
      constant.setElement(channel, -scale * sum(0, 0))
    }
    let result = Tensor(uninitialized: y.shape, type)
    Kernel.columnMixture(terms, coefficients: coefficients, constant: constant, images: 0..<y.shape[0], into: result)
    withExtendedLifetime(sums) {}
    return result
  }

  /// `x₁ * w₁ + x₂ * w₂`, two convolutions by one window.
  package static func convolutionSum(
    _ x: (Tensor, Tensor), _ w: (Tensor, Tensor), _ window: Window, depthwise: Bool
  ) -> Tensor {
    let channels = w.0.shape[-1]
    let y = Tensor(uninitialized: window.outputShape(images: x.0.shape, outputChannels: channels), x.0.elementType)
    convolutionSum(x, w, window.geometry(images: x.0.shape, outputChannels: channels), depthwise, gradient: false, into: y)
    return y
  }

  /// The sum of two input gradients of convolutions by one window.
  package static func convolutionInputGradientSum(
    _ dy: (Tensor, Tensor), _ w: (Tensor, Tensor), _ window: Window, inputShape: Shape, depthwise: Bool
  ) -> Tensor {
    let dx = Tensor(uninitialized: inputShape, dy.0.elementType)
    let channels = depthwise ? inputShape[3] : w.0.shape[3]
    convolutionSum(dy, w, window.geometry(images: inputShape, outputChannels: channels), depthwise, gradient: true, into: dx)
    return dx
  }

  @inline(never)
  private static func convolutionSum(
    _ x: (Tensor, Tensor), _ w: (Tensor, Tensor), _ geometry: ap_window, _ depthwise: Bool, gradient: Bool, into y: Tensor
  ) {
    let (a, b) = (x.0, x.1)
    var g = geometry
    let (depthwise, gradient): (Int32, Int32) = (depthwise ? 1 : 0, gradient ? 1 : 0)
    switch y.elementType {
    case .float32:
      let scratch = Tensor(uninitialized: [ap_convolution_sum_scratch_f32(&g, depthwise)], .float32)
      withExtendedLifetime(scratch) {
        ap_convolution_sum_f32(&g, depthwise, gradient, a.f32, w.0.f32, b.f32, w.1.f32, y.f32, scratch.f32)
      }
    case .float64:
      let scratch = Tensor(uninitialized: [ap_convolution_sum_scratch_f64(&g, depthwise)], .float64)
      withExtendedLifetime(scratch) {
        ap_convolution_sum_f64(&g, depthwise, gradient, a.f64, w.0.f64, b.f64, w.1.f64, y.f64, scratch.f64)
      }
    }
  }
}
