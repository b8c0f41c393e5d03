/// The type of a tensor's elements.
///
/// Models train in `float32`; `float64` makes gradient checks meaningful.
public enum ElementType: UInt8, Sendable, Hashable, Codable, CaseIterable {
  /// 32-bit numbers, as Swift's `Float`.
  case float32
  /// 64-bit numbers, as Swift's `Double`.
  case float64

  /// Bytes of one element.
  public var byteCount: Int { self == .float32 ? 4 : 8 }
}

/// A Swift number that a tensor can hold.
public protocol TensorScalar: BinaryFloatingPoint, Sendable {
  /// The element type of this scalar type.
  static var elementType: ElementType { get }
}

extension Float: TensorScalar {
  /// ``ElementType/float32``.
  public static var elementType: ElementType { .float32 }
}

extension Double: TensorScalar {
  /// ``ElementType/float64``.
  public static var elementType: ElementType { .float64 }
}
