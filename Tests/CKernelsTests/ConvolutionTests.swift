import CKernels
import Testing

@Suite struct ConvolutionTests {
  /// Every channel count with every kernel shape, not every pair of everything: the reference is slow.
  static let windows: [ap_window] = {
    var list: [ap_window?] = []
    let channels = [(1, 1), (1, 5), (3, 8), (5, 3), (8, 16), (16, 17), (17, 5), (1, 48), (8, 8), (16, 16)]
    for (k, stride, dilation) in [(1, 1, 1), (1, 2, 1), (3, 1, 1), (3, 2, 1), (3, 1, 2), (3, 2, 2), (5, 1, 1), (2, 2, 1)] {
      for (i, (cin, cout)) in channels.enumerated() {
        let (h, w) = [(7, 6), (5, 9), (6, 6)][i % 3]
        for padding in Set([0, dilation * (k - 1) / 2]) {
          list.append(
            ap_window(
              n: 1 + i % 2, h: h, w: w, cin: cin, cout: cout, kernel: (k, k), stride: stride, padding: padding, dilation: dilation
            ))
        }
      }
    }
    // Wide channels on small images, no images, a kernel wider than high, more padding than kernel, one pixel.
    list += [
      ap_window(n: 1, h: 4, w: 5, cin: 48, cout: 48, kernel: (3, 3), padding: 1),
      ap_window(n: 3, h: 3, w: 3, cin: 64, cout: 64, kernel: (3, 3), padding: 1),
      ap_window(n: 3, h: 4, w: 3, cin: 1, cout: 64, kernel: (3, 3), padding: 1),
      ap_window(n: 9, h: 6, w: 6, cin: 16, cout: 16, kernel: (3, 3), padding: 1),
      ap_window(n: 2, h: 9, w: 9, cin: 64, cout: 64, kernel: (1, 1)),
      ap_window(n: 2, h: 9, w: 9, cin: 32, cout: 64, kernel: (1, 1)),
      ap_window(n: 2, h: 5, w: 5, cin: 24, cout: 70, kernel: (1, 1)),
      ap_window(n: 2, h: 9, w: 5, cin: 130, cout: 20, kernel: (1, 1)),
      ap_window(n: 0, h: 5, w: 5, cin: 8, cout: 16, kernel: (1, 1)),
      ap_window(n: 0, h: 5, w: 5, cin: 8, cout: 16, kernel: (3, 3), padding: 1),
      ap_window(n: 2, h: 5, w: 7, cin: 3, cout: 4, kernel: (1, 3), padding: 1),
      ap_window(n: 2, h: 3, w: 3, cin: 2, cout: 2, kernel: (3, 3), padding: 4),
      ap_window(n: 2, h: 1, w: 1, cin: 8, cout: 8, kernel: (3, 3), padding: 1),
      ap_window(n: 2, h: 6, w: 6, cin: 16, cout: 16, kernel: (1, 1), stride: 2),
      ap_window(n: 2, h: 3, w: 3, cin: 4, cout: 4, kernel: (1, 1), padding: 1),
    ]
    return list.compactMap { $0 }
  }()

  func check<T: KernelElement>(_: T.Type) {
    for var g in Self.windows {
      var values = Values(seed: UInt64(g.cin * 100 + g.cout))
      let x: [T] = values.array(g.inputCount)
      let w: [T] = values.array(g.denseWeightCount)
      let dy: [T] = values.array(g.outputCount)
      let want = ConvolutionReference.dense(g, x: x, w: w, dy: dy)
      atEveryLevel { level in
        let comment: Comment = "\(g.summary) \(level)"
        var scratch = blank(T.kernels.conv2dScratch(&g), T.self)
        var y = blank(g.outputCount, T.self)
        var dx = blank(g.inputCount, T.self)
        var dw = blank(g.denseWeightCount, T.self)
        T.kernels.conv2d(&g, x, w, &y, &scratch)
        T.kernels.conv2dInputGradient(&g, dy, w, &dx, &scratch)
        T.kernels.conv2dWeightGradient(&g, x, dy, &dw, &scratch)
        expectClose(y, want.y, "forward, \(comment)")
        expectClose(dx, want.dx, "input gradient, \(comment)")
        expectClose(dw, want.dw, "weight gradient, \(comment)")
        // <conv(x), dy> = <x, dx(dy)> = <w, dw(x, dy)>
        let inner = innerProduct(y, dy)
        let scale = T.tolerance * norm(y) * norm(dy)
        #expect(abs(inner - innerProduct(x, dx)) <= scale, comment)
        #expect(abs(inner - innerProduct(w, dw)) <= scale, comment)
      }
    }
  }

  @Test func denseFloat() { check(Float.self) }
  @Test func denseDouble() { check(Double.self) }

  @Test func kernelsWriteNothingBeyondTheirScratch() {
    for var g in Self.windows {
      var values = Values(seed: 4)
      let x: [Float] = values.array(g.inputCount)
      let w: [Float] = values.array(g.denseWeightCount)
      let dy: [Float] = values.array(g.outputCount)
      atEveryLevel { level in
        let wanted = ap_conv2d_scratch_f32(&g)
        var scratch = [Float](repeating: 123, count: wanted + 64)
        var y = blank(g.outputCount, Float.self)
        var dx = blank(g.inputCount, Float.self)
        var dw = blank(g.denseWeightCount, Float.self)
        ap_conv2d_f32(&g, x, w, &y, &scratch)
        ap_conv2d_input_gradient_f32(&g, dy, w, &dx, &scratch)
        ap_conv2d_weight_gradient_f32(&g, x, dy, &dw, &scratch)
        #expect(scratch[wanted...].allSatisfy { $0 == 123 }, "\(g.summary) \(level)")
      }
    }
  }
}
