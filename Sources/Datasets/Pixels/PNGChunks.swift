import CZlib

/// The chunks of a PNG file, to say where it is damaged: libpng says only what is wrong.
enum PNGChunks {
  private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  /// The offset of the first chunk that does not lie in the file or whose checksum differs; of the data where all chunks are whole
  /// (the damage is in what they say), 0 if the signature is another.
  static func flaw(in bytes: UnsafeRawBufferPointer) -> Int {
    guard bytes.count >= 8, bytes.prefix(8).elementsEqual(signature) else { return 0 }
    var offset = 8
    var data = 8
    while offset < bytes.count {
      guard offset + 12 <= bytes.count else { return offset }
      let length = number(bytes, offset)
      guard length <= bytes.count - offset - 12 else { return offset }
      let content = UnsafeRawBufferPointer(rebasing: bytes[offset + 4..<offset + 8 + length])
      let sum = crc32(0, content.bindMemory(to: UInt8.self).baseAddress, UInt32(content.count))
      guard Int(sum) == number(bytes, offset + 8 + length) else { return offset }
      if content.prefix(4).elementsEqual("IDAT".utf8), data == 8 { data = offset }
      if content.prefix(4).elementsEqual("IEND".utf8) { return data }
      offset += 12 + length
    }
    return offset
  }

  /// Bytes of the pixels as the file packs them, by the depth and colour type of its first chunk; `nil` if it has none.
  static func packedBytes(in bytes: UnsafeRawBufferPointer, height: Int, width: Int) -> Int? {
    guard bytes.count >= 26 else { return nil }
    let samples = [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][Int(bytes[25])]
    return samples.map { height * ((width * $0 * Int(bytes[24]) + 7) / 8) }
  }

  private static func number(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> Int {
    (0..<4).reduce(0) { $0 << 8 | Int(bytes[offset + $1]) }
  }
}
