import CKernels

/// Where the outputs of a max pooling came from; one 32-bit position in its image per output element.
package final class PoolIndices: Sendable {
  private let storage: Storage
  package let count: Int

  init(count: Int) {
    self.count = count
    storage = Storage(byteCount: count * 4)
  }

  var pointer: UnsafeMutablePointer<Int32> { storage.pointer.assumingMemoryBound(to: Int32.self) }
}

extension Kernel {
  // MARK: Dense convolution; x [n, h, w, cin], w [kh, kw, cin, cout]

  @inline(never)
  package static func conv2D(_ x: Tensor, _ w: Tensor, _ window: Window) -> Tensor {
    precondition(w.rank == 4 && w.shape[2] == x.shape[3], "convolution of \(x.shape) with weights \(w.shape)")
    let g = window.geometry(images: x.shape, outputChannels: w.shape[3])
    let y = Tensor(uninitialized: window.outputShape(images: x.shape, outputChannels: w.shape[3]), x.elementType)
    forImages(g, x.elementType, multiplyAdds: y.count * w.count / max(1, w.shape[3])) { part, from, to in
      var part = part
      switch x.elementType {
      case .float32:
        let scratch = Tensor(uninitialized: [ap_conv2d_scratch_f32(&part)], .float32)
        withExtendedLifetime(scratch) { ap_conv2d_f32(&part, x.f32 + from, w.f32, y.f32 + to, scratch.f32) }
      case .float64:
        let scratch = Tensor(uninitialized: [ap_conv2d_scratch_f64(&part)], .float64)
        withExtendedLifetime(scratch) { ap_conv2d_f64(&part, x.f64 + from, w.f64, y.f64 + to, scratch.f64) }
      }
    }
    return y
  }

  @inline(never)
  package static func conv2DInputGradient(_ dy: Tensor, _ w: Tensor, _ window: Window, inputShape: Shape) -> Tensor {
    let g = window.geometry(images: inputShape, outputChannels: w.shape[3])
    let dx = Tensor(uninitialized: inputShape, dy.elementType)
    forImages(g, dy.elementType, multiplyAdds: dy.count * w.count / max(1, w.shape[3])) { part, from, to in
      var part = part
      switch dy.elementType {
      case .float32:
        let scratch = Tensor(uninitialized: [ap_conv2d_scratch_f32(&part)], .float32)
        withExtendedLifetime(scratch) { ap_conv2d_input_gradient_f32(&part, dy.f32 + to, w.f32, dx.f32 + from, scratch.f32) }
      case .float64:
        let scratch = Tensor(uninitialized: [ap_conv2d_scratch_f64(&part)], .float64)
        withExtendedLifetime(scratch) { ap_conv2d_input_gradient_f64(&part, dy.f64 + to, w.f64, dx.f64 + from, scratch.f64) }
      }
    }
    return dx
  }

  /// Divides a convolution's images among the threads of a task, where an image's result does not depend on the images beside it.
  ///
  /// - Parameter body: gets the window of some images, and their first elements in the input and in the output.
  private static func forImages(
    _ g: ap_window, _ type: ElementType, multiplyAdds: Int, _ body: @Sendable (ap_window, Int, Int) -> Void
  ) {
    var whole = g
    let isByImage = type == .float32 ? ap_conv2d_by_image_f32(&whole) : ap_conv2d_by_image_f64(&whole)
    guard isByImage != 0 else { return body(g, 0, 0) }
    if g.kh == 1 && g.kw == 1 && g.stride == 1 && g.padding == 0 {  // every row of pixels is an image as good as any
      whole.n *= whole.h
      (whole.h, whole.oh) = (1, 1)
    }
    // One vector of products takes about as long as reading and writing an element.
    let all = whole
    TaskTeam.forParts(of: Int(all.n), elements: multiplyAdds / 16) { images in
      let (part, from, to) = all.images(images)
      body(part, from, to)
    }
  }

  @inline(never)
  package static func conv2DWeightGradient(_ x: Tensor, _ dy: Tensor, _ window: Window) -> Tensor {
    let g = window.geometry(images: x.shape, outputChannels: dy.shape[3])
    let shape: Shape = [window.kernelHeight, window.kernelWidth, x.shape[3], dy.shape[3]]
    let groups = weightGradientGroups(x, dy, weights: shape.count)
    guard groups > 1 else {
      let dw = Tensor(uninitialized: shape, dy.elementType)
      conv2DWeightGradient(g, x, dy, into: dw, at: 0)
      return dw
    }
    let parts = Tensor(uninitialized: [groups, shape.count], dy.elementType)
    TaskTeam.forEach(groups) { group in
      let images = group * x.shape[0] / groups..<(group + 1) * x.shape[0] / groups
      conv2DWeightGradient(g, x, dy, images: images, into: parts, at: group * shape.count)
    }
    return sumOfParts(parts, shape: shape)
  }

