import Basics
import CZlib
import Foundation

/// The bytes of a pack: see ``DatasetPack`` for the table.
package enum PackLayout {
  static let magic = Array("ARCHPACK".utf8)
  static let sections = ["header", "pixels"]
  /// The most bytes of a pack's file, and of its header once inflated.
  static let fileLimit = 1 << 32
  static let headerLimit = 1 << 26
  static let entryBytes = 56
  static let digestBytes = 32

  private struct Entry {
    var name: String
    var offset: Int
    var stored: Int
    var plain: Int
    var digest: String
  }

  // MARK: Writing

  static func encode(_ header: PackHeader, pixels: [UInt8]) throws(PackError) -> [UInt8] {
    let json: [UInt8]
    do {
      json = try header.json()
    } catch {
      throw PackError.invalid(reason: "its header cannot be encoded: \(FailureText.of(error))")
    }
    guard json.count <= headerLimit else {
      throw PackError.invalid(reason: "its header has \(json.count) bytes, more than \(headerLimit)")
    }
    // What does not shrink is there twice more: as zlib leaves it, and in the file.
    if let shortage = AvailableMemory.shortage(of: 2 * pixels.count) { throw PackError.invalid(reason: shortage) }
    let plain = [json, pixels]
    var stored = [try deflated(json), try deflated(pixels)]
    for index in plain.indices where plain[index].count > UnpackingBudget.packs.bytes(of: stored[index].count) {
      // Nearly empty pictures shrink so far that a reader would suspect a trap: they are stored as they are.
      stored[index] = try deflated(plain[index], level: Z_NO_COMPRESSION)
    }
    var bytes = magic
    append(UInt32(DatasetPack.formatVersion), to: &bytes)
    append(UInt32(sections.count), to: &bytes)
    for (index, name) in sections.enumerated() {
      bytes += Array(name.utf8) + [UInt8](repeating: 0, count: 8 - name.utf8.count)
      append(UInt64(stored[index].count), to: &bytes)
      append(UInt64(plain[index].count), to: &bytes)
      bytes += rawDigest(stored[index])
    }
    bytes += rawDigest(bytes)
    return bytes + stored[0] + stored[1]
  }

  /// The bytes of a pack with the checksums that its contents have, as far as its table makes sense: for the fuzzer, which would
  /// not get behind the checksums otherwise.
  package static func resigned(_ bytes: [UInt8]) -> [UInt8] {
    let tableEnd = 16 + sections.count * entryBytes
    guard bytes.count >= tableEnd + digestBytes else { return bytes }
    var result = bytes
    var offset = tableEnd + digestBytes
    for index in sections.indices {
      let start = 16 + index * entryBytes
      guard let stored = Int(exactly: little64(bytes, start + 8)), stored <= bytes.count - offset else { break }
      result.replaceSubrange(start + 24..<start + entryBytes, with: rawDigest(Array(bytes[offset..<offset + stored])))
      offset += stored
    }
    result.replaceSubrange(tableEnd..<tableEnd + digestBytes, with: rawDigest(Array(result[..<tableEnd])))
    return result
  }

  // MARK: Reading

  static func parse(_ bytes: [UInt8], path: String) throws(PackError) -> (PackHeader, [UInt8]) {
    let entries = try table(of: bytes, path: path)
    let headerEntry = entries[0]
    let pixelEntry = entries[1]
    guard headerEntry.plain <= headerLimit else {
      throw malformed(headerEntry, path, "it would have \(headerEntry.plain) bytes, more than \(headerLimit)")
    }
    let json = try contents(of: headerEntry, in: bytes, path: path)
    let header: PackHeader
    do {
      header = try JSONDecoder().decode(PackHeader.self, from: Data(json))
    } catch {
      throw malformed(headerEntry, path, FailureText.of(error))
    }
    if let flaw = header.flaw { throw malformed(headerEntry, path, flaw) }
    guard header.pixelCount == pixelEntry.plain else {
      throw malformed(pixelEntry, path, "\(pixelEntry.plain) bytes, where the classes need \(header.pixelCount ?? 0)")
    }
    return (header, try contents(of: pixelEntry, in: bytes, path: path))
  }

  /// The sections' places, checked against the file's length.
  private static func table(of bytes: [UInt8], path: String) throws(PackError) -> [Entry] {
    guard bytes.prefix(magic.count) == magic[..<min(magic.count, bytes.count)], !bytes.isEmpty else {
      throw PackError.notAPack(path: path)
    }
    try need(16, at: 0, in: bytes, path)
    let version = Int(little32(bytes, 8))
    guard version <= DatasetPack.formatVersion else {
      throw PackError.newerVersion(path: path, version: version, supported: DatasetPack.formatVersion)
    }
    let count = Int(little32(bytes, 12))
    guard version >= 1, count == sections.count else {
      throw PackError.malformed(
        path: path, section: "table", offset: 8, reason: "version \(version) with \(count) sections does not exist")
    }
    let tableEnd = 16 + count * entryBytes
    try need(tableEnd + digestBytes, at: 0, in: bytes, path)
    guard Array(bytes[tableEnd..<tableEnd + digestBytes]) == rawDigest(Array(bytes[..<tableEnd])) else {
      throw PackError.checksumMismatch(path: path, section: "table", offset: 0)
    }
    var offset = tableEnd + digestBytes
    var entries: [Entry] = []
    for (index, expected) in sections.enumerated() {
      let start = 16 + index * entryBytes
      let name = String(decoding: bytes[start..<start + 8].prefix { $0 != 0 }, as: UTF8.self)
      guard name == expected, let stored = Int(exactly: little64(bytes, start + 8)),
        let plain = Int(exactly: little64(bytes, start + 16)), plain <= UnpackingBudget.packs.bytes(of: stored)
      else {
        throw PackError.malformed(
          path: path, section: "table", offset: start, reason: "no entry for “\(expected)” that can be true")
      }
      try need(stored, at: offset, in: bytes, path)
      entries.append(
        Entry(name: name, offset: offset, stored: stored, plain: plain, digest: hex(bytes[start + 24..<start + entryBytes])))
      offset += stored
    }
    guard offset == bytes.count else {
      throw PackError.malformed(
        path: path, section: "table", offset: offset, reason: "\(bytes.count - offset) bytes follow the last section")
    }
    return entries
  }

  private static func contents(of entry: Entry, in bytes: [UInt8], path: String) throws(PackError) -> [UInt8] {
    if let shortage = AvailableMemory.shortage(of: entry.stored + entry.plain) {
      throw PackError.unreadable(path: path, reason: shortage)
    }
    let stored = Array(bytes[entry.offset..<entry.offset + entry.stored])
    guard SHA256.hex(stored) == entry.digest else {
      throw PackError.checksumMismatch(path: path, section: entry.name, offset: entry.offset)
    }
    var plain = [UInt8](repeating: 0, count: entry.plain)
    var produced = UInt(entry.plain)
    var consumed = UInt(entry.stored)
    let status = uncompress2(&plain, &produced, stored, &consumed)
    guard status == Z_OK, Int(produced) == entry.plain, Int(consumed) == entry.stored else {
      throw malformed(entry, path, "its zlib stream does not inflate to \(entry.plain) bytes (status \(status))")
    }
    return plain
  }

  private static func malformed(_ entry: Entry, _ path: String, _ reason: String) -> PackError {
    PackError.malformed(path: path, section: entry.name, offset: entry.offset, reason: reason)
  }

  private static func need(_ count: Int, at offset: Int, in bytes: [UInt8], _ path: String) throws(PackError) {
    let available = bytes.count - offset
    guard count <= available else {
      throw PackError.truncated(path: path, offset: offset, needed: count, available: available)
    }
  }

  // MARK: Pieces

  private static func deflated(_ bytes: [UInt8], level: Int32 = Z_BEST_COMPRESSION) throws(PackError) -> [UInt8] {
    var count = compressBound(UInt(bytes.count))
    var result = [UInt8](repeating: 0, count: Int(count))
    guard compress2(&result, &count, bytes, UInt(bytes.count), level) == Z_OK else {
      throw PackError.invalid(reason: "zlib cannot deflate \(bytes.count) bytes")
    }
    return Array(result.prefix(Int(count)))
  }

  private static func rawDigest(_ bytes: [UInt8]) -> [UInt8] {
    let digits = Array(SHA256.hex(bytes).utf8)
    func value(_ digit: UInt8) -> UInt8 { digit < 58 ? digit - 48 : digit - 87 }
    return stride(from: 0, to: digits.count, by: 2).map { value(digits[$0]) << 4 | value(digits[$0 + 1]) }
  }

  private static func hex(_ bytes: ArraySlice<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  private static func append<Value: FixedWidthInteger>(_ value: Value, to bytes: inout [UInt8]) {
    for index in 0..<Value.bitWidth / 8 { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * index))) }
  }

  private static func little32(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << (8 * $1) }
  }

  private static func little64(_ bytes: [UInt8], _ offset: Int) -> UInt64 {
    (0..<8).reduce(0) { $0 | UInt64(bytes[offset + $1]) << (8 * $1) }
  }
}
