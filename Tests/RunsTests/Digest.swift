import Basics
import Datasets

enum Digest {
  static func hex(_ bytes: [UInt8]) -> String { SHA256.hex(bytes) }
}
