import CKernels

extension Tensor {
  /// A tensor with the given elements in row-major order.
  ///
  /// - Precondition: there are as many values as the shape has elements.
  public init<Scalar: TensorScalar>(shape: Shape, _ values: [Scalar]) {
    precondition(values.count == shape.count, "\(values.count) values for the shape \(shape)")
    self.init(uninitialized: shape, Scalar.elementType)
    let target = pointer.bindMemory(to: Scalar.self, capacity: max(1, values.count))
    values.withUnsafeBufferPointer { source in
      if let base = source.baseAddress { target.update(from: base, count: source.count) }
    }
  }

  /// A tensor with the given elements in row-major order, converted to an element type.
  public init(shape: Shape, converting values: [Double], to elementType: ElementType) {
    switch elementType {
    case .float32: self.init(shape: shape, values.map { Float($0) })
    case .float64: self.init(shape: shape, values)
    }
  }

  /// A scalar, of shape `[]`.
  public init(_ value: Double, _ elementType: ElementType = .float32) {
    self.init(repeating: value, shape: Shape(), elementType)
  }

  /// A tensor in which every element is the same.
  public init(repeating value: Double, shape: Shape, _ elementType: ElementType = .float32) {
    self.init(uninitialized: shape, elementType)
    switch elementType {
    case .float32: ap_fill_f32(shape.count, Float(value), f32)
    case .float64: ap_fill_f64(shape.count, value, f64)
    }
  }

  /// A tensor of zeros.
  public static func zeros(_ shape: Shape, _ elementType: ElementType = .float32) -> Tensor {
    Tensor(repeating: 0, shape: shape, elementType)
  }

  /// A tensor of zeros with this one's shape and element type.
  public static func zeros(like other: Tensor) -> Tensor { zeros(other.shape, other.elementType) }

  /// A tensor of ones.
  public static func ones(_ shape: Shape, _ elementType: ElementType = .float32) -> Tensor {
    Tensor(repeating: 1, shape: shape, elementType)
  }

  /// Rows of the identity matrix: `[labels.count, classes]`, one 1 a row.
  ///
  /// - Precondition: every label lies in `0..<classes`.
  public static func oneHot(_ labels: [Int], classes: Int, _ elementType: ElementType = .float32) -> Tensor {
    var values = [Double](repeating: 0, count: labels.count * classes)
    for (row, label) in labels.enumerated() {
      precondition((0..<classes).contains(label), "label \(label) is outside 0..<\(classes)")
      values[row * classes + label] = 1
    }
    return Tensor(shape: [labels.count, classes], converting: values, to: elementType)
  }

  /// The elements in row-major order, as `Double` for any element type.
  public var doubles: [Double] {
    switch elementType {
    case .float32: return UnsafeBufferPointer(start: f32, count: count).map { Double($0) }
    case .float64: return Array(UnsafeBufferPointer(start: f64, count: count))
    }
  }

  /// The elements in row-major order, as `Float` for any element type.
  public var floats: [Float] {
    switch elementType {
    case .float32: return Array(UnsafeBufferPointer(start: f32, count: count))
    case .float64: return UnsafeBufferPointer(start: f64, count: count).map { Float($0) }
    }
  }

  /// The only element of a tensor that has one.
  ///
  /// - Precondition: `count == 1`.
  public var item: Double {
    precondition(count == 1, "item of a tensor of shape \(shape)")
    return elementType == .float32 ? Double(f32[0]) : f64[0]
  }

  /// The same numbers in another element type; a plain value, not differentiated.
  public func converted(to type: ElementType) -> Tensor {
    type == elementType ? untraced : Tensor(shape: shape, converting: doubles, to: type)
  }

  /// Whether every element is finite.
  public var isFinite: Bool {
    switch elementType {
    case .float32: return UnsafeBufferPointer(start: f32, count: count).allSatisfy { $0.isFinite }
    case .float64: return UnsafeBufferPointer(start: f64, count: count).allSatisfy { $0.isFinite }
    }
  }

  /// The elements' bytes in row-major order, little-endian on every machine that ArchPrior runs on.
  public var bytes: [UInt8] {
    Array(UnsafeRawBufferPointer(start: pointer, count: count * elementType.byteCount))
  }

  /// A tensor from the bytes that ``bytes`` gave; `nil` if their number does not fit the shape.
  public init?(shape: Shape, elementType: ElementType, bytes: some Collection<UInt8>) {
    guard bytes.count == shape.count * elementType.byteCount else { return nil }
    self.init(uninitialized: shape, elementType)
    UnsafeMutableRawBufferPointer(start: pointer, count: bytes.count).copyBytes(from: bytes)
  }

  /// The index of the largest element of each row of a `[rows, columns]` tensor; the first one on ties.
  ///
  /// NaN counts as larger than any number, as in NumPy: for a row with NaN it is the index of the first NaN.
  public var rowArgmax: [Int] {
    precondition(rank == 2, "rowArgmax of a tensor of shape \(shape)")
    let values = doubles
    let columns = shape[1]
    return (0..<shape[0]).map { row in
      let row = values[row * columns..<(row + 1) * columns]
      if let unordered = row.firstIndex(where: \.isNaN) { return unordered - row.startIndex }
      var best = row.startIndex
      for column in row.indices where row[column] > row[best] { best = column }
      return best - row.startIndex
    }
  }
}

extension Tensor: CustomStringConvertible {
  /// Shape and the first eight elements, such as `Tensor[2](1.0, 2.0)`.
  public var description: String {
    let shown = doubles.prefix(8).map { String($0) }.joined(separator: ", ")
    return "Tensor\(shape)(\(shown)\(count > 8 ? ", …" : ""))"
  }
}

extension Tensor {
  /// The elements; valid where `elementType` is `float32` and the tensor is alive.
  package var f32: UnsafeMutablePointer<Float> { pointer.assumingMemoryBound(to: Float.self) }
  /// The elements; valid where `elementType` is `float64` and the tensor is alive.
  package var f64: UnsafeMutablePointer<Double> { pointer.assumingMemoryBound(to: Double.self) }
}
