import CKernels
import Testing

@Suite struct GEMMTests {
  static let shapes: [(m: Int, n: Int, k: Int)] = [
    (0, 3, 4), (3, 0, 4), (3, 4, 0), (1, 1, 1), (5, 5, 5), (7, 3, 2), (16, 16, 16), (17, 17, 17), (100, 8, 8), (49, 16, 32),
    (50, 32, 16), (33, 48, 48), (61, 64, 64), (13, 5, 64), (75, 5, 100), (16, 32, 200), (8, 8, 777), (64, 64, 130), (1, 40, 20),
    (65, 65, 65), (30, 128, 24), (100, 64, 9), (9, 64, 100), (31, 10, 12), (48, 24, 300), (3, 33, 500), (40, 1, 16),
  ]

  func products<T: KernelElement>(_: T.Type) {
    for (m, n, k) in Self.shapes {
      var values = Values(seed: UInt64(m * n + k))
      let a: [T] = values.array(m * k)
      let b: [T] = values.array(k * n)
      let ad = a.map(Double.init)
      let bd = b.map(Double.init)
      for (transa, transb) in [(false, false), (true, false), (false, true), (true, true)] {
        var want = [Double](repeating: 0, count: m * n)
        ad.withUnsafeBufferPointer { ad in
          bd.withUnsafeBufferPointer { bd in
            for i in 0..<m {
              for j in 0..<n {
                var total = 0.0
                for l in 0..<k { total += ad[transa ? l * m + i : i * k + l] * bd[transb ? j * k + l : l * n + j] }
                want[i * n + j] = total
              }
            }
          }
        }
        atEveryLevel { level in
          var c = blank(m * n, T.self)
          T.kernels.gemm(transa ? 1 : 0, transb ? 1 : 0, m, n, k, a, b, &c)
          expectClose(c, want, "\(m)x\(n)x\(k) trans \(transa) \(transb) \(level)")
        }
      }
    }
  }

  @Test func productsFloat() { products(Float.self) }
  @Test func productsDouble() { products(Double.self) }

  @Test func sameBitsWhateverTheAlignment() {
    var values = Values(seed: 9)
    for (m, n, k) in [(57, 16, 16), (57, 24, 20), (16, 16, 500), (20, 9, 300)] {
      let a: [Float] = values.array(m * k)
      let b: [Float] = values.array(k * n)
      atEveryLevel { level in
        for (transa, transb) in [(Int32(0), Int32(0)), (1, 0), (0, 1)] {
          var results: [[Float]] = []
          for shift in [0, 1, 3] {
            let a1 = [Float](repeating: 0, count: shift) + a
            let b1 = [Float](repeating: 0, count: shift) + b
            var c = blank(m * n + shift, Float.self)
            a1.withUnsafeBufferPointer { a1 in
              b1.withUnsafeBufferPointer { b1 in
                c.withUnsafeMutableBufferPointer {
                  ap_gemm_f32(
                    transa, transb, m, n, k, a1.baseAddress! + shift, b1.baseAddress! + shift, $0.baseAddress! + shift)
                }
              }
            }
            results.append(Array(c[shift...]))
          }
          #expect(results[0] == results[1] && results[0] == results[2], level)
        }
      }
    }
  }
}
