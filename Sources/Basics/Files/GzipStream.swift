import CZlib

/// A file's bytes from front to back, decompressed on the way where they are gzip (RFC 1952), by zlib.
///
/// It decompresses only what is requested, so that a small damaged or hostile file cannot exhaust the memory.
package final class GzipStream {
  /// What to call the file in errors.
  package let path: String
  private let compressed: [UInt8]
  private let stream: UnsafeMutablePointer<z_stream>?
  private var consumed = 0
  private var produced = 0
  private var ended = false
  /// The most bytes that may come; ``ReaderError/unpacksTooFar(path:offset:limit:stored:)`` beyond.
  package let limit: Int

  /// Begins at the first byte; `bytes` is the whole file, compressed or not.
  ///
  /// - Parameter budget: how far a compressed file may unpack.
  package init(_ bytes: [UInt8], path: String, budget: UnpackingBudget = .pictures) throws(ReaderError) {
    self.path = path
    compressed = bytes
    limit = bytes.starts(with: [0x1f, 0x8b]) ? budget.bytes(of: bytes.count) : bytes.count
    guard bytes.starts(with: [0x1f, 0x8b]) else {
      stream = nil
      return
    }
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // 16 + 15: a gzip wrapper and the largest window.
    guard inflateInit2_(stream, 16 + 15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      stream.deallocate()
      throw .damagedCompression(path: path, offset: 0, reason: "zlib cannot start")
    }
    self.stream = stream
  }

  deinit {
    guard let stream else { return }
    inflateEnd(stream)
    stream.deallocate()
  }

  /// The most bytes that can still come: deflate shrinks by at most 1,032 to 1.
  var upperBound: Int {
    let remaining = compressed.count - consumed
    return stream == nil ? remaining : remaining * 1_032 + 65_536
  }

  /// The next `count` bytes, fewer at the end of the file.
  ///
  /// - Throws: ``ReaderError/damagedCompression(path:offset:reason:)``.
  package func read(_ count: Int) throws(ReaderError) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: min(count, upperBound, limit - produced + 1))
    let filled = try fill(&result)
    result.removeLast(result.count - filled)
    produced += filled
    guard produced <= limit else { throw tooFar }
    return result
  }

  /// Looks ahead, without keeping anything, where a header announces more bytes than may come.
  ///
  /// - Parameter announced: bytes of the whole file by its header.
  /// - Returns: where the file ends, if before that; `nil` if reading may continue.
  /// - Throws: ``ReaderError/unpacksTooFar(path:offset:limit:stored:)``, or what ``read(_:)`` throws.
  package func endBefore(announced: Int) throws(ReaderError) -> Int? {
    guard stream != nil, announced > limit else { return nil }
    while true { if try read(1 << 20).isEmpty { return produced } }
  }

  private var tooFar: ReaderError {
    .unpacksTooFar(path: path, offset: consumed, limit: limit, stored: compressed.count)
  }

  private func fill(_ target: inout [UInt8]) throws(ReaderError) -> Int {
    guard let stream else {
      let count = min(target.count, compressed.count - consumed)
      target.replaceSubrange(0..<count, with: compressed[consumed..<consumed + count])
      consumed += count
      return count
    }
    var filled = 0
    while filled < target.count, !ended {
      let status = step(stream, &target, &filled)
      switch status {
      case Z_OK: break
      case Z_STREAM_END: try nextMember(stream)
      case Z_BUF_ERROR where consumed == compressed.count:
        throw .damagedCompression(path: path, offset: consumed, reason: "the compressed data end early")
      default:
        let reason = stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(status)"
        throw .damagedCompression(path: path, offset: consumed, reason: reason)
      }
    }
    return filled
  }

  /// One call of zlib, on at most 2³⁰ bytes a side.
  private func step(_ stream: UnsafeMutablePointer<z_stream>, _ target: inout [UInt8], _ filled: inout Int) -> Int32 {
    let available = min(compressed.count - consumed, 1 << 30)
    let room = min(target.count - filled, 1 << 30)
    let status = compressed.withUnsafeBufferPointer { input in
      target.withUnsafeMutableBufferPointer { output in
        // zlib's interface wants a mutable input, which it does not change.
        stream.pointee.next_in = input.baseAddress.map { UnsafeMutablePointer(mutating: $0) + consumed }
        stream.pointee.avail_in = UInt32(available)
        stream.pointee.next_out = output.baseAddress.map { $0 + filled }
        stream.pointee.avail_out = UInt32(room)
        return inflate(stream, Z_NO_FLUSH)
      }
    }
    consumed += available - Int(stream.pointee.avail_in)
    filled += room - Int(stream.pointee.avail_out)
    return status
  }

  /// A gzip file may consist of several members one after the other; anything else after a member is damage.
  private func nextMember(_ stream: UnsafeMutablePointer<z_stream>) throws(ReaderError) {
    if consumed == compressed.count {
      ended = true
    } else {
      guard inflateReset(stream) == Z_OK else {
        throw .damagedCompression(path: path, offset: consumed, reason: "zlib cannot go on")
      }
    }
  }
}
