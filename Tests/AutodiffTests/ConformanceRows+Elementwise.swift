import Autodiff
import Foundation
import Tensors
import TestSupport

extension ConformanceRow {
  /// Functions of one tensor.
  static let unary: [ConformanceRow] = {
    typealias Make = @Sendable (String, Shape) -> Tensor
    let any: Make = { TestInputs.within(-2...2, $0, $1) }
    let positive: Make = { TestInputs.within(0.3...3, $0, $1) }
    let nonzero: Make = { TestInputs.awayFromZero($0, $1, margin: 0.3) }
    // Close to the kink, yet a hundred steps of the differences away from it.
    let nearKink: Make = { TestInputs.awayFromZero($0, $1, margin: 1e-4) }
    let table: [(String, Make, @Sendable (Tensor) -> Tensor, @Sendable (Double) -> Double)] = [
      ("negate", any, { -$0 }, { -$0 }),
      ("exp", any, { $0.exp() }, { Foundation.exp($0) }),
      ("log", positive, { $0.log() }, { Foundation.log($0) }),
      ("sqrt", positive, { $0.sqrt() }, { Foundation.sqrt($0) }),
      ("rsqrt", positive, { $0.rsqrt() }, { 1 / Foundation.sqrt($0) }),
      ("reciprocal", nonzero, { $0.reciprocal() }, { 1 / $0 }),
      ("tanh", any, { $0.tanh() }, { Foundation.tanh($0) }),
      ("sigmoid", any, { $0.sigmoid() }, { 1 / (1 + Foundation.exp(-$0)) }),
      ("relu", nearKink, { $0.relu() }, { $0 > 0 ? $0 : 0 }),
      ("step", nearKink, { $0.step() }, { $0 > 0 ? 1 : 0 }),
      ("abs", nearKink, { $0.abs() }, { Swift.abs($0) }),
      ("sign", nearKink, { $0.sign() }, { $0 > 0 ? 1 : -1 }),
      ("square", any, { $0.squared() }, { $0 * $0 }),
      ("sin", any, { $0.sin() }, { Foundation.sin($0) }),
      ("cos", any, { $0.cos() }, { Foundation.cos($0) }),
      ("affine", any, { 1 - $0 * 2.5 }, { 1 - 2.5 * $0 }),
      ("power", positive, { $0.power(-1.5) }, { pow($0, -1.5) }),
      ("power", positive, { $0.power(0.5) }, { pow($0, 0.5) }),
      ("power", positive, { $0.power(2) }, { $0 * $0 }),
      ("power", nonzero, { $0.power(3) }, { $0 * $0 * $0 }),
      ("power", nonzero, { $0.power(-2) }, { 1 / ($0 * $0) }),
    ]
    // A scalar, more than a vector register with a tail, a matrix, nothing.
    let shapes: [Shape] = [[], [37], [3, 5], [0, 4]]
    let plain = table.enumerated().flatMap { index, entry in
      let (name, make, function, definition) = entry
      return shapes.map { shape in
        ConformanceRow(name, "\(index) of \(shape)", [make(name, shape)], definition: { $0[0].map(definition) }) {
          function($0[0])
        }
      }
    }
    let saturated = TestInputs.exactly([4], [-40, -17, 17, 40])
    return plain + [
      ConformanceRow(
        "sigmoid", "far from 0", [saturated],
        definition: { $0[0].map { $0 > 0 ? 1 / (1 + Foundation.exp(-$0)) : Foundation.exp($0) / (1 + Foundation.exp($0)) } }
      ) { $0[0].sigmoid() },
      ConformanceRow("tanh", "far from 0", [saturated], definition: { $0[0].map { Foundation.tanh($0) } }) { $0[0].tanh() },
    ]
  }()

  /// Shapes of two operands and of the result.
  private static let broadcasts: [(Shape, Shape, [Int])] = [
    ([], [], []), ([3, 4], [3, 4], [3, 4]), ([37], [37], [37]), ([3, 4], [], [3, 4]), ([], [3, 4], [3, 4]),
    ([3, 4], [1, 1], [3, 4]), ([1], [3], [3]), ([3, 4], [4], [3, 4]), ([4], [3, 4], [3, 4]), ([3, 4], [1, 4], [3, 4]),
    ([3, 4], [3, 1], [3, 4]), ([3, 1], [3, 4], [3, 4]), ([4, 4], [4], [4, 4]), ([4, 4], [4, 1], [4, 4]),
    ([2, 3, 4], [2, 1, 4], [2, 3, 4]), ([2, 1, 4], [2, 3, 4], [2, 3, 4]), ([3, 1], [1, 4], [3, 4]),
    ([2, 1, 4], [3, 1], [2, 3, 4]), ([2, 3, 1, 2], [1, 3, 2, 1], [2, 3, 2, 2]), ([2, 1, 3], [1, 2, 1], [2, 2, 3]),
    ([2, 1, 2, 1, 2, 1], [1, 2, 1, 2, 1, 2], [2, 2, 2, 2, 2, 2]), ([0, 4], [0, 4], [0, 4]), ([0, 4], [4], [0, 4]),
    ([0, 4], [1, 1], [0, 4]), ([1, 0], [3, 1], [3, 0]), ([], [0], [0]), ([2, 17], [17], [2, 17]),
  ]

  /// Functions of two tensors, in every pattern of broadcasting.
  static let binary: [ConformanceRow] = {
    typealias Entry = (
      name: String, right: @Sendable (String, Shape) -> Tensor, function: @Sendable (Tensor, Tensor) -> Tensor,
      definition: @Sendable (Double, Double) -> Double
    )
    let any: @Sendable (String, Shape) -> Tensor = { TestInputs.any($0, $1) }
    // Elements of the left operand lie on a grid of 0.005; these lie in the middle between its points.
    let between: @Sendable (String, Shape) -> Tensor = { name, shape in
      TestInputs.exactly(shape, TestInputs.distinct(name, shape).doubles.map { $0 + 0.0025 })
    }
    let table: [Entry] = [
      ("add", any, { $0 + $1 }, { $0 + $1 }),
      ("subtract", any, { $0 - $1 }, { $0 - $1 }),
      ("multiply", any, { $0 * $1 }, { $0 * $1 }),
      ("divide", { TestInputs.awayFromZero($0, $1, margin: 0.5) }, { $0 / $1 }, { $0 / $1 }),
      ("maximum", between, { $0.maximum($1) }, { Swift.max($0, $1) }),
      ("minimum", between, { $0.minimum($1) }, { Swift.min($0, $1) }),
      ("greater", between, { $0.isGreater(than: $1) }, { $0 > $1 ? 1 : 0 }),
      ("reluGate", { TestInputs.awayFromZero($0, $1) }, { reluGate($0, $1) }, { $1 > 0 ? $0 : 0 }),
    ]
    return table.flatMap { entry in
      broadcasts.map { a, b, result in
        ConformanceRow(
          entry.name, "\(a) and \(b)", [TestInputs.distinct("left", a), entry.right("right", b)],
          definition: { NaiveTensor.zip2(result, $0[0], $0[1], entry.definition) }
        ) { entry.function($0[0], $0[1]) }
      }
    }
  }()
}
