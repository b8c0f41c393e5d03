/// What can be wrong with a picture file (PNG or JPEG). Each says which file, where in it, and why.
public enum PNGError: Error, Equatable, CustomStringConvertible {
  /// The file cannot be opened or read.
  case unreadable(path: String, reason: String)
  /// The bytes are not a whole, intact picture; the reason begins with the byte.
  case damaged(path: String, reason: String)
  /// A picture in a format that is not read, such as `"WebP"`.
  case otherFormat(path: String, format: String)
  /// A side or the number of pixels exceeds ``PNGLimits``.
  case tooLarge(path: String, height: Int, width: Int, limits: PNGLimits)
  /// The file cannot be written.
  case unwritable(path: String, reason: String)

  /// One sentence: the file, what is wrong with it and, where something helps, what to do.
  public var description: String {
    switch self {
    case .unreadable(let path, let reason): "\(path): cannot read the file: \(reason)"
    case .damaged(let path, let reason): "\(path): not a whole picture: \(reason); replace the file"
    case .otherFormat(let path, let format): "\(path): \(Self.advice(format))"
    case .tooLarge(let path, let height, let width, let limits):
      "\(path): \(width) × \(height) pixels by its header (byte 0); at most \(limits.side) a side and \(limits.pixels) in all are read; scale it down"
    case .unwritable(let path, let reason): "\(path): cannot write the picture: \(reason)"
    }
  }
}

extension PNGError {
  /// What to do with a picture in another format.
  static func advice(_ format: String) -> String { "it is \(format) by its content, which is not read; save it as PNG or JPEG" }

  /// What is wrong and what to do, without the path.
  public var problem: String {
    switch self {
    case .unreadable(_, let reason): "cannot be read: \(reason)"
    case .damaged(_, let reason): "not a whole picture: \(reason); replace the file"
    case .otherFormat(_, let format): Self.advice(format)
    case .unwritable(_, let reason): reason
    case .tooLarge(_, let height, let width, _): "\(width)×\(height) pixels are too many; scale it down"
    }
  }
}

/// How large a picture is decoded, so that a small file cannot exhaust the memory.
public struct PNGLimits: Sendable, Hashable {
  /// The longest side in pixels.
  public var side: Int
  /// The most pixels in all.
  public var pixels: Int
  /// The most bytes of a file.
  public var fileBytes: Int

  /// 16,384 a side, 2²⁶ pixels (8,192 squared) and 256 MiB of file unless told otherwise.
  public init(side: Int = 16_384, pixels: Int = 1 << 26, fileBytes: Int = 1 << 28) {
    self.side = side
    self.pixels = pixels
    self.fileBytes = fileBytes
  }
}
