import Basics
import Foundation

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

  /// Writes a file, whole or not at all: the one way to do so for all folders that work goes on in.
  ///
  /// - Parameter calls: what the operating system does; tests give calls that fail.
  package static func write(
    _ bytes: [UInt8], to file: String, of path: String, calls: FileCalls = .system
  ) throws(RunError) {
    do {
      try ByteFile.writeAtomically(bytes, to: "\(path)/\(file)", calls: calls)
    } catch {
      throw RunError(error, action: "write \(file)", path: path)
    }
  }

  /// Writes a value as JSON for people, with a line end and a seal.
  ///
  /// - Parameter owner: what the file belongs to.
  package static func write(
    json value: some Encodable, to file: String, of path: String, owner: String = ""
  ) throws {
    try write(Seal.seal(json: try prettyJSON(value), owner: owner), to: file, of: path)
  }

  /// JSON for people, with a line end.
  package static func prettyJSON(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(value)) + [10]
  }

  /// Reads JSON that ``write(json:to:of:owner:)`` wrote.
  ///
  /// - Parameters:
  ///   - owner: what it must belong to; `nil` for anything.
  ///   - mustBeSealed: whether a file without a seal is damaged; otherwise it was made before there were seals.
  /// - Throws: `RunError`, which names the file and, where it is a value that is impossible, its key.
  package static func read<Value: Decodable>(
    json type: Value.Type, from file: String, of path: String, owner: String?, mustBeSealed: Bool
  ) throws(RunError) -> Value {
    try decode(type, from: try read(file, of: path), file, of: path, owner: owner, mustBeSealed: mustBeSealed)
  }

  /// The same of bytes.
  package static func decode<Value: Decodable>(
    _ type: Value.Type, from bytes: [UInt8], _ file: String, of path: String, owner: String?, mustBeSealed: Bool
  ) throws(RunError) -> Value {
    let opened: Seal.Opened
    do throws(Seal.Flaw) {
      opened = try Seal.open(json: bytes)
      if mustBeSealed, !opened.isSealed { throw .damaged(Seal.missing) }
      if let owner, let found = opened.owner, found != owner { throw .foreign(owner: found) }
    } catch {
      throw RunError(error, file: file, expected: owner ?? "", path: path)
    }
    do throws(JSONBounds.Violation) {
      return try JSONBounds.decode(type, from: opened.content)
    } catch {
      throw RunError(.unreadable(file: file, reason: error.reason), path: path)
    }
  }

  package static func read(_ file: String, of path: String) throws(RunError) -> [UInt8] {
    do {
      return try ByteFile.read("\(path)/\(file)", limit: 4 << 30)
    } catch {
      throw RunError(reading: file, error, path: path)
    }
  }

  /// Whether there is a file or a folder.
  ///
  /// - Throws: `RunError` where the operating system does not say, as in a folder that may not be looked into: that is not the same as
  ///   none.
  package static func exists(_ file: String, of path: String) throws(RunError) -> Bool {
    var status = stat()
    if stat("\(path)/\(file)", &status) == 0 { return true }
    guard errno != ENOENT, errno != ENOTDIR else { return false }
    throw RunError(.system(action: "look for \(file)", reason: FailureText.reason()), path: path)
  }

  /// The names in a folder; none where it is not there.
  ///
  /// - Throws: `RunError` where it may not be looked into.
  package static func entries(of path: String) throws(RunError) -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: path)
    } catch {
      var status = stat()
      guard stat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFDIR else {
        throw RunError(.system(action: "make the folder", reason: FailureText.reason(ENOTDIR)), path: path)
      }
      let code = FailureText.errorNumber(of: error)
      if code == ENOENT { return [] }
      throw RunError(
        .system(action: code == ENOTDIR ? "make the folder" : "look into it", reason: FailureText.of(error)), path: path)
    }
  }

  /// Writes a line with the SHA-256 of the rest and what it belongs to, then the rest.
  package static func writeChecked(_ content: [UInt8], to file: String, of path: String, owner: String = "") throws(RunError) {
    guard !owner.isEmpty else { return try write(Array(SHA256.hex(content).utf8) + [10] + content, to: file, of: path) }
    let name = Array(owner.utf8)
    try write(Array("\(SHA256.hex(name + [10] + content)) ".utf8) + name + [10] + content, to: file, of: path)
  }

  /// Reads what ``writeChecked(_:to:of:owner:)`` wrote; damage is an error, and so is what belongs to something else. A file of a
  /// version without owners has none.
  ///
  /// - Parameter mustBeOwned: whether a file that names no owner is damaged.
  package static func readChecked(
    _ file: String, of path: String, owner: String? = nil, mustBeOwned: Bool = false
  ) throws(RunError) -> [UInt8] {
    let bytes = try read(file, of: path)
    guard let end = bytes.firstIndex(of: 10) else { throw RunError(.damaged(file: file, reason: Seal.mismatch), path: path) }
    let (line, content) = (bytes[..<end], Array(bytes[(end + 1)...]))
    let digest = Array(line.prefix(64))
    if line.count == 64 {
      guard Array(SHA256.hex(content).utf8) == digest, !mustBeOwned else {
        throw RunError(.damaged(file: file, reason: Seal.mismatch), path: path)
      }
      return content
    }
    let name = Array(line.dropFirst(65))
    guard line.count > 65, line[64] == 32, Array(SHA256.hex(name + [10] + content).utf8) == digest else {
      throw RunError(.damaged(file: file, reason: Seal.mismatch), path: path)
    }
    let found = String(decoding: name, as: UTF8.self)
    if let owner, found != owner {
      throw RunError(.foreign(file: file, belongsTo: found, expected: owner), path: path)
    }
    return content
  }
}
