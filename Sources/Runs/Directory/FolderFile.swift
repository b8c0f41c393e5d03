import Datasets
import Foundation
import Messages

/// Files of a folder that work goes on in: whole or not at all, with errors that name folder and file.
package enum FolderFile {
  /// Makes a folder, with those that it lies in.
  package static func makeFolder(_ folder: String, of path: String) throws(RunError) {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw RunError(.system(action: "make the folder", reason: FailureText.of(error)), path: path)
    }
  }

  package static func write(_ bytes: [UInt8], to file: String, of path: String) throws(RunError) {
    do {
      try ByteFile.writeAtomically(bytes, to: "\(path)/\(file)")
    } catch {
      throw RunError(error, action: "write \(file)", path: path)
    }
  }

  /// Writes a value as JSON for people, with a line end.
  package static func write(json value: some Encodable, to file: String, of path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try write(Array(try encoder.encode(value)) + [10], to: file, of: path)
  }

  package static func read(_ file: String, of path: String) throws(RunError) -> [UInt8] {
    do {
      return try ByteFile.read("\(path)/\(file)", limit: 4 << 30)
    } catch {
      throw RunError(.unreadable(file: file, reason: error.reason), path: path)
    }
  }

  /// Writes a line with the SHA-256 of the rest, then the rest.
  package static func writeChecked(_ content: [UInt8], to file: String, of path: String) throws(RunError) {
    try write(Array(SHA256.hex(content).utf8) + [10] + content, to: file, of: path)
  }

  /// Reads what ``writeChecked(_:to:of:)`` wrote; damage is an error.
  package static func readChecked(_ file: String, of path: String) throws(RunError) -> [UInt8] {
    let bytes = try read(file, of: path)
    guard let end = bytes.firstIndex(of: 10), Array(SHA256.hex(Array(bytes[(end + 1)...])).utf8) == Array(bytes[..<end]) else {
      throw RunError(.unreadable(file: file, reason: "it is damaged"), path: path)
    }
    return Array(bytes[(end + 1)...])
  }
}
