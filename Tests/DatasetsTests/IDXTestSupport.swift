import CZlib
import Foundation
import Testing

/// Data sets that a developer may have beside the package; never part of it.
enum SharedData {
  /// `$ARCHPRIOR_SHARED`, or `../shared/data` seen from the package.
  static let folder: URL = {
    if let path = ProcessInfo.processInfo.environment["ARCHPRIOR_SHARED"] { return URL(fileURLWithPath: path) }
    return URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../../shared/data").standardized
  }()

  static func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
  static func has(_ names: String...) -> Bool { names.allSatisfy { FileManager.default.fileExists(atPath: path($0)) } }
}

/// The bytes as one gzip member.
func gzipped(_ bytes: [UInt8]) -> [UInt8] {
  var stream = z_stream()
  deflateInit2_(&stream, 6, Z_DEFLATED, 16 + 15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
  defer { deflateEnd(&stream) }
  var input = bytes
  var output = [UInt8](repeating: 0, count: bytes.count + 100)
  let count = input.withUnsafeMutableBufferPointer { source in
    output.withUnsafeMutableBufferPointer { target in
      stream.next_in = source.baseAddress
      stream.avail_in = UInt32(source.count)
      stream.next_out = target.baseAddress
      stream.avail_out = UInt32(target.count)
      deflate(&stream, Z_FINISH)
      return target.count - Int(stream.avail_out)
    }
  }
  return Array(output.prefix(count))
}
