import NeuralNetworks
import Tensors

/// An array as it lies in a file: a name, a shape and the bytes.
public struct StoredArray: Sendable, Equatable {
  /// What the bytes are; numbers are little-endian.
  public enum ElementType: String, Sendable, Codable, CaseIterable {
    /// IEEE 754 in single precision.
    case float32 = "f32"
    /// IEEE 754 in double precision.
    case float64 = "f64"
    /// Text or other data.
    case bytes

    /// Bytes of one element.
    public var byteCount: Int {
      switch self {
      case .float32: 4
      case .float64: 8
      case .bytes: 1
      }
    }
  }

  /// The name, unique within a checkpoint.
  public var name: String
  /// The extents, outermost first.
  public var shape: [Int]
  /// The type of the elements.
  public var elementType: ElementType
  /// The elements in row-major order.
  public var bytes: [UInt8]

  /// An array of bytes that are in row-major, little-endian order.
  ///
  /// - Precondition: there are as many bytes as the shape and the type take.
  public init(name: String, shape: [Int], elementType: ElementType, bytes: [UInt8]) {
    precondition(
      shape.reduce(elementType.byteCount, *) == bytes.count, "\(bytes.count) bytes for \(elementType.rawValue) of shape \(shape)")
    self.name = name
    self.shape = shape
    self.elementType = elementType
    self.bytes = bytes
  }

  /// A tensor's numbers.
  public init(name: String, _ tensor: Tensor) {
    self.init(
      name: name, shape: tensor.shape.array, elementType: tensor.elementType == .float32 ? .float32 : .float64,
      bytes: tensor.bytes)
  }

  /// Text or data of another kind.
  public init(name: String, bytes: [UInt8]) {
    self.init(name: name, shape: [bytes.count], elementType: .bytes, bytes: bytes)
  }

  /// The tensor; `nil` for bytes, and for a shape that no tensor has.
  public var tensor: Tensor? {
    guard elementType != .bytes, shape.count <= Shape.maximumRank, shape.allSatisfy({ (0...Int(Int32.max)).contains($0) }) else {
      return nil
    }
    return Tensor(shape: Shape(shape), elementType: elementType == .float32 ? .float32 : .float64, bytes: bytes)
  }
}
