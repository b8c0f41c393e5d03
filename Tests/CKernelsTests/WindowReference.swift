import CKernels

/// Nested loops in Double over every (output pixel, tap) pair that lies inside the image: what the kernels are tested against.
extension ap_window {
  /// Output size from the usual formula; nil where no output pixel fits.
  init?(
    n: Int = 2, size: (h: Int, w: Int), cin: Int, cout: Int? = nil, kernel: (Int, Int), stride: Int = 1, padding: Int = 0,
    dilation: Int = 1
  ) {
    let oh = size.h + 2 * padding - dilation * (kernel.0 - 1) - 1
    let ow = size.w + 2 * padding - dilation * (kernel.1 - 1) - 1
    guard oh >= 0, ow >= 0 else { return nil }
    self.init(
      n: Int32(n), h: Int32(size.h), w: Int32(size.w), cin: Int32(cin), oh: Int32(oh / stride + 1), ow: Int32(ow / stride + 1),
      cout: Int32(cout ?? cin), kh: Int32(kernel.0), kw: Int32(kernel.1), stride: Int32(stride), padding: Int32(padding),
      dilation: Int32(dilation))
  }

  var inputCount: Int { Int(n * h * w * cin) }
  var outputCount: Int { Int(n * oh * ow * cout) }
  var denseWeightCount: Int { Int(kh * kw * cin * cout) }
  var depthwiseWeightCount: Int { Int(kh * kw * cin) }

  /// Calls the body with (input pixel, output pixel, tap), pixels counted over the whole batch; row-major in output and taps.
  func forEachTap(_ body: (Int, Int, Int) -> Void) {
    for image in 0..<Int(n) {
      for oy in 0..<Int(oh) {
        for ox in 0..<Int(ow) {
          for ky in 0..<Int(kh) {
            let iy = oy * Int(stride) - Int(padding) + ky * Int(dilation)
            guard iy >= 0, iy < Int(h) else { continue }
            for kx in 0..<Int(kw) {
              let ix = ox * Int(stride) - Int(padding) + kx * Int(dilation)
              guard ix >= 0, ix < Int(w) else { continue }
              body((image * Int(h) + iy) * Int(w) + ix, (image * Int(oh) + oy) * Int(ow) + ox, ky * Int(kw) + kx)
            }
          }
        }
      }
    }
  }

  var summary: String {
    "n \(n) \(h)x\(w) c \(cin)->\(cout) kernel \(kh)x\(kw) stride \(stride) padding \(padding) dilation \(dilation)"
  }
}

/// Forward, input gradient and weight gradient of a convolution.
struct ConvolutionReference {
  var y: [Double], dx: [Double], dw: [Double]

  static func dense<T: KernelElement>(_ g: ap_window, x: [T], w: [T], dy: [T]) -> ConvolutionReference {
    var y = [Double](repeating: 0, count: g.outputCount)
    var dx = [Double](repeating: 0, count: g.inputCount)
    var dw = [Double](repeating: 0, count: g.denseWeightCount)
    let cin = Int(g.cin)
    let cout = Int(g.cout)
    let x = x.map(Double.init)
    let w = w.map(Double.init)
    let dy = dy.map(Double.init)
    // Unsafe views: in a debug build these loops are most of the test's time.
    x.withUnsafeBufferPointer { x in
      w.withUnsafeBufferPointer { w in
        dy.withUnsafeBufferPointer { dy in
          y.withUnsafeMutableBufferPointer { y in
            dx.withUnsafeMutableBufferPointer { dx in
              dw.withUnsafeMutableBufferPointer { dw in
                g.forEachTap { input, output, tap in
                  for i in 0..<cin {
                    for o in 0..<cout {
                      let at = (tap * cin + i) * cout + o
                      y[output * cout + o] += x[input * cin + i] * w[at]
                      dx[input * cin + i] += dy[output * cout + o] * w[at]
                      dw[at] += x[input * cin + i] * dy[output * cout + o]
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
    return ConvolutionReference(y: y, dx: dx, dw: dw)
  }

  static func depthwise<T: KernelElement>(_ g: ap_window, x: [T], w: [T], dy: [T]) -> ConvolutionReference {
    var y = [Double](repeating: 0, count: g.outputCount)
    var dx = [Double](repeating: 0, count: g.inputCount)
    var dw = [Double](repeating: 0, count: g.depthwiseWeightCount)
    let c = Int(g.cin)
    let x = x.map(Double.init)
    let w = w.map(Double.init)
    let dy = dy.map(Double.init)
    g.forEachTap { input, output, tap in
      for i in 0..<c {
        y[output * c + i] += x[input * c + i] * w[tap * c + i]
        dx[input * c + i] += dy[output * c + i] * w[tap * c + i]
        dw[tap * c + i] += x[input * c + i] * dy[output * c + i]
      }
    }
    return ConvolutionReference(y: y, dx: dx, dw: dw)
  }
}
