import Foundation
import Tensors
import Testing

/// Reads the JSON fixtures that the Python scripts beside them wrote.
struct FixtureFile {
  /// A tensor as the scripts write it: base64 of little-endian Float64 in row-major order.
  struct Array64: Decodable {
    let shape: [Int]
    let data: String

    func tensor(_ type: ElementType = .float64) throws -> Tensor {
      let bytes = try #require(Data(base64Encoded: data))
      let tensor = try #require(Tensor(shape: Shape(shape), elementType: .float64, bytes: bytes))
      return tensor.converted(to: type)
    }
  }

  static func decode<Value: Decodable>(_ type: Value.Type, from name: String) throws -> Value {
    let url = try #require(Bundle.module.url(forResource: name, withExtension: "json", subdirectory: "Fixtures"))
    let decoder = JSONDecoder()
    return try decoder.decode(type, from: Data(contentsOf: url))
  }

  /// The scripts' deterministic numbers in [-1, 1): splitmix64 over an FNV-1a hash of the name (`fixture_values.py`).
  static func values(_ name: String, count: Int) -> [Double] {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return (0..<count).map { index in
      var z = hash &+ UInt64(index + 1) &* 0x9E37_79B9_7F4A_7C15
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      z ^= z >> 31
      return 2 * (Double(z >> 11) * 0x1p-53) - 1
    }
  }
}

/// The largest absolute difference, relative to the largest element of the expectation.
func relativeError(_ value: Tensor, _ expected: Tensor) -> Double {
  guard value.shape == expected.shape else { return .infinity }
  let expectation = expected.doubles
  let largest = expectation.map { abs($0) }.max() ?? 0
  let difference = zip(value.doubles, expectation).map { abs($0 - $1) }.max() ?? 0
  return largest == 0 ? difference : difference / largest
}
