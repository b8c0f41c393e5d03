import Autodiff
import Tensors
import TestSupport

extension ConformanceRow {
  /// Products of matrices and sums of products.
  static let linear = matrixProducts + combinations + innerProducts + scaledSums

  private static let matrixProducts: [ConformanceRow] = {
    let sizes = [(2, 3, 4), (1, 1, 1), (5, 1, 3), (4, 7, 1), (0, 2, 3), (2, 0, 3), (2, 3, 0), (9, 17, 5)]
    return [(false, false), (false, true), (true, false), (true, true)].flatMap { transposeA, transposeB in
      sizes.map { m, k, n in
        ConformanceRow(
          "matrixProduct", "[\(m), \(k)]\(transposeA ? "ᵀ" : "") [\(k), \(n)]\(transposeB ? "ᵀ" : "")",
          [TestInputs.any("a", transposeA ? [k, m] : [m, k]), TestInputs.any("b", transposeB ? [n, k] : [k, n])],
          definition: { x in
            NaiveTensor([m, n]) { index in
              (0..<k).reduce(0) { sum, inner in
                let a = transposeA ? x[0][inner, index[0]] : x[0][index[0], inner]
                let b = transposeB ? x[1][index[1], inner] : x[1][inner, index[1]]
                return sum + a * b
              }
            }
          }
        ) { matmul($0[0], transposeA: transposeA, $0[1], transposeB: transposeB) }
      }
    }
  }()

  private static let shapes: [Shape] = [[], [37], [2, 3], [0, 3]]

  private static let combinations: [ConformanceRow] = [1, 2, 5].flatMap { count in
    shapes.map { shape in
      ConformanceRow(
        "linearCombination", "\(count) of \(shape)",
        [TestInputs.any("weights", [count])] + (0..<count).map { TestInputs.any("x\($0)", shape) },
        definition: { x in
          NaiveTensor(shape.array) { index in (0..<count).reduce(0) { $0 + x[0][$1] * x[$1 + 1][index] } }
        }
      ) { linearCombination($0[0], Array($0[1...])) }
    }
  }

  private static let innerProducts: [ConformanceRow] = [1, 2, 5].flatMap { count in
    shapes.map { shape in
      ConformanceRow(
        "dots", "with \(count) of \(shape)", [TestInputs.any("g", shape)] + (0..<count).map { TestInputs.any("x\($0)", shape) },
        definition: { x in
          NaiveTensor([count]) { place in zip(x[0].values, x[place[0] + 1].values).reduce(0) { $0 + $1.0 * $1.1 } }
        }
      ) { dots($0[0], Array($0[1...])) }
    }
  }

  private static let scaledSums: [ConformanceRow] = shapes.map { shape in
    ConformanceRow(
      "addScaled", "\(shape)", [TestInputs.any("y", shape), TestInputs.any("x", shape)],
      definition: { x in NaiveTensor(shape.array) { x[0][$0] - 0.3 * x[1][$0] } }
    ) { addScaled($0[0], $0[1], scale: -0.3) }
  }
}
