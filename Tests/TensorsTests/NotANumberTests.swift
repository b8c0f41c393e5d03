import Tensors
import Testing

/// NaN does not get lost where values are compared.
@Suite struct NotANumberTests {
  /// As `numpy.argmax`: the first NaN, the first of equals.
  @Test(arguments: ElementType.allCases) func rowArgmax(type: ElementType) {
    let rows: [([Double], Int)] = [
      ([1, 3, 2], 1), ([2, 2, 1], 0), ([1, .nan, 5], 1), ([.nan, 1, .nan], 0), ([.infinity, 2, .nan], 2),
      ([-.infinity, -.infinity, -.infinity], 0), ([.nan, .nan, .nan], 0),
    ]
    #expect(Tensor(shape: [rows.count, 3], converting: rows.flatMap(\.0), to: type).rowArgmax == rows.map(\.1))
    #expect(Tensor(shape: [2, 1], converting: [.nan, 1], to: type).rowArgmax == [0, 0])
  }
}
