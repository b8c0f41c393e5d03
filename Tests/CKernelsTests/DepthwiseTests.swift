import CKernels
import Testing

@Suite struct DepthwiseTests {
  static let windows: [ap_window] = {
    var list: [ap_window?] = []
    for c in [1, 3, 5, 8, 12, 16, 17, 32, 48, 64, 70] {
      for (k, stride, dilation) in [
        (1, 1, 1), (3, 1, 1), (3, 2, 1), (3, 1, 2), (3, 2, 2), (5, 1, 1), (5, 2, 1), (5, 1, 2), (5, 2, 2), (2, 1, 1), (7, 1, 1),
      ] {
        let (h, w) = c > 20 ? (6, 5) : (11, 9)
        let padding = dilation * (k - 1) / 2
        list.append(
          ap_window(n: 2, size: (h, w), cin: c, kernel: (k, k), stride: stride, padding: padding, dilation: dilation))
        if c == 5 || c == 16 {
          list.append(ap_window(n: 1, size: (13, 12), cin: c, kernel: (k, k), stride: stride, dilation: dilation))
        }
      }
    }
    list += [
      ap_window(n: 0, size: (5, 5), cin: 8, kernel: (3, 3), padding: 1),
      ap_window(n: 1, size: (1, 1), cin: 16, kernel: (5, 5), padding: 4, dilation: 2),
      ap_window(n: 1, size: (2, 3), cin: 16, kernel: (3, 3), padding: 5),
      ap_window(n: 2, size: (7, 5), cin: 16, kernel: (1, 3), padding: 1),
      ap_window(n: 2, size: (9, 8), cin: 16, kernel: (3, 3), stride: 3, padding: 1),
    ]
    return list.compactMap { $0 }
  }()

  func check<T: KernelElement>(_: T.Type) {
    for var g in Self.windows {
      var values = Values(seed: UInt64(g.cin * 10 + g.kh))
      let x: [T] = values.array(g.inputCount)
      let w: [T] = values.array(g.depthwiseWeightCount)
      let dy: [T] = values.array(g.outputCount)
      let want = ConvolutionReference.depthwise(g, x: x, w: w, dy: dy)
      atEveryLevel { level in
        let comment: Comment = "\(g.summary) \(level)"
        var y = blank(g.outputCount, T.self)
        var dx = blank(g.inputCount, T.self)
        var dw = blank(g.depthwiseWeightCount, T.self)
        T.kernels.depthwise(&g, x, w, &y)
        T.kernels.depthwiseInputGradient(&g, dy, w, &dx)
        T.kernels.depthwiseWeightGradient(&g, x, dy, &dw)
        expectClose(y, want.y, "forward, \(comment)")
        expectClose(dx, want.dx, "input gradient, \(comment)")
        expectClose(dw, want.dw, "weight gradient, \(comment)")
        let inner = innerProduct(y, dy)
        let scale = T.tolerance * norm(y) * norm(dy)
        #expect(abs(inner - innerProduct(x, dx)) <= scale, comment)
        #expect(abs(inner - innerProduct(w, dw)) <= scale, comment)
      }
    }
  }

  @Test func depthwiseFloat() { check(Float.self) }
  @Test func depthwiseDouble() { check(Double.self) }
}
