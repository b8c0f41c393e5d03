import CKernels

/// The primitive computations on plain tensors: each allocates its result and calls one C kernel.
///
/// Nothing here is differentiated; Autodiff's primitives are built on it. Shapes are the caller's duty (preconditions).
/// The functions are never inlined, so that a caller keeps its arguments alive while the C kernel reads their buffers.
package enum Kernel {
  /// The number of dimensions' elements before, in and after an axis.
  @inline(__always)
  static func split(_ shape: Shape, at axis: Int) -> (outer: Int, middle: Int, inner: Int) {
    (shape.count(in: 0..<axis), shape[axis], shape.count(in: axis + 1..<Int(shape.rank)))
  }

  /// Room for numbers to compute with until the next kernel runs on this thread.
  package static func doubles(_ count: Int) -> UnsafeMutablePointer<Double> { scratch(count, Double.self) }

  /// Room for `count` elements that a kernel works on, until the next call on this thread.
  static func scratch<Element>(_ count: Int, _: Element.Type) -> UnsafeMutablePointer<Element> {
    ThreadContext.unretained { $0.scratch(bytes: count * MemoryLayout<Element>.stride) }.assumingMemoryBound(to: Element.self)
  }
}

/// The geometry of a convolution or pooling over NHWC images, with equal stride, padding and dilation in both directions.
public struct Window: Sendable, Hashable {
  /// Rows of the kernel.
  public var kernelHeight: Int
  /// Columns of the kernel.
  public var kernelWidth: Int
  /// Pixels from one position to the next.
  public var stride: Int
  /// Pixels of zeros (for max pooling: of nothing) around the image.
  public var padding: Int
  /// Pixels from one element of the kernel to the next.
  public var dilation: Int

  /// A window of `kernel` × `kernel` elements.
  public init(kernel: Int, stride: Int = 1, padding: Int = 0, dilation: Int = 1) {
    self.init(kernelHeight: kernel, kernelWidth: kernel, stride: stride, padding: padding, dilation: dilation)
  }

  /// A window of `kernelHeight` × `kernelWidth` elements.
  ///
  /// - Precondition: kernel, stride and dilation are at least 1, the padding at least 0.
  public init(kernelHeight: Int, kernelWidth: Int, stride: Int = 1, padding: Int = 0, dilation: Int = 1) {
    precondition(
      kernelHeight > 0 && kernelWidth > 0 && stride > 0 && padding >= 0 && dilation > 0, "not a window that exists")
    self.kernelHeight = kernelHeight
    self.kernelWidth = kernelWidth
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
  }

  /// The extent of the output along a direction in which the input has `extent` pixels; 0 if the window does not fit.
  public func outputExtent(_ extent: Int, kernel: Int) -> Int {
    let room = extent + 2 * padding - dilation * (kernel - 1) - 1
    return room < 0 ? 0 : room / stride + 1
  }

  /// The C description for images `[n, h, w, cin]` and `cout` output channels.
  func geometry(images: Shape, outputChannels: Int) -> ap_window {
    precondition(images.rank == 4, "images are [batch, height, width, channels], not \(images)")
    return ap_window(
      n: Int32(images[0]), h: Int32(images[1]), w: Int32(images[2]), cin: Int32(images[3]),
      oh: Int32(outputExtent(images[1], kernel: kernelHeight)), ow: Int32(outputExtent(images[2], kernel: kernelWidth)),
      cout: Int32(outputChannels), kh: Int32(kernelHeight), kw: Int32(kernelWidth), stride: Int32(stride),
      padding: Int32(padding), dilation: Int32(dilation))
  }

  /// The shape of the output for images `[n, h, w, c]`.
  package func outputShape(images: Shape, outputChannels: Int) -> Shape {
    precondition(images.rank == 4, "images are [batch, height, width, channels], not \(images)")
    return [
      images[0], outputExtent(images[1], kernel: kernelHeight), outputExtent(images[2], kernel: kernelWidth), outputChannels,
    ]
  }
}
