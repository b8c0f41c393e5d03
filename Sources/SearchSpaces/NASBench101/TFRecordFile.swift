import Basics
import Foundation

/// A file of records as TensorFlow writes them: length (8 bytes, little-endian), its masked CRC-32C, the payload, its masked CRC-32C.
///
/// The file is mapped, not read; records come one after the other.
struct TFRecordFile {
  /// Bytes around a payload.
  static let frame = 16

  /// What to call the file in errors.
  let path: String
  private let data: Data

  /// Maps a file.
  init(path: String) throws(BenchmarkError) {
    self.path = path
    do {
      try ByteFile.checkRegular(path)
      data = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
    } catch {
      throw .unreadable(.unreadable(path: path, reason: FailureText.of(error)))
    }
  }

  /// The records of a file's bytes.
  init(_ bytes: [UInt8], path: String) {
    self.path = path
    data = Data(bytes)
  }

  /// Calls `body` with every payload and the byte where it begins in the file.
  func forEachRecord(_ body: (UnsafeRawBufferPointer, Int) throws(BenchmarkError) -> Void) throws(BenchmarkError) {
    // Data's own withUnsafeBytes rethrows any error; this one is carried through.
    let outcome: Result<Void, BenchmarkError> = data.withUnsafeBytes { bytes in
      do throws(BenchmarkError) {
        try walk(bytes, body)
        return .success(())
      } catch {
        return .failure(error)
      }
    }
    try outcome.get()
  }

  private func walk(
    _ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer, Int) throws(BenchmarkError) -> Void
  ) throws(BenchmarkError) {
    var offset = 0
    while offset < bytes.count {
      let rest = bytes.count - offset
      guard rest >= 12 else { throw .truncated(path: path, offset: bytes.count, needed: 12 - rest) }
      let header = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + 8])
      let stored = bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt32.self).littleEndian
      guard CRC32C.masked(header) == stored else { throw .checksum(path: path, offset: offset, part: "record's length") }
      let length = header.loadUnaligned(as: UInt64.self).littleEndian
      // A length that fits its checksum but not the file: compare without adding, which might overflow.
      guard length <= UInt64(rest) - 12, rest - 12 - Int(length) >= 4 else {
        let missing = Int(clamping: length) &+ Self.frame &- rest
        throw .truncated(path: path, offset: bytes.count, needed: missing > 0 ? missing : .max)
      }
      let start = offset + 12
      let payload = UnsafeRawBufferPointer(rebasing: bytes[start..<start + Int(length)])
      let end = start + Int(length)
      guard CRC32C.masked(payload) == bytes.loadUnaligned(fromByteOffset: end, as: UInt32.self).littleEndian else {
        throw .checksum(path: path, offset: start, part: "record")
      }
      try body(payload, start)
      offset = end + 4
    }
  }
}
