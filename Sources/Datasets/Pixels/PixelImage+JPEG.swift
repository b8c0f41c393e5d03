import Basics
import CJPEG

extension PixelImage {
  /// Decodes a JPEG file, baseline or progressive: 1 channel for grey files, 3 for colour ones (CMYK too), upright as its Exif says.
  ///
  /// A file that ends early or is damaged is an error.
  /// - Parameters:
  ///   - bytes: the whole file.
  ///   - path: what to call the source in errors.
  ///   - limits: how large a picture may be.
  /// - Throws: ``PNGError`` if the bytes are not an intact JPEG or it is larger than `limits`.
  public init(jpeg bytes: [UInt8], path: String, limits: PNGLimits = PNGLimits()) throws(PNGError) {
    var note: String?
    try self.init(jpeg: bytes, path: path, limits: limits, note: &note)
  }

  /// As ``init(jpeg:path:limits:)``; `note` says what was passed over in a file whose pixels are whole.
  init(jpeg bytes: [UInt8], path: String, limits: PNGLimits, note: inout String?) throws(PNGError) {
    var height = 0
    var width = 0
    var channels: Int32 = 0
    var failure = archprior_jpeg_failure()
    guard archprior_jpeg_header(bytes, bytes.count, &height, &width, &channels, &failure) == 0 else {
      throw PNGError.damaged(path: path, reason: Self.text(of: failure))
    }
    guard height >= 1, width >= 1, height <= limits.side, width <= limits.side, height * width <= limits.pixels else {
      throw PNGError.tooLarge(path: path, height: height, width: width, limits: limits)
    }
    // Each block of 8×8 takes at least a bit; a file that has fewer would be found out only after memory is taken.
    guard height * width / 512 <= bytes.count else {
      throw PNGError.damaged(
        path: path, reason: "byte \(bytes.count): too short a file for \(height)×\(width) pixels (JPEG)")
    }
    var pixels = [UInt8](repeating: 0, count: height * width * Int(channels))
    guard archprior_jpeg_decode(bytes, bytes.count, height, width, channels, &pixels, &failure) == 0,
      let image = PixelImage(height: height, width: width, channels: Int(channels), pixels: pixels)
    else { throw PNGError.damaged(path: path, reason: Self.text(of: failure)) }
    if failure.passed_over > 0 { note = "\(failure.passed_over) bytes that belong to nothing were passed over" }
    self = image.upright(bytes.withUnsafeBytes { Exif.orientation(inJPEG: $0) })
  }

  /// Decodes a PNG or JPEG file, recognised by its first bytes, not by its name; see ``init(png:path:limits:background:)``.
  /// - Throws: ``PNGError`` if the file cannot be read, is of another format or damaged, or is larger than `limits`.
  public init(file path: String, limits: PNGLimits = PNGLimits(), background: UInt8 = 255) throws(PNGError) {
    var note: String?
    try self.init(file: path, limits: limits, background: background, note: &note)
  }

  /// As ``init(file:limits:background:)``; `note` says what was passed over in a file whose pixels are whole.
  init(file path: String, limits: PNGLimits, background: UInt8, note: inout String?) throws(PNGError) {
    let bytes: [UInt8]
    do {
      bytes = try ByteFile.read(path, limit: limits.fileBytes)
    } catch {
      throw PNGError.unreadable(path: path, reason: error.reason)
    }
    if bytes.starts(with: [0xFF, 0xD8]) {
      try self.init(jpeg: bytes, path: path, limits: limits, note: &note)
    } else if let format = ForeignPicture.format(of: bytes) {
      throw PNGError.otherFormat(path: path, format: format)
    } else {
      try self.init(png: bytes, path: path, limits: limits, background: background)
    }
  }

  /// Whether a file's name says that it is a picture that ``init(file:limits:background:)`` reads.
  public static func isPicture(named name: String) -> Bool {
    [".png", ".jpg", ".jpeg", ".jpe", ".jfif"].contains { name.lowercased().hasSuffix($0) }
  }

  private static func text(of failure: archprior_jpeg_failure) -> String {
    let words = withUnsafeBytes(of: failure.message) { bytes in String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }
    return "byte \(failure.offset): \(words.isEmpty ? "unknown error" : words) (JPEG)"
  }
}
