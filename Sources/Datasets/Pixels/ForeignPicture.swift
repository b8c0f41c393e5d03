import Basics

/// Formats of pictures that are not read, told by the first bytes so that an error can name them.
package enum ForeignPicture {
  /// The format's name with its article; `nil` if it is none of those known.
  static func format(of bytes: [UInt8]) -> String? {
    func has(_ text: String, at offset: Int = 0) -> Bool { bytes.dropFirst(offset).starts(with: text.utf8) }
    if has("RIFF"), has("WEBP", at: 8) { return "a WebP picture" }
    if has("GIF8") { return "a GIF picture" }
    if has("BM"), bytes.count >= 26 { return "a BMP picture" }
    if [[0x49, 0x49, 42, 0], [0x4D, 0x4D, 0, 42], [0x49, 0x49, 43, 0], [0x4D, 0x4D, 0, 43]].contains(where: bytes.starts) {
      return "a TIFF picture"
    }
    if has("ftyp", at: 4) {
      let brands = stride(from: 8, to: min(bytes.count, 64), by: 4).map {
        String(decoding: bytes.dropFirst($0).prefix(4), as: UTF8.self)
      }
      if brands.contains(where: { ["avif", "avis"].contains($0) }) { return "an AVIF picture" }
      if brands.contains(where: { ["heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"].contains($0) }) {
        return "an HEIC picture"
      }
      return "a video"
    }
    if has("8BPS") { return "a Photoshop file" }
    if has("\0\0\0\u{0C}jP  ") || bytes.starts(with: [0xFF, 0x4F, 0xFF, 0x51]) { return "a JPEG 2000 picture" }
    if has("\0\0\0\u{0C}JXL ") || bytes.starts(with: [0xFF, 0x0A]) { return "a JPEG XL picture" }
    if bytes.starts(with: [0, 0, 1, 0]) { return "a Windows icon" }
    if has("%PDF") { return "a PDF document" }
    let start = String(decoding: bytes.prefix(1024), as: UTF8.self).lowercased()
    if start.contains("<svg") { return "an SVG drawing" }
    if start.contains("<html") || start.contains("<!doctype html") { return "a web page" }
    return nil
  }

  /// Whether a file's name says that it is a picture of a format that is not read.
  package static func isOne(named name: String) -> Bool {
    [
      ".webp", ".gif", ".bmp", ".dib", ".tif", ".tiff", ".heic", ".heif", ".avif", ".svg", ".svgz", ".psd", ".jp2", ".jxl",
      ".ico",
    ].contains { name.lowercased().hasSuffix($0) }
  }
}
