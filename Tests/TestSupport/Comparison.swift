import Tensors

/// How far a value may lie from its expectation: `absolute + relative * |expectation|`.
public struct Tolerance: Sendable {
  public var absolute: Double
  public var relative: Double

  public init(absolute: Double, relative: Double) {
    self.absolute = absolute
    self.relative = relative
  }

  /// For derivatives against central differences in Float64 (PyTorch's `gradcheck`).
  public static let differences = Tolerance(absolute: 1e-5, relative: 1e-3)
  /// For two exact computations of the same number in Float64.
  public static let exact = Tolerance(absolute: 1e-10, relative: 1e-10)

  /// Whether a value is close enough; infinities and NaN must be equal to the expectation in kind.
  public func accepts(_ value: Double, _ expected: Double) -> Bool {
    if value == expected || (value.isNaN && expected.isNaN) { return true }
    return abs(value - expected) <= absolute + relative * abs(expected)
  }
}

/// Says where two lists of numbers differ most; `nil` where they agree.
public func difference(_ values: [Double], _ expected: [Double], _ tolerance: Tolerance, _ label: String) -> String? {
  guard values.count == expected.count else { return "\(label): \(values.count) numbers, expected \(expected.count)" }
  let wrong = values.indices.filter { !tolerance.accepts(values[$0], expected[$0]) }
  guard let worst = wrong.max(by: { abs(values[$0] - expected[$0]) < abs(values[$1] - expected[$1]) }) else { return nil }
  return "\(label): \(values[worst]) instead of \(expected[worst]) at \(worst); \(wrong.count) of \(values.count) differ"
}

/// Says where two tensors differ most, or that their shapes do; `nil` where they agree.
public func difference(_ value: Tensor, _ expected: Tensor, _ tolerance: Tolerance, _ label: String) -> String? {
  guard value.shape == expected.shape else { return "\(label): shape \(value.shape), expected \(expected.shape)" }
  return difference(value.doubles, expected.doubles, tolerance, label)
}

/// ``difference(_:_:_:_:)-2ujv0`` for lists of tensors.
public func differences(_ values: [Tensor], _ expected: [Tensor], _ tolerance: Tolerance, _ label: String) -> [String] {
  guard values.count == expected.count else { return ["\(label): \(values.count) tensors, expected \(expected.count)"] }
  return values.indices.compactMap { difference(values[$0], expected[$0], tolerance, "\(label)[\($0)]") }
}

/// The largest absolute difference of two tensors, relative to the largest element of the expectation.
public func relativeError(_ value: Tensor, _ expected: Tensor) -> Double {
  guard value.shape == expected.shape else { return .infinity }
  let expectation = expected.doubles
  let largest = expectation.map { abs($0) }.max() ?? 0
  let difference = zip(value.doubles, expectation).map { abs($0 - $1) }.max() ?? 0
  if difference.isNaN || largest.isNaN { return .infinity }
  return largest == 0 ? difference : difference / largest
}
