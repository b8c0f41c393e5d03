extension Tensor {
  /// All elements of some tensors, one tensor after the other, as a vector; plain values, not differentiated.
  ///
  /// A tree of a thousand small parameters takes a thousand calls for every elementwise step; as one vector it takes one.
  /// - Precondition: at least one tensor; all of one element type.
  public static func packed(_ tensors: some Collection<Tensor>) -> Tensor {
    guard let type = tensors.first?.elementType else { preconditionFailure("nothing to pack") }
    let result = Tensor(uninitialized: [tensors.reduce(0) { $0 + $1.count }], type)
    var offset = 0
    for tensor in tensors {
      precondition(tensor.elementType == type, "\(type) and \(tensor.elementType) in one vector")
      let bytes = tensor.count * type.byteCount
      (result.pointer + offset).copyMemory(from: tensor.pointer, byteCount: bytes)
      offset += bytes
    }
    return result
  }

  /// The tensors that ``packed(_:)`` was given, from the vector and their shapes; plain values, not differentiated.
  ///
  /// - Precondition: the vector has as many elements as the shapes.
  public func unpacked(_ shapes: some Sequence<Shape>) -> [Tensor] {
    var offset = 0
    let result = shapes.map { shape in
      let tensor = Tensor(uninitialized: shape, elementType)
      let bytes = shape.count * elementType.byteCount
      precondition(offset + bytes <= count * elementType.byteCount, "a vector of \(count) elements is too short")
      tensor.pointer.copyMemory(from: pointer + offset, byteCount: bytes)
      offset += bytes
      return tensor
    }
    precondition(offset == count * elementType.byteCount, "a vector of \(count) elements is too long")
    return result
  }
}
