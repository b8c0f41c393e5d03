import Basics

/// What can be wrong with a picture file (PNG or JPEG). Each says which file, where in it, and why.
public enum PNGError: ReportableError, Equatable {
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

  /// Which file, what is wrong with it and, where something helps, what to do.
  public var fault: Fault {
    switch self {
    case .unreadable(let path, let reason): Fault("cannot read the file: \(reason)", at: .file(path))
    case .damaged(let path, _), .otherFormat(let path, _): problem.within(.file(path))
    case .tooLarge(let path, let height, let width, let limits):
      Fault(
        "\(width) × \(height) pixels by its header (byte 0)", at: .file(path).mentioning(byte: 0),
        help: "at most \(limits.side) a side and \(limits.pixels) in all are read; scale it down")
    case .unwritable(let path, let reason): Fault("cannot write the picture: \(reason)", at: .file(path))
    }
  }

  /// What is wrong and what to do, in few words and without the path.
  public var problem: Fault {
    switch self {
    case .unreadable(_, let reason): Fault("cannot be read: \(reason)")
    case .damaged(_, let reason): Fault("not a whole picture: \(reason)", help: "replace the file")
    case .otherFormat(_, let format):
      Fault("it is \(format) by its content, which is not read", help: "save it as PNG or JPEG")
    case .unwritable(_, let reason): Fault(reason)
    case .tooLarge(_, let height, let width, _):
      Fault("\(width)×\(height) pixels are too many", help: "scale it down")
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
