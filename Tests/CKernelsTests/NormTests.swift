import CKernels
import Testing

@Suite struct NormTests {
  static let shapes = [
    (1, 1), (2, 3), (7, 5), (100, 8), (65, 16), (300, 17), (129, 48), (130, 64), (50, 70), (20, 130), (4000, 4), (0, 4),
  ]

  func check<T: KernelElement>(_: T.Type) {
    for (rows, c) in Self.shapes {
      var values = Values(seed: UInt64(rows))
      // Means well away from zero: E[x^2] - E[x]^2 would lose its digits in Float.
      let x = values.array(rows * c, of: T.self).enumerated().map { $1 + T(($0 % c) * 10) }
      let v: [T] = values.array(rows * c)
      let eps = 1e-5
      var mean = [Double](repeating: 0, count: c)
      var rstd = mean
      var mv = mean
      var mvy = mean
      var dots = mean
      var y = [Double](repeating: 0, count: rows * c)
      var out = y
      for j in 0..<c {
        var square = 0.0
        for i in 0..<rows { mean[j] += Double(x[i * c + j]) / Double(rows) }
        for i in 0..<rows {
          let d = Double(x[i * c + j]) - mean[j]
          square += d * d / Double(rows)
        }
        rstd[j] = 1 / (square + eps).squareRoot()
        for i in 0..<rows {
          y[i * c + j] = (Double(x[i * c + j]) - mean[j]) * rstd[j]
          mv[j] += Double(v[i * c + j]) / Double(rows)
          mvy[j] += Double(v[i * c + j]) * y[i * c + j] / Double(rows)
          dots[j] += Double(x[i * c + j]) * Double(v[i * c + j])
        }
        for i in 0..<rows { out[i * c + j] = rstd[j] * (Double(v[i * c + j]) - mv[j] - y[i * c + j] * mvy[j]) }
      }
      // Where y is nearly +-1 (two rows) the Jacobian's terms cancel: its error is bounded by its terms, not by its result.
      var largestTerm = 0.0
      var largest = 0.0
      for e in out.indices {
        largestTerm = max(largestTerm, abs(Double(v[e])) * rstd[e % c])
        largest = max(largest, abs(out[e]))
      }
      let cancellation = max(1, largestTerm / max(largest, .leastNormalMagnitude))
      atEveryLevel { level in
        let comment: Comment = "[\(rows), \(c)] \(level)"
        var gotY = blank(rows * c, T.self)
        var gotMean = blank(c, T.self)
        var gotRstd = blank(c, T.self)
        T.kernels.batchNorm(rows, c, T(eps), x, &gotY, &gotMean, &gotRstd)
        expectClose(gotMean, mean, "mean \(comment)")
        if rows > 1 { expectClose(gotRstd, rstd, "rstd \(comment)") }
        expectClose(gotY, y, "y \(comment)")
        var gotOut = blank(rows * c, T.self)
        T.kernels.batchNormJacobian(rows, c, y.map { T($0) }, rstd.map { T($0) }, v, &gotOut)
        if rows > 1 { expectClose(gotOut, out, tolerance: T.tolerance * cancellation, "jacobian \(comment)") }
        var gotDots = blank(c, T.self)
        T.kernels.columnDots(rows, c, x, v, &gotDots)
        expectClose(gotDots, dots, "dots \(comment)")
      }
    }
  }

  @Test func batchNormFloat() { check(Float.self) }
  @Test func batchNormDouble() { check(Double.self) }

  @Test func constantColumnsGiveZeros() {
    let x = [Float](repeating: 0.1, count: 64 * 16)
    atEveryLevel { level in
      var y = blank(x.count, Float.self)
      var mean = blank(16, Float.self)
      var rstd = blank(16, Float.self)
      ap_batch_norm_f32(64, 16, 1e-5, x, &y, &mean, &rstd)
      #expect(y.allSatisfy { abs($0) < 1e-4 }, level)
      #expect(rstd.allSatisfy { abs($0 - 316.22778) < 0.01 }, level)
    }
  }
}