  /// Into how many groups of images a weight gradient is divided: as many for any number of threads, so that it is the same sum. One
  /// where the groups' own gradients would be much to add up.
  private static func weightGradientGroups(_ x: Tensor, _ dy: Tensor, weights: Int) -> Int {
    let most = min(8, x.shape[0])
    return most > 1 && (x.count + dy.count) / most >= 16 * weights && x.count + dy.count >= 1 << 17 ? most : 1
  }

  private static func conv2DWeightGradient(
    _ g: ap_window, _ x: Tensor, _ dy: Tensor, images: Range<Int>? = nil, into dw: Tensor, at place: Int
  ) {
    var (part, from, to) = g.images(images ?? 0..<x.shape[0])
    switch dy.elementType {
    case .float32:
      let scratch = Tensor(uninitialized: [ap_conv2d_scratch_f32(&part)], .float32)
      withExtendedLifetime(scratch) {
        ap_conv2d_weight_gradient_f32(&part, x.f32 + from, dy.f32 + to, dw.f32 + place, scratch.f32)
      }
    case .float64:
      let scratch = Tensor(uninitialized: [ap_conv2d_scratch_f64(&part)], .float64)
      withExtendedLifetime(scratch) {
        ap_conv2d_weight_gradient_f64(&part, x.f64 + from, dy.f64 + to, dw.f64 + place, scratch.f64)
      }
    }
  }

  // MARK: Depthwise convolution; w [kh, kw, c]

  @inline(never)
  package static func depthwise(_ x: Tensor, _ w: Tensor, _ window: Window) -> Tensor {
    precondition(w.rank == 3 && w.shape[2] == x.shape[3], "depthwise convolution of \(x.shape) with weights \(w.shape)")
    var g = window.geometry(images: x.shape, outputChannels: x.shape[3])
    let y = Tensor(uninitialized: window.outputShape(images: x.shape, outputChannels: x.shape[3]), x.elementType)
    switch x.elementType {
    case .float32: ap_depthwise_f32(&g, x.f32, w.f32, y.f32)
    case .float64: ap_depthwise_f64(&g, x.f64, w.f64, y.f64)
    }
    return y
  }

  @inline(never)
  package static func depthwiseInputGradient(_ dy: Tensor, _ w: Tensor, _ window: Window, inputShape: Shape) -> Tensor {
    var g = window.geometry(images: inputShape, outputChannels: inputShape[3])
    let dx = Tensor(uninitialized: inputShape, dy.elementType)
    switch dy.elementType {
    case .float32: ap_depthwise_input_gradient_f32(&g, dy.f32, w.f32, dx.f32)
    case .float64: ap_depthwise_input_gradient_f64(&g, dy.f64, w.f64, dx.f64)
    }
    return dx
  }

  @inline(never)
  package static func depthwiseWeightGradient(_ x: Tensor, _ dy: Tensor, _ window: Window) -> Tensor {
    var g = window.geometry(images: x.shape, outputChannels: x.shape[3])
    let dw = Tensor(uninitialized: [window.kernelHeight, window.kernelWidth, x.shape[3]], dy.elementType)
    switch dy.elementType {
    case .float32: ap_depthwise_weight_gradient_f32(&g, x.f32, dy.f32, dw.f32)
    case .float64: ap_depthwise_weight_gradient_f64(&g, x.f64, dy.f64, dw.f64)
    }
    return dw
  }

  // MARK: Pooling; images are divided among the threads of a task

  @inline(never)
  package static func maxPool(_ x: Tensor, _ window: Window) -> (Tensor, PoolIndices) {
    let g = window.geometry(images: x.shape, outputChannels: x.shape[3])
    let y = Tensor(uninitialized: window.outputShape(images: x.shape, outputChannels: x.shape[3]), x.elementType)
    let indices = PoolIndices(count: y.count)
    TaskTeam.forParts(of: x.shape[0], elements: x.count) { images in
      var (part, from, to) = g.images(images)
      switch x.elementType {
      case .float32: ap_max_pool_f32(&part, x.f32 + from, y.f32 + to, indices.pointer + to)
      case .float64: ap_max_pool_f64(&part, x.f64 + from, y.f64 + to, indices.pointer + to)
      }
    }
    return (y, indices)
  }

  @inline(never)
  package static func poolGather(_ x: Tensor, _ indices: PoolIndices, _ window: Window) -> Tensor {
    let g = window.geometry(images: x.shape, outputChannels: x.shape[3])
    let y = Tensor(uninitialized: window.outputShape(images: x.shape, outputChannels: x.shape[3]), x.elementType)
    TaskTeam.forParts(of: x.shape[0], elements: x.count) { images in
      var (part, from, to) = g.images(images)
      switch x.elementType {
      case .float32: ap_pool_gather_f32(&part, indices.pointer + to, x.f32 + from, y.f32 + to)
      case .float64: ap_pool_gather_f64(&part, indices.pointer + to, x.f64 + from, y.f64 + to)
      }
    }
    return y
  }

