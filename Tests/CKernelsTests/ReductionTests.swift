import CKernels
import Foundation
import Testing

@Suite struct ReductionTests {
  static let shapes = [
    (1, 1, 1), (1, 0, 3), (0, 4, 2), (3, 5, 1), (1, 1000, 1), (2, 4097, 1), (1, 9001, 1), (4, 3, 7), (1, 130, 65), (2, 200, 16),
    (1, 77, 3), (1, 64, 130), (3, 1, 48), (5, 2, 1), (1, 300, 8), (100, 7, 1),
  ]

  func reductions<T: KernelElement>(_: T.Type) {
    for (outer, middle, inner) in Self.shapes {
      var values = Values(seed: UInt64(middle))
      let x: [T] = values.array(outer * middle * inner)
      let small: [T] = values.array(outer * inner)
      var sum = [Double](repeating: 0, count: outer * inner)
      var top = [Double](repeating: -.infinity, count: outer * inner)
      var spread = [Double](repeating: 0, count: outer * middle * inner)
      for o in 0..<outer {
        for m in 0..<middle {
          for i in 0..<inner {
            let v = Double(x[(o * middle + m) * inner + i])
            sum[o * inner + i] += v
            top[o * inner + i] = max(top[o * inner + i], v)
            spread[(o * middle + m) * inner + i] = Double(small[o * inner + i])
          }
        }
      }
      atEveryLevel { level in
        let comment: Comment = "[\(outer), \(middle), \(inner)] \(level)"
        var y = blank(outer * inner, T.self)
        T.kernels.sum(outer, middle, inner, x, &y)
        expectClose(y, sum, comment)
        y = blank(outer * inner, T.self)
        T.kernels.max(outer, middle, inner, x, &y)
        expectClose(y, top, tolerance: 0, comment)
        var z = blank(outer * middle * inner, T.self)
        T.kernels.broadcast(outer, middle, inner, small, &z)
        expectClose(z, spread, tolerance: 0, comment)
      }
    }
  }

  @Test func sumMaxBroadcastFloat() { reductions(Float.self) }
  @Test func sumMaxBroadcastDouble() { reductions(Double.self) }

  @Test func longSumsStayAccurate() {
    // 2^22 times 0.1: a running Float sum ends 1 % away.
    let count = 1 << 22
    let x = [Float](repeating: 0.1, count: count)
    let want = Double(Float(0.1)) * Double(count)
    atEveryLevel { level in
      var y: [Float] = [0]
      ap_sum_f32(1, count, 1, x, &y)
      expectClose(y, [want], tolerance: 1e-6, "one column \(level)")
      y = [0, 0]
      ap_sum_f32(1, count / 2, 2, x, &y)
      expectClose(y, [want / 2, want / 2], tolerance: 1e-6, "two columns \(level)")
      #expect(abs(Double(ap_dot_f32(count, x, x)) / (want * Double(Float(0.1))) - 1) < 1e-6, level)
    }
  }

  @Test func maxKeepsNaN() {
    let x: [Float] = [1, 2, .nan, 3, 5, 6]
    atEveryLevel { level in
      var y: [Float] = [0, 0]
      ap_max_f32(1, 3, 2, x, &y)
      #expect(y[0].isNaN && y[1] == 6, level)
      var one: [Float] = [0]
      ap_max_f32(1, 6, 1, x, &one)
      #expect(one[0].isNaN, level)
    }
  }

  func products<T: KernelElement>(_: T.Type) {
    for n in [0, 1, 5, 63, 64, 65, 1000, 4096, 5001] {
      var values = Values(seed: UInt64(n))
      let g: [T] = values.array(n)
      for count in [0, 1, 2, 3, 4, 5, 9, 17, 33] {
        let xs: [[T]] = (0..<count).map { _ in values.array(n) }
        let weights: [T] = values.array(count)
        var mixed = [Double](repeating: 0, count: n)
        for (weight, x) in zip(weights, xs) { for i in 0..<n { mixed[i] += Double(weight) * Double(x[i]) } }
        let dots = xs.map { innerProduct(g, $0) }
        let flat = xs.flatMap { $0 }
        flat.withUnsafeBufferPointer { storage in
          let empty: [T] = [0]
          empty.withUnsafeBufferPointer { fallback in
            let base = storage.baseAddress ?? fallback.baseAddress!
            let pointers = (0..<count).map { Optional(base + $0 * n) }
            atEveryLevel { level in
              var y = blank(n, T.self)
              T.kernels.linearCombination(count, n, weights, pointers, &y)
              expectClose(y, mixed, "linear combination of \(count), n \(n), \(level)")
              var out = blank(count, T.self)
              T.kernels.dots(count, n, g, pointers, &out)
              // Relative to the size of the vectors: a dot product of random vectors cancels.
              for k in 0..<count {
                let bound = T.tolerance * norm(g) * norm(xs[k])
                #expect(abs(Double(out[k]) - dots[k]) <= bound, "dots \(count), n \(n), \(level)")
                #expect(abs(Double(T.kernels.dot(n, g, xs[k])) - dots[k]) <= bound, "dot, n \(n), \(level)")
              }
            }
          }
        }
      }
    }
  }

  @Test func dotsAndLinearCombinationsFloat() { products(Float.self) }
  @Test func dotsAndLinearCombinationsDouble() { products(Double.self) }

  func softmax<T: KernelElement>(_: T.Type) {
    for (rows, cols) in [(0, 5), (1, 1), (3, 2), (5, 5), (75, 5), (4, 17), (2, 64), (2, 100)] {
      var values = Values(seed: UInt64(cols))
      let x = values.array(rows * cols, of: T.self).map { $0 * 30 + 200 }
      var want: [Double] = []
      var wantLog: [Double] = []
      for i in 0..<rows {
        let row = x[i * cols..<(i + 1) * cols].map(Double.init)
        let top = row.max() ?? 0
        let total = row.reduce(0) { $0 + exp($1 - top) }
        want += row.map { exp($0 - top) / total }
        wantLog += row.map { $0 - top - log(total) }
      }
      atEveryLevel { level in
        var y = blank(rows * cols, T.self)
        T.kernels.softmax(rows, cols, x, &y)
        expectClose(y, want, "softmax \(rows)x\(cols) \(level)")
        T.kernels.logSoftmax(rows, cols, x, &y)
        expectClose(y, wantLog, "log softmax \(rows)x\(cols) \(level)")
      }
    }
  }

  @Test func softmaxFloat() { softmax(Float.self) }
  @Test func softmaxDouble() { softmax(Double.self) }
}
