import Basics
import CLibPNG

extension PixelImage {
  /// Decodes a PNG of any colour type and bit depth: 1 channel for grey files, 3 for colour and palette ones.
  ///
  /// 16-bit samples are reduced to 8; transparent pixels are laid over `background` (white paper unless told otherwise), in the
  /// values of the file as other programs do it; the picture is upright as its Exif says.
  /// - Parameters:
  ///   - bytes: the whole file.
  ///   - path: what to call the source in errors.
  ///   - limits: the longest side, the most pixels and the largest file that are decoded.
  ///   - background: the value of every channel under transparent pixels, from 0 (black) to 255 (white).
  /// - Throws: ``PNGError`` if the bytes are not an intact PNG or it is larger than `limits`.
  public init(png bytes: [UInt8], path: String, limits: PNGLimits = PNGLimits(), background: UInt8 = 255) throws(PNGError) {
    try self.init(png: bytes, path: path, limits: limits, background: background, inLinearLight: false)
  }

  /// As ``init(png:path:limits:background:)``; the bundled icons were composited in linear light, and are drawn again so.
  init(
    png bytes: [UInt8], path: String, limits: PNGLimits = PNGLimits(), background: UInt8 = 255, inLinearLight: Bool
  ) throws(PNGError) {
    let result = bytes.withUnsafeBytes { buffer -> Result<PixelImage, PNGError> in
      do throws(PNGError) {
        return .success(
          try Self.decode(buffer, path: path, limits: limits, background: background, inLinearLight: inLinearLight))
      } catch {
        return .failure(error)
      }
    }
    self = try result.get().upright(bytes.withUnsafeBytes { Exif.orientation(inPNG: $0) })
  }

  /// Decodes a PNG file; see ``init(png:path:limits:background:)``.
  /// - Throws: ``PNGError`` if the file cannot be read, is not an intact PNG, or is larger than `limits`.
  public init(pngFile path: String, limits: PNGLimits = PNGLimits(), background: UInt8 = 255) throws(PNGError) {
    let bytes: [UInt8]
    do {
      bytes = try ByteFile.read(path, limit: limits.fileBytes)
    } catch {
      throw PNGError.unreadable(path: path, reason: error.reason)
    }
    try self.init(png: bytes, path: path, limits: limits, background: background)
  }

  /// The picture as an 8-bit PNG. Equal pictures give equal bytes.
  /// - Throws: ``PNGError/unwritable(path:reason:)`` if libpng fails.
  public func pngBytes() throws(PNGError) -> [UInt8] {
    var control = png_image()
    control.version = png_uint_32(PNG_IMAGE_VERSION)
    control.width = png_uint_32(width)
    control.height = png_uint_32(height)
    control.format = channels == 3 ? Self.colourFormat : 0
    defer { png_image_free(&control) }
    var count = 0
    guard png_image_write_to_memory(&control, nil, &count, 0, pixels, 0, nil) != 0 else {
      throw PNGError.unwritable(path: "PNG", reason: Self.message(of: control))
    }
    var bytes = [UInt8](repeating: 0, count: count)
    guard png_image_write_to_memory(&control, &bytes, &count, 0, pixels, 0, nil) != 0 else {
      throw PNGError.unwritable(path: "PNG", reason: Self.message(of: control))
    }
    return Array(bytes.prefix(count))
  }

  /// Writes the picture as an 8-bit PNG file, atomically: a reader finds the old file or the whole new one.
  /// - Throws: ``PNGError/unwritable(path:reason:)``.
  public func writePNG(to path: String) throws(PNGError) {
    let bytes = try pngBytes()
    do {
      try ByteFile.writeAtomically(bytes, to: path)
    } catch {
      throw PNGError.unwritable(path: path, reason: error.reason)
    }
  }

  private static let colourFormat = png_uint_32(PNG_FORMAT_FLAG_COLOR)
  private static let alphaFormat = png_uint_32(PNG_FORMAT_FLAG_ALPHA)

  private static func decode(
    _ buffer: UnsafeRawBufferPointer, path: String, limits: PNGLimits, background: UInt8, inLinearLight: Bool
  ) throws(PNGError) -> PixelImage {
    guard let base = buffer.baseAddress, buffer.count > 0 else {
      throw PNGError.damaged(path: path, reason: "byte 0: the file is empty")
    }
    var control = png_image()
    control.version = png_uint_32(PNG_IMAGE_VERSION)
    defer { png_image_free(&control) }
    guard png_image_begin_read_from_memory(&control, base, buffer.count) != 0 else {
      throw PNGError.damaged(path: path, reason: "byte \(PNGChunks.flaw(in: buffer)): \(message(of: control))")
    }
    let height = Int(control.height)
    let width = Int(control.width)
    guard height >= 1, width >= 1, height <= limits.side, width <= limits.side, height * width <= limits.pixels else {
      throw PNGError.tooLarge(path: path, height: height, width: width, limits: limits)
    }
    // Deflate shrinks to no less than 1:1032, so that a small file with a large header lies; found out before memory is taken.
    if let packed = PNGChunks.packedBytes(in: buffer, height: height, width: width), packed / 1_040 > buffer.count {
      throw PNGError.damaged(path: path, reason: "byte 16: too short a file for \(height)×\(width) pixels")
    }
    let channels = control.format & colourFormat != 0 ? 3 : 1
    let isTransparent = control.format & alphaFormat != 0 && !inLinearLight
    control.format = (channels == 3 ? colourFormat : 0) | (isTransparent ? alphaFormat : 0)
    // Without this, 16-bit files that name no gamma are taken as linear light and come out far too bright.
    control.flags |= png_uint_32(PNG_IMAGE_FLAG_16BIT_sRGB)
    var paper = png_color(red: background, green: background, blue: background)
    var pixels = [UInt8](repeating: 0, count: height * width * (channels + (isTransparent ? 1 : 0)))
    // libpng itself lays pixels over a background in linear light, by up to 72 levels other than what people see elsewhere.
    let status =
      isTransparent
      ? png_image_finish_read(&control, nil, &pixels, 0, nil) : png_image_finish_read(&control, &paper, &pixels, 0, nil)
    guard status != 0 else {
      throw PNGError.damaged(path: path, reason: "byte \(PNGChunks.flaw(in: buffer)): \(message(of: control))")
    }
    if isTransparent { pixels = laid(pixels, channels: channels, over: background) }
    guard let image = PixelImage(height: height, width: width, channels: channels, pixels: pixels) else {
      throw PNGError.damaged(path: path, reason: "the header's size does not fit the pixels")
    }
    return image
  }

  /// Samples with their opacity, last in each pixel, over a grey level: rounded to nearest.
  private static func laid(_ samples: [UInt8], channels: Int, over paper: UInt8) -> [UInt8] {
    var result = [UInt8]()
    result.reserveCapacity(samples.count / (channels + 1) * channels)
    for start in stride(from: 0, to: samples.count, by: channels + 1) {
      let opacity = Int(samples[start + channels])
      for channel in 0..<channels {
        result.append(UInt8((Int(samples[start + channel]) * opacity + Int(paper) * (255 - opacity) + 127) / 255))
      }
    }
    return result
  }

  private static func message(of control: png_image) -> String {
    withUnsafeBytes(of: control.message) { bytes in
      let text = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      return text.isEmpty ? "unknown error" : text
    }
  }
}
