import Basics
import Foundation

/// Damages bytes: flipped bits, cut and repeated pieces, absurd numbers in the places of numbers.
struct RecordMutator {
  private var generator: Philox

  /// The mutations of a seed; each number is a mutation of its own.
  init(seed: UInt64, kind: String, number: Int) {
    generator = Philox(seed: seed, stream: "fuzz/\(kind)", index: UInt64(number))
  }

  private static let absurd = [
    "9223372036854775807", "-9223372036854775808", "18446744073709551615", "99999999999999999999999", "-1", "0", "1e308",
    "-1e308",
    "9007199254740992", "-9007199254740992", "4294967296", "2147483648", "1e-308", "null", "\"\"", "[]", "{}", "true",
  ].map { Array($0.utf8) }

  /// One bit.
  mutating func flip(_ bytes: [UInt8]) -> [UInt8] {
    guard !bytes.isEmpty else { return [1] }
    var bytes = bytes
    bytes[generator.nextInt(below: bytes.count)] ^= 1 << UInt8(generator.nextInt(below: 8))
    return bytes
  }

  /// One number of a text in another's place.
  mutating func renumber(_ bytes: [UInt8]) -> [UInt8] {
    var starts: [Int] = []
    for index in bytes.indices where Self.isOfNumber(bytes[index]) && (index == 0 || !Self.isOfNumber(bytes[index - 1])) {
      starts.append(index)
    }
    guard !starts.isEmpty else { return flip(bytes) }
    let start = starts[generator.nextInt(below: starts.count)]
    let end = bytes[start...].firstIndex { !Self.isOfNumber($0) } ?? bytes.count
    return bytes[..<start] + Self.absurd[generator.nextInt(below: Self.absurd.count)] + bytes[end...]
  }

  private static func isOfNumber(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
  }

  /// One to three damages of any kind.
  mutating func mutate(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for _ in 0...generator.nextInt(below: 3) {
      guard !bytes.isEmpty else { return bytes }
      let place = generator.nextInt(below: bytes.count)
      let end = min(bytes.count, place + 1 + generator.nextInt(below: 120))
      switch generator.nextInt(below: 8) {
      case 0: bytes.removeLast(bytes.count - place)
      case 1: bytes = flip(bytes)
      case 2: bytes[place] = UInt8(truncatingIfNeeded: generator.next())
      case 3: bytes.removeSubrange(place..<end)
      case 4: bytes.insert(contentsOf: bytes[place..<end], at: generator.nextInt(below: bytes.count))
      case 5: bytes.insert(contentsOf: Self.absurd[generator.nextInt(below: Self.absurd.count)], at: place)
      default: bytes = renumber(bytes)
      }
    }
    return bytes
  }
}
