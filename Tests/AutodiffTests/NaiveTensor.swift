import Tensors

/// An array with nothing but indexing: what the definitions that the primitives are compared with are written over.
struct NaiveTensor: Sendable {
  let shape: [Int]
  var values: [Double]

  init(_ tensor: Tensor) {
    shape = tensor.shape.array
    values = tensor.doubles
  }

  /// The same as an array of Float64 elements.
  var tensor: Tensor { Tensor(shape: Shape(shape), values) }

  /// Every element as a function of its indices.
  init(_ shape: [Int], _ element: ([Int]) -> Double) {
    self.shape = shape
    values = NaiveTensor.indices(shape).map(element)
  }

  init(zeros shape: [Int]) { self.init(shape) { _ in 0 } }

  /// All indices of a shape in row-major order.
  static func indices(_ shape: [Int]) -> [[Int]] {
    shape.reduce([[]]) { prefixes, extent in prefixes.flatMap { prefix in (0..<extent).map { prefix + [$0] } } }
  }

  private func position(_ index: [Int]) -> Int { zip(index, shape).reduce(0) { $0 * $1.1 + $1.0 } }

  subscript(_ index: [Int]) -> Double {
    get { values[position(index)] }
    set { values[position(index)] = newValue }
  }

  subscript(_ index: Int...) -> Double {
    get { self[index] }
    set { self[index] = newValue }
  }

  /// The element that stands at an index of a shape that this one is stretched to.
  func stretched(_ index: [Int]) -> Double {
    let own = index.suffix(shape.count)
    return self[zip(own, shape).map { $1 == 1 ? 0 : $0 }]
  }

  func map(_ function: (Double) -> Double) -> NaiveTensor {
    var result = self
    result.values = values.map(function)
    return result
  }

  /// An elementwise function of two arrays; the result's shape is stated by the caller, not worked out.
  static func zip2(_ shape: [Int], _ a: NaiveTensor, _ b: NaiveTensor, _ function: (Double, Double) -> Double) -> NaiveTensor {
    NaiveTensor(shape) { function(a.stretched($0), b.stretched($0)) }
  }

  /// The sum over some dimensions, which disappear.
  func sum(_ axes: [Int]) -> NaiveTensor {
    let kept = shape.indices.filter { !axes.contains($0) }
    var result = NaiveTensor(zeros: kept.map { shape[$0] })
    for index in NaiveTensor.indices(shape) { result[kept.map { index[$0] }] += self[index] }
    return result
  }

  /// Applies a function to every run along the innermost axis.
  func rows(_ function: ([Double]) -> [Double]) -> NaiveTensor {
    guard let columns = shape.last, columns > 0 else { return self }
    var result = self
    for start in stride(from: 0, to: values.count, by: columns) {
      result.values.replaceSubrange(start..<start + columns, with: function(Array(values[start..<start + columns])))
    }
    return result
  }

  /// The elements of every channel (innermost axis).
  var channels: [[Double]] {
    let count = shape[shape.count - 1]
    return (0..<count).map { channel in stride(from: channel, to: values.count, by: count).map { values[$0] } }
  }
}
