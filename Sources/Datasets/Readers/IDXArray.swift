import Basics

/// An array of bytes in IDX, the format of MNIST and its relatives (IDX or IDX.gz).
///
/// Source: LeCun, Cortes, Burges, "The MNIST database", section "File formats": two zero bytes, a type code, the number of
/// dimensions, each dimension as a big-endian 32-bit number, then the data in C order.
public struct IDXArray: Sendable, Hashable {
  /// Length along each axis.
  public let dimensions: [Int]
  /// The data, last axis fastest.
  public let bytes: [UInt8]

  /// Bytes before the data.
  public var headerBytes: Int { 4 + 4 * dimensions.count }

  /// Reads a file, gzip-compressed or plain.
  ///
  /// - Throws: `ReaderError`: unreadable, wrong magic number, another element type than unsigned bytes, sizes beyond memory,
  ///   truncation (with the byte offset, counted after decompression), trailing bytes, damaged compression.
  public init(path: String) throws(ReaderError) {
    try self.init(SourceFile.read(path), path: path)
  }

  /// Parses the bytes of a whole file, gzip-compressed or plain; `path` is what to call it in errors.
  ///
  /// - Throws: as ``init(path:)``.
  public init(_ file: [UInt8], path: String) throws(ReaderError) {
    let stream = try GzipStream(file, path: path)
    let start = try stream.read(4)
    guard start.count == 4 else { throw .truncated(path: path, offset: start.count, expected: 4) }
    guard start[0] == 0, start[1] == 0 else {
      throw .wrongMagic(path: path, offset: 0, found: "bytes \(start[0]) \(start[1])", expected: "0 0, as every IDX file begins")
    }
    guard start[2] == 8 else {
      throw .wrongMagic(path: path, offset: 2, found: "element type \(start[2])", expected: "8 (unsigned bytes)")
    }
    let axes = Int(start[3])
    guard (1...4).contains(axes) else {
      throw .badSize(path: path, offset: 3, reason: "\(axes) dimensions, 1 (labels) to 4 (images with channels) are read")
    }
    let header = try stream.read(4 * axes)
    guard header.count == 4 * axes else { throw .truncated(path: path, offset: 4 + header.count, expected: 4 + 4 * axes) }
    let dimensions = (0..<axes).map { axis in header[4 * axis..<4 * axis + 4].reduce(0) { $0 << 8 | Int($1) } }
    let offset = 4 + 4 * axes
    guard let count = ClaimedSize.bytes(dimensions) else {
      let axis = (1...axes).first { ClaimedSize.bytes(Array(dimensions.prefix($0))) == nil } ?? 1
      throw .badSize(path: path, offset: 4 * axis, reason: "dimensions \(dimensions) make more bytes than memory can hold")
    }
    if let end = try stream.endBefore(announced: offset + count) {
      throw .truncated(path: path, offset: end, expected: offset + count)
    }
    // These bytes, the images in the order of their classes, and those again as they are packed.
    try AvailableMemory.check(3 * min(count, stream.limit), path: path)
    // One byte more than announced, to see whether the file ends where it should; memory is bounded by the file's own size.
    let data = try stream.read(count + 1)
    guard data.count >= count else { throw .truncated(path: path, offset: offset + data.count, expected: offset + count) }
    guard data.count == count else { throw .trailingBytes(path: path, offset: offset + count) }
    self.dimensions = dimensions
    bytes = data
  }
}