  @inline(never)
  package static func poolScatter(_ dy: Tensor, _ indices: PoolIndices, _ window: Window, inputShape: Shape) -> Tensor {
    let g = window.geometry(images: inputShape, outputChannels: inputShape[3])
    let dx = Tensor(uninitialized: inputShape, dy.elementType)
    TaskTeam.forParts(of: inputShape[0], elements: dx.count) { images in
      var (part, from, to) = g.images(images)
      switch dy.elementType {
      case .float32: ap_pool_scatter_f32(&part, indices.pointer + to, dy.f32 + to, dx.f32 + from)
      case .float64: ap_pool_scatter_f64(&part, indices.pointer + to, dy.f64 + to, dx.f64 + from)
      }
    }
    return dx
  }

  @inline(never)
  package static func averagePool(_ x: Tensor, _ window: Window) -> Tensor {
    let g = window.geometry(images: x.shape, outputChannels: x.shape[3])
    let y = Tensor(uninitialized: window.outputShape(images: x.shape, outputChannels: x.shape[3]), x.elementType)
    TaskTeam.forParts(of: x.shape[0], elements: x.count) { images in
      var (part, from, to) = g.images(images)
      switch x.elementType {
      case .float32: ap_average_pool_f32(&part, x.f32 + from, y.f32 + to)
      case .float64: ap_average_pool_f64(&part, x.f64 + from, y.f64 + to)
      }
    }
    return y
  }

  @inline(never)
  package static func averagePoolAdjoint(_ dy: Tensor, _ window: Window, inputShape: Shape) -> Tensor {
    let g = window.geometry(images: inputShape, outputChannels: inputShape[3])
    let dx = Tensor(uninitialized: inputShape, dy.elementType)
    TaskTeam.forParts(of: inputShape[0], elements: dx.count) { images in
      var (part, from, to) = g.images(images)
      switch dy.elementType {
      case .float32: ap_average_pool_adjoint_f32(&part, dy.f32 + to, dx.f32 + from)
      case .float64: ap_average_pool_adjoint_f64(&part, dy.f64 + to, dx.f64 + from)
      }
    }
    return dx
  }

  // MARK: Batch normalisation; the innermost axis holds the channels, all others are rows

  @inline(never)
  package static func batchNorm(_ x: Tensor, epsilon: Double) -> (y: Tensor, mean: Tensor, reciprocalDeviation: Tensor) {
    let channels = x.shape[-1]
    let rows = channels == 0 ? 0 : x.count / channels
    let y = Tensor(uninitialized: x.shape, x.elementType)
    let mean = Tensor(uninitialized: [channels], x.elementType)
    let rstd = Tensor(uninitialized: [channels], x.elementType)
    switch x.elementType {
    case .float32: ap_batch_norm_f32(rows, channels, Float(epsilon), x.f32, y.f32, mean.f32, rstd.f32)
    case .float64: ap_batch_norm_f64(rows, channels, epsilon, x.f64, y.f64, mean.f64, rstd.f64)
    }
    return (y, mean, rstd)
  }

  @inline(never)
  package static func batchNormJacobian(_ y: Tensor, _ rstd: Tensor, _ v: Tensor) -> Tensor {
    let channels = y.shape[-1]
    let rows = channels == 0 ? 0 : y.count / channels
    let out = Tensor(uninitialized: y.shape, y.elementType)
    switch y.elementType {
    case .float32: ap_batch_norm_jacobian_f32(rows, channels, y.f32, rstd.f32, v.f32, out.f32)
    case .float64: ap_batch_norm_jacobian_f64(rows, channels, y.f64, rstd.f64, v.f64, out.f64)
    }
    return out
  }

  /// `Σ a * b` over everything but the innermost axis.
  @inline(never)
  package static func columnDots(_ a: Tensor, _ b: Tensor) -> Tensor {
    precondition(a.shape == b.shape, "column dots of \(a.shape) and \(b.shape)")
    let channels = a.shape[-1]
    let rows = channels == 0 ? 0 : a.count / channels
    let out = Tensor(uninitialized: [channels], a.elementType)
    switch a.elementType {
    case .float32: ap_column_dots_f32(rows, channels, a.f32, b.f32, out.f32)
    case .float64: ap_column_dots_f64(rows, channels, a.f64, b.f64, out.f64)
    }
    return out
  }
}

extension ap_window {
  /// The window of only some images, with the first element of these images in the input and in the output.
  fileprivate func images(_ range: Range<Int>) -> (window: ap_window, input: Int, output: Int) {
    var part = self
    part.n = Int32(range.count)
    return (part, range.lowerBound * Int(h * w * cin), range.lowerBound * Int(oh * ow * cout))
  }
}
