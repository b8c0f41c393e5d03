import Foundation
import Tensors

/// The deterministic numbers that the fixtures' Python scripts and the tests compute alike, so that inputs need not be stored.
///
/// A number is a function of a name and a flat index: splitmix64 over an FNV-1a hash of the name, in [-1, 1)
/// (`Tests/TestSupport/Fixtures/fixture_values.py`).
public enum FixtureValues {
  /// Number `index` of the stream with the given name.
  public static func value(_ name: String, _ index: Int) -> Double { value(hash: hash(name), index) }

  /// The first `count` numbers of the stream with the given name.
  public static func values(_ name: String, count: Int) -> [Double] {
    let hash = hash(name)
    return (0..<count).map { value(hash: hash, $0) }
  }

  /// A tensor of a stream's first numbers in row-major order.
  public static func tensor(_ name: String, _ shape: Shape, _ type: ElementType = .float64) -> Tensor {
    Tensor(shape: shape, converting: values(name, count: shape.count), to: type)
  }

  private static func hash(_ name: String) -> UInt64 {
    name.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }

  private static func value(hash: UInt64, _ index: Int) -> Double {
    var z = hash &+ UInt64(index + 1) &* 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    z ^= z >> 31
    return 2 * (Double(z >> 11) * 0x1p-53) - 1
  }
}

/// An array as the fixtures' scripts write it into JSON: base64 of little-endian Float64 in row-major order.
public struct FixtureArray: Decodable, Sendable {
  public let shape: [Int]
  public let data: String

  public init(shape: [Int], data: String) {
    self.shape = shape
    self.data = data
  }

  /// The array as a tensor.
  ///
  /// - Throws: ``Mismatch`` where the text is not base64, or its length does not fit the shape.
  public func tensor(_ type: ElementType = .float64) throws -> Tensor {
    guard let bytes = Data(base64Encoded: data), let tensor = Tensor(shape: Shape(shape), elementType: .float64, bytes: bytes)
    else { throw Mismatch(shape: shape) }
    return tensor.converted(to: type)
  }

  /// An array that does not hold the numbers of its shape.
  public struct Mismatch: Error { public let shape: [Int] }
}
