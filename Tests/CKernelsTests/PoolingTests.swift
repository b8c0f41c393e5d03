import CKernels
import Testing

@Suite struct PoolingTests {
  static let windows: [ap_window] = {
    var list: [ap_window?] = []
    for c in [1, 3, 5, 8, 16, 17, 48, 70] {
      for (k, stride, dilation, padding) in [(3, 1, 1, 1), (3, 2, 1, 1), (2, 2, 1, 0), (3, 1, 2, 2), (5, 2, 1, 2), (3, 1, 1, 0)] {
        list.append(
          ap_window(n: 2, size: (9, 7), cin: c, kernel: (k, k), stride: stride, padding: padding, dilation: dilation))
      }
    }
    list += [
      ap_window(n: 0, size: (5, 5), cin: 8, kernel: (3, 3), padding: 1),
      ap_window(n: 1, size: (1, 1), cin: 8, kernel: (3, 3), padding: 1),
      ap_window(n: 1, size: (6, 7), cin: 8, kernel: (6, 7)),
      ap_window(n: 2, size: (28, 28), cin: 16, kernel: (3, 3), padding: 1),
      ap_window(n: 3, size: (6, 8), cin: 64, kernel: (2, 2), stride: 2),
      ap_window(n: 2, size: (1, 2), cin: 1, kernel: (1, 2), stride: 2),
      ap_window(n: 2, size: (3, 2), cin: 16, kernel: (2, 2), stride: 2),
      ap_window(n: 0, size: (4, 4), cin: 16, kernel: (2, 2), stride: 2),
      ap_window(n: 2, size: (6, 6), cin: 16, kernel: (2, 2), stride: 2, padding: 1),
    ]
    return list.compactMap { $0 }
  }()

  func check<T: KernelElement>(_: T.Type) {
    for var g in Self.windows {
      let c = Int(g.cin)
      let pixels = Int(g.h * g.w)
      let outputs = Int(g.oh * g.ow)
      var values = Values(seed: UInt64(g.cin))
      // Coarse values: many ties, which must go to the first position of the window.
      let x = values.array(g.inputCount, of: T.self).map { ($0 * 3).rounded() }
      let dy: [T] = values.array(g.outputCount)
      let v: [T] = values.array(g.inputCount)
      var top = [Double](repeating: -.infinity, count: g.outputCount)
      var index = [Int32](repeating: -1, count: g.outputCount)
      var mean = [Double](repeating: 0, count: g.outputCount)
      var taps = [Int](repeating: 0, count: Int(g.n) * outputs)
      g.forEachTap { input, output, _ in
        taps[output] += 1
        for i in 0..<c {
          let value = Double(x[input * c + i])
          mean[output * c + i] += value
          if value > top[output * c + i] {
            top[output * c + i] = value
            index[output * c + i] = Int32(input % pixels)
          }
        }
      }
      for e in mean.indices { mean[e] /= Double(taps[e / c]) }
      var adjoint = [Double](repeating: 0, count: g.inputCount)
      g.forEachTap { input, output, _ in
        for i in 0..<c { adjoint[input * c + i] += Double(dy[output * c + i]) / Double(taps[output]) }
      }
      var scattered = [Double](repeating: 0, count: g.inputCount)
      var gathered = [Double](repeating: 0, count: g.outputCount)
      for e in 0..<g.outputCount {
        let at = (e / (outputs * c) * pixels + Int(index[e])) * c + e % c
        scattered[at] += Double(dy[e])
        gathered[e] = Double(v[at])
      }
      atEveryLevel { level in
        let comment: Comment = "\(g.summary) \(level)"
        var y = blank(g.outputCount, T.self)
        var dx = blank(g.inputCount, T.self)
        var gotIndex = [Int32](repeating: -9, count: g.outputCount)
        T.kernels.maxPool(&g, x, &y, &gotIndex)
        expectClose(y, top, tolerance: 0, "max, \(comment)")
        #expect(gotIndex == index, comment)
        y = blank(g.outputCount, T.self)
        T.kernels.poolGather(&g, index, v, &y)
        expectClose(y, gathered, tolerance: 0, "gather, \(comment)")
        T.kernels.poolScatter(&g, index, dy, &dx)
        expectClose(dx, scattered, "scatter, \(comment)")
        y = blank(g.outputCount, T.self)
        T.kernels.averagePool(&g, x, &y)
        expectClose(y, mean, "average, \(comment)")
        dx = blank(g.inputCount, T.self)
        T.kernels.averagePoolAdjoint(&g, dy, &dx)
        expectClose(dx, adjoint, "average adjoint, \(comment)")
      }
    }
  }

  @Test func poolingFloat() { check(Float.self) }
  @Test func poolingDouble() { check(Double.self) }

  @Test func theFirstNaNOfAPatchWins() throws {
    var g = try #require(ap_window(n: 1, size: (2, 2), cin: 16, kernel: (2, 2), stride: 2))
    for mask in 1..<16 {  // which of the four pixels are NaN, in channel 3 alone
      var x = [Float](repeating: 0, count: 64)
      for position in 0..<4 {
        for channel in 0..<16 { x[position * 16 + channel] = Float((position * 7 + channel * 5) % 9) }
        if mask >> position & 1 == 1 { x[position * 16 + 3] = .nan }
      }
      atEveryLevel { level in
        var y = blank(16, Float.self)
        var index = [Int32](repeating: -1, count: 16)
        ap_max_pool_f32(&g, x, &y, &index)
        #expect(y[3].isNaN && index[3] == Int32(mask.trailingZeroBitCount), level)
        for channel in 0..<16 where channel != 3 {
          #expect(y[channel] == (0..<4).map { x[$0 * 16 + channel] }.max(), level)
        }
      }
    }
  }

  @Test func paddingNeverWinsAndNaNDoes() {
    var g = ap_window(n: 1, size: (3, 3), cin: 1, kernel: (3, 3), padding: 1)!
    let x: [Float] = [-5, -4, -3, -2, .nan, -6, -7, -8, -9]
    atEveryLevel { level in
      var y = blank(9, Float.self)
      var index = [Int32](repeating: -1, count: 9)
      ap_max_pool_f32(&g, x.map { $0.isNaN ? -1 : $0 }, &y, &index)
      #expect(y == [Float](repeating: -1, count: 9) && index == [Int32](repeating: 4, count: 9), level)
      ap_max_pool_f32(&g, x, &y, &index)
      #expect(y.allSatisfy(\.isNaN) && index == [Int32](repeating: 4, count: 9), level)
      ap_max_pool_f32(&g, [Float](repeating: -.infinity, count: 9), &y, &index)
      #expect(index == [0, 0, 1, 0, 0, 1, 3, 3, 4], level)
    }
  }
}
