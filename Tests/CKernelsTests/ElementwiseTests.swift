import CKernels
import Foundation
import Testing

@Suite struct ElementwiseTests {
  static let counts = [0, 1, 3, 7, 16, 17, 31, 64, 100, 1025]

  static func unaryReference(_ op: ap_unary, _ v: Double) -> Double {
    switch op {
    case AP_NEGATE: -v
    case AP_EXP: exp(v)
    case AP_LOG: log(v)
    case AP_SQRT: v.squareRoot()
    case AP_RSQRT: 1 / v.squareRoot()
    case AP_RECIPROCAL: 1 / v
    case AP_TANH: tanh(v)
    case AP_SIGMOID: 1 / (1 + exp(-v))
    case AP_RELU: max(v, 0)
    case AP_STEP: v > 0 ? 1 : 0
    case AP_ABS: abs(v)
    case AP_SIGN: v > 0 ? 1 : v < 0 ? -1 : 0
    case AP_SQUARE: v * v
    case AP_SIN: sin(v)
    case AP_COS: cos(v)
    default: .nan
    }
  }

  static let unaryOperations: [ap_unary] = [
    AP_NEGATE, AP_EXP, AP_LOG, AP_SQRT, AP_RSQRT, AP_RECIPROCAL, AP_TANH, AP_SIGMOID, AP_RELU, AP_STEP, AP_ABS, AP_SIGN,
    AP_SQUARE, AP_SIN, AP_COS,
  ]

  func unary<T: KernelElement>(_: T.Type) {
    for op in Self.unaryOperations {
      let positive = op == AP_LOG || op == AP_SQRT || op == AP_RSQRT
      for count in Self.counts {
        var values = Values(seed: UInt64(count) + 17)
        var x = values.array(count, of: T.self).map { positive ? abs($0) * 10 + T(0.01) : $0 * 10 }
        if count > 16 && !positive { x[5] = 0 }
        let want = x.map { Self.unaryReference(op, Double($0)) }
        atEveryLevel { level in
          var y = blank(count, T.self)
          T.kernels.unary(Int32(op.rawValue), count, x, &y)
          // Element by element: a relative error, not one hidden behind the largest element.
          for i in 0..<count {
            let bound = (T.self == Float.self ? 1e-6 : 1e-14) * max(abs(want[i]), 1e-30)
            let error = abs(Double(y[i]) - want[i])
            #expect(error <= bound || want[i] == Double(y[i]), "op \(op.rawValue) of \(x[i]) \(level)")
          }
          var inPlace = x
          inPlace.withUnsafeMutableBufferPointer {
            guard let p = $0.baseAddress else { return }
            T.kernels.unary(Int32(op.rawValue), count, p, p)
          }
          #expect(inPlace == y, "op \(op.rawValue) in place \(level)")
        }
      }
    }
  }

  @Test func unaryFloat() { unary(Float.self) }
  @Test func unaryDouble() { unary(Double.self) }

  func extremes<T: KernelElement>(_: T.Type) {
    let big: T = 1e6
    let x: [T] = [.infinity, -.infinity, .nan, 0, big, -big] + [T](repeating: 0, count: 26)
    let want: [(ap_unary, [Double])] = [
      (AP_EXP, [.infinity, 0, .nan, 1, .infinity, 0]),
      (AP_LOG, [.infinity, .nan, .nan, -.infinity, log(1e6), .nan]),
      (AP_TANH, [1, -1, .nan, 0, 1, -1]),
      (AP_SIGMOID, [1, 0, .nan, 0.5, 1, 0]),
      (AP_RELU, [.infinity, 0, .nan, 0, 1e6, 0]),
      (AP_STEP, [1, 0, 0, 0, 1, 0]),
      (AP_SQRT, [.infinity, .nan, .nan, 0, 1000, .nan]),
      (AP_RSQRT, [0, .nan, .nan, .infinity, 0.001, .nan]),
      (AP_ABS, [.infinity, .infinity, .nan, 0, 1e6, 1e6]),
    ]
    for (op, expected) in want {
      atEveryLevel { level in
        var y = blank(x.count, T.self)
        T.kernels.unary(Int32(op.rawValue), x.count, x, &y)
        for i in expected.indices {
          let got = Double(y[i])
          let same = expected[i].isNaN ? got.isNaN : got == expected[i] || abs(got - expected[i]) <= 1e-6 * abs(expected[i])
          #expect(same, "op \(op.rawValue) of \(x[i]): \(got), expected \(expected[i]) \(level)")
        }
      }
    }
  }

