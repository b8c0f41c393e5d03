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
              n: 1 + i % 2, size: (h, w), cin: cin, cout: cout, kernel: (k, k), stride: stride, padding: padding,
              dilation: dilation
            ))
        }
      }
    }
    // Wide channels on small images, no images, a kernel wider than high, more padding than kernel, one pixel.
    list += [
      ap_window(n: 1, size: (4, 5), cin: 48, cout: 48, kernel: (3, 3), padding: 1),
      ap_window(n: 3, size: (3, 3), cin: 64, cout: 64, kernel: (3, 3), padding: 1),
      ap_window(n: 3, size: (4, 3), cin: 1, cout: 64, kernel: (3, 3), padding: 1),
      ap_window(n: 9, size: (6, 6), cin: 16, cout: 16, kernel: (3, 3), padding: 1),
      ap_window(n: 2, size: (9, 9), cin: 64, cout: 64, kernel: (1, 1)),
      ap_window(n: 2, size: (9, 9), cin: 32, cout: 64, kernel: (1, 1)),
      ap_window(n: 2, size: (5, 5), cin: 24, cout: 70, kernel: (1, 1)),
      ap_window(n: 2, size: (9, 5), cin: 130, cout: 20, kernel: (1, 1)),
      ap_window(n: 0, size: (5, 5), cin: 8, cout: 16, kernel: (1, 1)),
      ap_window(n: 0, size: (5, 5), cin: 8, cout: 16, kernel: (3, 3), padding: 1),
      ap_window(n: 2, size: (5, 7), cin: 3, cout: 4, kernel: (1, 3), padding: 1),
      ap_window(n: 2, size: (3, 3), cin: 2, cout: 2, kernel: (3, 3), padding: 4),
      ap_window(n: 2, size: (1, 1), cin: 8, cout: 8, kernel: (3, 3), padding: 1),
      ap_window(n: 2, size: (6, 6), cin: 16, cout: 16, kernel: (1, 1), stride: 2),
      ap_window(n: 2, size: (3, 3), cin: 4, cout: 4, kernel: (1, 1), padding: 1),
    ]
    list += layers
    return list.compactMap { $0 }
  }()

  /// The channels of MAML's Conv-4 and of T-NAS' stems and their neighbours, which have kernels of their own: whole and half
  /// vectors and neither, odd and even images, every padding.
  static let layers: [ap_window?] = {
    var list: [ap_window?] = []
    for (i, (cin, cout)) in [(1, 64), (1, 48), (1, 20), (3, 24), (3, 40), (3, 64), (3, 10)].enumerated() {
      for stride in 1...3 {
        for padding in 0...2 {
          let (h, w) = [(8, 6), (5, 17), (3, 15), (7, 31)][(i + padding) % 4]
          list.append(ap_window(n: 2, size: (h, w), cin: cin, cout: cout, kernel: (3, 3), stride: stride, padding: padding))
        }
      }
      list.append(ap_window(n: 0, size: (5, 5), cin: cin, cout: cout, kernel: (3, 3), padding: 1))
    }
    for (i, (cin, cout)) in [(16, 16), (24, 48), (64, 64), (17, 23), (48, 20), (40, 24), (16, 72)].enumerated() {
      for padding in 0...3 {
        let (h, w) = [(4, 4), (5, 3), (3, 8), (6, 7)][(i + padding) % 4]
        list.append(ap_window(n: 3, size: (h, w), cin: cin, cout: cout, kernel: (3, 3), padding: padding))
      }
      list.append(ap_window(n: 2, size: (7, 6), cin: cin, cout: cout, kernel: (3, 3), stride: 2, padding: 1))
      list.append(ap_window(n: 1, size: (5, 6), cin: cin, cout: cout, kernel: (5, 5), padding: 2))
      list.append(ap_window(n: 0, size: (5, 5), cin: cin, cout: cout, kernel: (3, 3), padding: 1))
    }
    list.append(ap_window(n: 8, size: (14, 14), cin: 16, cout: 24, kernel: (3, 3), padding: 1))  // several blocks of tiles
    list.append(ap_window(n: 2, size: (14, 14), cin: 1, cout: 64, kernel: (3, 3), padding: 1))
    return list
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

  /// Few-shot batches have any size: what an image gives shall not depend on which others are with it. Not so at the lower
  /// levels, which leave large products to OpenBLAS: its order of summation depends on the number of rows.
  @Test(.enabled(if: ap_best_kernel_level() == 2, "skipped: the processor has no AVX-512"))
  func imagesDoNotDependOnTheirBatch() throws {
    defer { _ = ap_set_thread_kernel_level(-1) }
    #expect(ap_set_thread_kernel_level(2) == 2)
    for (cin, cout) in [(1, 64), (3, 24), (64, 64), (24, 48), (5, 7)] {
      for stride in 1...2 {
        var all = try #require(
          ap_window(n: 7, size: (9, 9), cin: cin, cout: cout, kernel: (3, 3), stride: stride, padding: 1))
        var one = all
        one.n = 1
        var values = Values(seed: 9)
        let x: [Float] = values.array(all.inputCount)
        let w: [Float] = values.array(all.denseWeightCount)
        let dy: [Float] = values.array(all.outputCount)
        var scratch = blank(ap_conv2d_scratch_f32(&all), Float.self)
        var y = blank(all.outputCount, Float.self)
        var dx = blank(all.inputCount, Float.self)
        ap_conv2d_f32(&all, x, w, &y, &scratch)
        ap_conv2d_input_gradient_f32(&all, dy, w, &dx, &scratch)
        var lastY = blank(one.outputCount, Float.self)
        var lastDX = blank(one.inputCount, Float.self)
        var ownScratch = blank(ap_conv2d_scratch_f32(&one), Float.self)
        ap_conv2d_f32(&one, Array(x.suffix(one.inputCount)), w, &lastY, &ownScratch)
        ap_conv2d_input_gradient_f32(&one, Array(dy.suffix(one.outputCount)), w, &lastDX, &ownScratch)
        #expect(lastY == Array(y.suffix(one.outputCount)), "\(all.summary)")
        #expect(lastDX == Array(dx.suffix(one.inputCount)), "\(all.summary)")
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
