/// The orientation of a picture, as cameras and phones keep it (Exif 2.32, section 4.6.4, tag 0x0112). Damaged Exif data are ignored.
enum Exif {
  /// 1…8; 1, upright, where a JPEG file says nothing that can be understood.
  static func orientation(inJPEG bytes: UnsafeRawBufferPointer) -> Int {
    var offset = 2
    while offset + 4 <= bytes.count, bytes[offset] == 0xFF {
      let marker = bytes[offset + 1]
      if marker == 0xFF {  // Fill.
        offset += 1
        continue
      }
      if marker == 0x01 || (0xD0...0xD7).contains(marker) {  // Without a length.
        offset += 2
        continue
      }
      // The picture itself, or the end.
      if marker == 0xDA || marker == 0xD9 { return 1 }
      let length = Int(bytes[offset + 2]) << 8 | Int(bytes[offset + 3])
      guard length >= 2, offset + 2 + length <= bytes.count else { return 1 }
      let content = UnsafeRawBufferPointer(rebasing: bytes[offset + 4..<offset + 2 + length])
      if marker == 0xE1, content.count >= 6, content.prefix(6).elementsEqual(Array("Exif\0\0".utf8)),
        let orientation = orientation(inTIFF: UnsafeRawBufferPointer(rebasing: content[6...]))
      {
        return orientation
      }
      offset += 2 + length
    }
    return 1
  }

  /// 1…8; 1, upright, where a PNG file has no chunk `eXIf` that can be understood.
  static func orientation(inPNG bytes: UnsafeRawBufferPointer) -> Int {
    var offset = 8
    while offset + 12 <= bytes.count {
      let length = (0..<4).reduce(0) { $0 << 8 | Int(bytes[offset + $1]) }
      guard length <= bytes.count - offset - 12 else { return 1 }
      let type = bytes[offset + 4..<offset + 8]
      let content = UnsafeRawBufferPointer(rebasing: bytes[offset + 8..<offset + 8 + length])
      if type.elementsEqual("eXIf".utf8) {
        // Some programs keep JPEG's prefix.
        let isPrefixed = content.count >= 6 && content.prefix(6).elementsEqual(Array("Exif\0\0".utf8))
        return orientation(inTIFF: UnsafeRawBufferPointer(rebasing: content[(isPrefixed ? 6 : 0)...])) ?? 1
      }
      if type.elementsEqual("IEND".utf8) { return 1 }
      offset += 12 + length
    }
    return 1
  }

  /// The orientation in the first directory of a TIFF header of either byte order (TIFF 6.0, section 2).
  private static func orientation(inTIFF bytes: UnsafeRawBufferPointer) -> Int? {
    guard bytes.count >= 8 else { return nil }
    let isLittle: Bool
    switch (bytes[0], bytes[1]) {
    case (0x49, 0x49): isLittle = true
    case (0x4D, 0x4D): isLittle = false
    default: return nil
    }
    func number(_ offset: Int, _ count: Int) -> Int? {
      guard offset >= 0, offset + count <= bytes.count else { return nil }
      return (0..<count).reduce(0) { $0 << 8 | Int(bytes[offset + (isLittle ? count - 1 - $1 : $1)]) }
    }
    guard number(2, 2) == 42, let directory = number(4, 4), let entries = number(directory, 2) else { return nil }
    for index in 0..<entries {
      let entry = directory + 2 + 12 * index
      guard let tag = number(entry, 2) else { return nil }
      guard tag == 0x0112 else { continue }
      // One SHORT, as the standard wants, or one LONG, as some programs write.
      let sizes = [3: 2, 4: 4]
      guard let type = number(entry + 2, 2), let size = sizes[type], number(entry + 4, 4) == 1,
        let value = number(entry + 8, size), (1...8).contains(value)
      else { return nil }
      return value
    }
    return nil
  }
}

extension PixelImage {
  /// The picture turned and mirrored so that it is upright, by its Exif orientation (1…8).
  func upright(_ orientation: Int) -> PixelImage {
    guard (2...8).contains(orientation) else { return self }
    let turns = orientation >= 5
    var result = PixelImage(height: turns ? width : height, width: turns ? height : width, channels: channels)
    var bytes = pixels
    for row in 0..<result.height {
      for column in 0..<result.width {
        let (y, x) =
          switch orientation {
          case 2: (row, width - 1 - column)
          case 3: (height - 1 - row, width - 1 - column)
          case 4: (height - 1 - row, column)
          case 5: (column, row)
          case 6: (height - 1 - column, row)
          case 7: (height - 1 - column, width - 1 - row)
          default: (column, width - 1 - row)
          }
        for channel in 0..<channels {
          bytes[(row * result.width + column) * channels + channel] = pixels[(y * width + x) * channels + channel]
        }
      }
    }
    result.replacePixels(with: bytes)
    return result
  }
}
