/// CRC-32C (Castagnoli), as TFRecord files have it: reflected polynomial 0x82F63B78, eight bytes at a time.
///
/// Source: RFC 3720, appendix B.4; Kounavis, Berry, "Novel table lookup-based algorithms for high-performance CRC generation", 2008.
package enum CRC32C {
  private static let tables: [[UInt32]] = {
    var first = [UInt32](repeating: 0, count: 256)
    for byte in 0..<256 {
      first[byte] = (0..<8).reduce(UInt32(byte)) { crc, _ in crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
    }
    var tables = [first]
    for _ in 1..<8 { tables.append(tables[tables.count - 1].map { $0 >> 8 ^ first[Int($0 & 255)] }) }
    return tables
  }()

  /// The checksum of some bytes.
  package static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var crc: UInt32 = ~0
    var place = 0
    let tables = self.tables
    while place + 8 <= bytes.count {
      let low = bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self).littleEndian ^ crc
      let high = bytes.loadUnaligned(fromByteOffset: place + 4, as: UInt32.self).littleEndian
      let one = tables[7][Int(low & 255)] ^ tables[6][Int(low >> 8 & 255)]
      let two = tables[5][Int(low >> 16 & 255)] ^ tables[4][Int(low >> 24)]
      let three = tables[3][Int(high & 255)] ^ tables[2][Int(high >> 8 & 255)]
      crc = one ^ two ^ three ^ tables[1][Int(high >> 16 & 255)] ^ tables[0][Int(high >> 24)]
      place += 8
    }
    while place < bytes.count {
      crc = tables[0][Int((crc ^ UInt32(bytes[place])) & 255)] ^ crc >> 8
      place += 1
    }
    return ~crc
  }

  /// The checksum rotated and shifted, as TFRecord stores it, so that checksums of data with checksums are not special values.
  package static func masked(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    let crc = checksum(bytes)
    return (crc >> 15 | crc << 17) &+ 0xA282_EAD8
  }

  /// The checksum of some bytes.
  package static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 { Array(bytes).withUnsafeBytes { checksum($0) } }

  /// The checksum of some bytes, rotated and shifted.
  package static func masked(_ bytes: some Sequence<UInt8>) -> UInt32 { Array(bytes).withUnsafeBytes { masked($0) } }
}