  /// The gradient of ReLU at NaN is NaN, at every level and place of a vector.
  func gateOfNaN<T: KernelElement>(_: T.Type) {
    let inputs = (0..<37).map { $0 % 3 == 0 ? T.nan : $0 % 3 == 1 ? 1 : -1 }
    let cotangents = [T](repeating: 2, count: 37)
    atEveryLevel { level in
      var y = blank(37, T.self)
      T.kernels.binary(Int32(AP_RELU_GATE.rawValue), 37, cotangents, inputs, &y)
      for i in 0..<37 { #expect(i % 3 == 0 ? y[i].isNaN : y[i] == (i % 3 == 1 ? 2 : 0), "\(i) \(level)") }
    }
  }

  @Test func gateOfNaNFloat() { gateOfNaN(Float.self) }
  @Test func gateOfNaNDouble() { gateOfNaN(Double.self) }

  @Test func infinitiesNaNAndOverflowFloat() { extremes(Float.self) }
  @Test func infinitiesNaNAndOverflowDouble() { extremes(Double.self) }

  static func binaryReference(_ op: ap_binary, _ a: Double, _ b: Double) -> Double {
    switch op {
    case AP_ADD: a + b
    case AP_SUBTRACT: a - b
    case AP_MULTIPLY: a * b
    case AP_DIVIDE: a / b
    case AP_MAXIMUM: a > b ? a : b
    case AP_MINIMUM: a < b ? a : b
    case AP_GREATER: a > b ? 1 : 0
    case AP_RELU_GATE: b > 0 ? a : b.isNaN ? b : 0
    default: .nan
    }
  }

  static let binaryOperations: [ap_binary] = [
    AP_ADD, AP_SUBTRACT, AP_MULTIPLY, AP_DIVIDE, AP_MAXIMUM, AP_MINIMUM, AP_GREATER, AP_RELU_GATE,
  ]

  func binary<T: KernelElement>(_: T.Type) {
    for op in Self.binaryOperations {
      for count in Self.counts {
        var values = Values(seed: UInt64(count))
        let a: [T] = values.array(count)
        var b: [T] = values.array(count)
        for i in stride(from: 0, to: count, by: 5) { b[i] = a[i] }
        let want = zip(a, b).map { Self.binaryReference(op, Double($0), Double($1)) }
        atEveryLevel { level in
          var y = blank(count, T.self)
          T.kernels.binary(Int32(op.rawValue), count, a, b, &y)
          expectClose(y, want, "op \(op.rawValue), \(count) elements, \(level)")
        }
      }
      // Every broadcast of [rows, cols]: full, row, column, scalar, transposed.
      for (rows, cols) in [(3, 5), (1, 7), (7, 1), (4, 16), (17, 33), (0, 4), (4, 0)] {
        var values = Values(seed: 3)
        let a: [T] = values.array(rows * cols + 1)
        let b: [T] = values.array(rows * cols + 1)
        let layouts = [(cols, 1), (0, 1), (1, 0), (0, 0), (1, rows)]
        for (ars, acs) in layouts {
          for (brs, bcs) in layouts {
            var want: [Double] = []
            for i in 0..<rows {
              for j in 0..<cols {
                want.append(Self.binaryReference(op, Double(a[i * ars + j * acs]), Double(b[i * brs + j * bcs])))
              }
            }
            atEveryLevel { level in
              var y = blank(rows * cols, T.self)
              T.kernels.binaryStrided(Int32(op.rawValue), rows, cols, a, ars, acs, b, brs, bcs, &y)
              expectClose(y, want, "op \(op.rawValue), \(rows)x\(cols), strides \(ars) \(acs) \(brs) \(bcs), \(level)")
            }
          }
        }
      }
    }
  }

  @Test func binaryFloat() { binary(Float.self) }
  @Test func binaryDouble() { binary(Double.self) }

  @Test func maximumAndMinimumKeepNaN() {
    let a: [Float] = [.nan, 1, .nan] + [Float](repeating: 0, count: 30)
    let b: [Float] = [1, .nan, .nan] + [Float](repeating: 0, count: 30)
    atEveryLevel { level in
      for op in [AP_MAXIMUM, AP_MINIMUM] {
        var y = blank(a.count, Float.self)
        ap_binary_f32(Int32(op.rawValue), a.count, a, b, &y)
        #expect(y[0].isNaN && y[1].isNaN && y[2].isNaN, level)
      }
    }
  }

  func scaled<T: KernelElement>(_: T.Type) {
    for count in Self.counts {
      var values = Values(seed: UInt64(count) + 5)
      let x: [T] = values.array(count)
      let y0: [T] = values.array(count)
      atEveryLevel { level in
        var y = blank(count, T.self)
        T.kernels.affine(count, 1.5, -0.25, x, &y)
        expectClose(y, x.map { 1.5 * Double($0) - 0.25 }, "affine \(level)")
        y = y0
        var out = blank(count, T.self)
        T.kernels.addScaled(count, -0.5, x, y, &out)
        expectClose(out, zip(x, y0).map { Double($1) - 0.5 * Double($0) }, "add scaled \(level)")
        T.kernels.fill(count, 3, &y)
        #expect(y == [T](repeating: 3, count: count), level)
        for exponent in [-2.0, -1, -0.5, 0, 0.5, 1, 2, 3, 2.5] {
          let positive = x.map { abs($0) + T(0.1) }
          T.kernels.power(count, T(exponent), positive, &y)
          expectClose(y, positive.map { pow(Double($0), exponent) }, "power \(exponent) \(level)")
        }
        T.kernels.power(count, 3, x, &y)
        expectClose(y, x.map { pow(Double($0), 3) }, "cube of signed values \(level)")
      }
    }
  }

  @Test func affineAxpyFillPowerFloat() { scaled(Float.self) }
  @Test func affineAxpyFillPowerDouble() { scaled(Double.self) }
}
