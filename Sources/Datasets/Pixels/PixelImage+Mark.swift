import CZlib

extension PixelImage {
  /// A text chunk of the PNG specification (11.3.4.3), with the keyword that says which program made the picture.
  private static let mark = Array("tEXtSoftware\0ArchPrior".utf8)

  /// The picture as an 8-bit PNG that says that ArchPrior made it, so that it is recognised when it is to be replaced.
  /// - Throws: ``PNGError/unwritable(path:reason:)`` if libpng fails.
  package func markedPNG() throws(PNGError) -> [UInt8] {
    let bytes = try pngBytes()
    // Signature and header have 33 bytes; the chunk's length leaves its type out.
    let checksum = UInt32(truncatingIfNeeded: crc32(0, Self.mark, uInt(Self.mark.count)))
    func number(_ value: UInt32) -> [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) } }
    let chunk = number(UInt32(Self.mark.count - 4)) + Self.mark + number(checksum)
    return Array(bytes[..<33]) + chunk + Array(bytes[33...])
  }

  /// Whether a PNG is one of ``markedPNG()``.
  package static func isMarked(png bytes: [UInt8]) -> Bool { bytes.count > 37 && bytes[37...].starts(with: mark) }
}
