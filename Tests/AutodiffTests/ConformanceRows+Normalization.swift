import Autodiff
import Foundation
import Tensors
import TestSupport

extension ConformanceRow {
  /// Batch normalisation, softmax and what their derivatives need.
  static let normalization = batchNorms + batchNormJacobians + columns + softmaxes

  private static let batches: [(Shape, Double)] = [
    ([4, 3], 1e-5), ([2, 3], 1e-3), ([1, 3], 0.1), ([2, 3, 3, 2], 1e-5), ([5, 1], 1e-5), ([3, 2, 2, 17], 1e-5), ([3], 0.1),
    ([37, 2], 1e-5),
  ]

  /// Mean and biased variance of every channel.
  private static func moments(_ x: NaiveTensor) -> [(mean: Double, variance: Double)] {
    x.channels.map { values in
      let mean = values.reduce(0, +) / Double(values.count)
      return (mean, values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count))
    }
  }

  private static func normalized(_ x: NaiveTensor, epsilon: Double) -> [NaiveTensor] {
    let moments = moments(x)
    return [
      NaiveTensor(x.shape) { index in
        let (mean, variance) = moments[index[index.count - 1]]
        return (x[index] - mean) / (variance + epsilon).squareRoot()
      },
      NaiveTensor([moments.count]) { 1 / (moments[$0[0]].variance + epsilon).squareRoot() },
    ]
  }

  private static let batchNorms: [ConformanceRow] = batches.flatMap { shape, epsilon in
    let x = TestInputs.distinct("x", shape, gap: 0.1)
    let offset = TestInputs.exactly(shape, x.doubles.map { $0 + 50 })
    return [
      ConformanceRow(
        "batchNorm", "\(shape), both outputs", [x], definitions: { normalized($0[0], epsilon: epsilon) }
      ) {
        let (y, r) = $0[0].batchNormalized(epsilon: epsilon)
        return [y, r]
      },
      ConformanceRow("batchNorm", "\(shape), far from 0", [offset], definition: { normalized($0[0], epsilon: epsilon)[0] }) {
        $0[0].batchNormalized(epsilon: epsilon).output
      },
      ConformanceRow("batchNorm", "\(shape), deviation", [x], definition: { normalized($0[0], epsilon: epsilon)[1] }) {
        $0[0].batchNormalized(epsilon: epsilon).reciprocalDeviation
      },
    ]
  }

  // The three arguments are independent here: y need not be normalised for the formula to be differentiated.
  private static let batchNormJacobians: [ConformanceRow] = (batches.map(\.0) + [[0, 3]]).map { shape in
    ConformanceRow(
      "batchNormJacobian", "\(shape)",
      [TestInputs.any("y", shape), TestInputs.within(0.5...2, "r", [shape[-1]]), TestInputs.any("v", shape)],
      definition: { x in
        let (y, r, v) = (x[0], x[1], x[2])
        let rows = Double(y.values.count / max(1, r.values.count))
        let products = NaiveTensor.zip2(y.shape, y, v, *).channels.map { $0.reduce(0, +) / rows }
        let means = v.channels.map { $0.reduce(0, +) / rows }
        return NaiveTensor(y.shape) { index in
          let channel = index[index.count - 1]
          return r[channel] * (v[index] - means[channel] - y[index] * products[channel])
        }
      }
    ) { batchNormJacobian($0[0], $0[1], $0[2]) }
  }

  private static let columns: [ConformanceRow] = ([[4, 3], [3], [1, 5], [2, 3, 2, 17], [37, 1], [0, 3], [3, 0]] as [Shape]).map {
    shape in
    ConformanceRow(
      "columnDots", "\(shape)", [TestInputs.any("a", shape), TestInputs.any("b", shape)],
      definition: { x in
        let products = NaiveTensor.zip2(shape.array, x[0], x[1], *)
        return NaiveTensor([shape[-1]]) { products.channels[$0[0]].reduce(0, +) }
      }
    ) { columnDots($0[0], $0[1]) }
  }

  private static let softmaxes: [ConformanceRow] = {
    let moderate = ([[5], [3, 4], [2, 3, 4], [3, 1], [2, 37], [0, 3], [3, 0]] as [Shape]).map {
      TestInputs.within(-3...3, "x", $0)
    }
    // Exponentials of these overflow or vanish in Float32 and Float64; the result must not.
    let large = TestInputs.exactly([2, 3], [1000, 999, 997, -1000, -1001, -999.5])
    let spread = TestInputs.exactly([1, 3], [40, 0, -40])
    let exact: @Sendable ([Double]) -> [Double] = { row in
      let top = row.max() ?? 0
      let total = row.reduce(0) { $0 + Foundation.exp($1 - top) }
      return row.map { $0 - top - Foundation.log(total) }
    }
    return (moderate + [large, spread]).enumerated().flatMap { index, x in
      [
        ConformanceRow(
          "softmax", "\(index) of \(x.shape)", [x], definition: { $0[0].rows { exact($0).map { Foundation.exp($0) } } }
        ) { $0[0].softmax() },
        ConformanceRow("logSoftmax", "\(index) of \(x.shape)", [x], definition: { $0[0].rows(exact) }) { $0[0].logSoftmax() },
      ]
    }
  }()

  /// Functions that are evaluated again when a derivative needs them.
  static let rematerialization: [ConformanceRow] = ([[], [3, 5], [0, 2]] as [Shape]).map { shape in
    ConformanceRow(
      "rematerialized", "two outputs of \(shape)", [TestInputs.any("x", shape), TestInputs.any("y", shape)],
      definitions: { x in
        [
          NaiveTensor(shape.array) { Foundation.tanh(x[0][$0] * x[1][$0]) },
          NaiveTensor([]) { _ in x[1].values.reduce(0) { $0 + $1 * $1 } },
        ]
      }
    ) { inputs in
      rematerialize(inputs) { [($0[0] * $0[1]).tanh(), $0[1].squared().sum()] }
    }
  }
}
