/// The checksum of TFRecord files: the cyclic redundancy check with Castagnoli's polynomial, and its masked form.
///
/// Source: RFC 3720, appendix B.4; the mask is TensorFlow's, `((crc >> 15) | (crc << 17)) + 0xa282ead8`.
enum CRC32C {
  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 0 ? value >> 1 : value >> 1 ^ 0x82F6_3B78 }
  }

  /// The checksum of bytes.
  static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    ~bytes.reduce(~UInt32(0)) { crc, byte in table[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] ^ crc >> 8 }
  }

  /// The checksum as records hold it, so that a checksum of data with checksums in it stays a good one.
  static func masked(_ bytes: some Sequence<UInt8>) -> UInt32 {
    let crc = checksum(bytes)
    return (crc >> 15 | crc << 17) &+ 0xA282_EAD8
  }
}
