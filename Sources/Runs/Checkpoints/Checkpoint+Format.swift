import Basics
import Foundation

/// The file format, version 1. Numbers are little-endian.
///
/// | bytes | what |
/// | --- | --- |
/// | 8 | magic `ARCHPRCK` |
/// | 4, 4 | version; length of the header |
/// | 32 | SHA-256 of the header |
/// | … | header, JSON: resolved configuration, counters, and for every section name, shape, type, offset from the file's start, length, SHA-256 |
/// | … | sections, one after the other |
/// | 8, 8 | commit record: `COMMITTD`, length of the whole file |
///
/// A file whose writing was cut short lacks the commit record. Equal checkpoints have equal bytes.
extension Checkpoint {
  /// The format version that is written, and the newest that is read.
  public static let formatVersion = 1
  /// The largest header that is read.
  static let headerLimit = 16 << 20
  /// The largest file that is read.
  static let sizeLimit = 4 << 30
  /// The largest number of tasks, steps or milliseconds that is believed.
  static let counterLimit = 1_000_000_000_000_000
  static let magic = Array("ARCHPRCK".utf8)
  static let commit = Array("COMMITTD".utf8)
  static let prologue = 48
  static let epilogue = 16

  private struct Header: Codable {
    struct Section: Codable {
      var name: String
      var shape: [Int]
      var type: StoredArray.ElementType
      var offset: Int
      var length: Int
      var sha256: String
    }

    var configuration: String
    var digest: String
    var tasksSeen: Int
    var counters: [String: Int]
    var sections: [Section]
    var belongsTo: String?
  }

  /// The file's bytes.
  public func encoded() throws(CheckpointError) -> [UInt8] {
    // The sections' offsets are in the header and move with its length, so they are counted from the header's end until it is known.
    var offset = 0
    // The number of threads changes no result, and so it changes no byte either.
    var configuration = configuration
    configuration.threads = 0
    var header = Header(
      configuration: configuration.resolved, digest: configuration.digest, tasksSeen: tasksSeen, counters: counters, sections: [],
      belongsTo: belongsTo)
    for array in arrays {
      header.sections.append(
        .init(
          name: array.name, shape: array.shape, type: array.elementType, offset: offset, length: array.bytes.count,
          sha256: SHA256.hex(array.bytes)))
      offset += array.bytes.count
    }
    let json = try Self.json(header)
    var bytes = Self.magic + Self.littleEndian(UInt32(Self.formatVersion)) + Self.littleEndian(UInt32(json.count))
    bytes += Self.raw(digest: SHA256.hex(json))
    bytes.reserveCapacity(bytes.count + json.count + offset + Self.epilogue)
    bytes += json
    for array in arrays { bytes += array.bytes }
    let total = bytes.count + Self.epilogue
    bytes += Self.commit + Self.littleEndian(UInt64(total))
    return bytes
  }

  /// Reads a file's bytes, all of which are checked.
  ///
  /// - Throws: `CheckpointError`, without a path.
  public init(decoding bytes: [UInt8]) throws(CheckpointError) {
    let (header, body) = try Self.header(of: bytes)
    let (arrays, end) = try Self.arrays(of: bytes, header, from: body)
    guard bytes.count >= end + Self.epilogue else {
      throw CheckpointError(.truncated(offset: bytes.count, expected: "the commit record"))
    }
    guard Array(bytes[end..<(end + 8)]) == Self.commit, Int(exactly: Self.number(bytes[(end + 8)..<(end + 16)])) == bytes.count
    else {
      throw CheckpointError(.damaged(part: "the commit record", offset: end))
    }
    let configuration: Configuration
    do {
      configuration = try Configuration(yaml: header.configuration)
    } catch {
      throw CheckpointError(.badHeader(offset: Self.prologue, reason: error.message))
    }
    self.init(configuration: configuration, tasksSeen: header.tasksSeen, counters: header.counters, arrays: arrays)
    belongsTo = header.belongsTo
  }

  /// The header, and where it ends.
  private static func header(of bytes: [UInt8]) throws(CheckpointError) -> (header: Header, end: Int) {
    for (index, byte) in magic.enumerated() {
      guard index < bytes.count else {
        throw CheckpointError(.truncated(offset: bytes.count, expected: "the end of the magic number"))
      }
      guard bytes[index] == byte else { throw CheckpointError(.notACheckpoint) }
    }
    guard bytes.count >= prologue else {
      throw CheckpointError(.truncated(offset: bytes.count, expected: "the header"))
    }
    let version = Int(number(bytes[8..<12]))
    guard version <= formatVersion else {
      throw CheckpointError(.newerVersion(found: version, supported: formatVersion))
    }
    guard version == formatVersion else { throw CheckpointError(.badHeader(offset: 8, reason: "format version \(version)")) }
    let length = Int(number(bytes[12..<16]))
    guard length <= headerLimit else {
      throw CheckpointError(.badHeader(offset: 12, reason: "\(length) bytes long, more than the limit of \(headerLimit)"))
    }
    let end = prologue + length
    guard bytes.count >= end else { throw CheckpointError(.truncated(offset: bytes.count, expected: "the end of the header")) }
    let json = Array(bytes[prologue..<end])
    guard raw(digest: SHA256.hex(json)) == Array(bytes[16..<48]) else {
      throw CheckpointError(.damaged(part: "the header", offset: prologue))
    }
    return (try header(json), end)
  }

  /// The sections that a header announces, and where they end.
  private static func arrays(
    of bytes: [UInt8], _ header: Header, from body: Int
  ) throws(CheckpointError) -> (arrays: [StoredArray], end: Int) {
    var arrays: [StoredArray] = []
    var end = body
    for section in header.sections {
      guard section.offset == end - body, section.shape.allSatisfy({ $0 >= 0 }),
        let size = product(section.shape, section.type.byteCount), size == section.length
      else {
        throw CheckpointError(
          .badHeader(offset: prologue, reason: "section '\(section.name)' has an impossible place, shape or length"))
      }
      guard bytes.count - end >= size else {
        throw CheckpointError(.truncated(offset: bytes.count, expected: "the end of section '\(section.name)'"))
      }
      let stored = Array(bytes[end..<(end + size)])
      guard SHA256.hex(stored) == section.sha256 else {
        throw CheckpointError(.damaged(part: "section '\(section.name)'", offset: end))
      }
      arrays.append(StoredArray(name: section.name, shape: section.shape, elementType: section.type, bytes: stored))
      end += size
    }
    return (arrays, end)
  }

  private static func json(_ header: Header) throws(CheckpointError) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      let json = Array(try encoder.encode(header))
      guard json.count <= headerLimit else {
        throw CheckpointError(.badHeader(offset: 12, reason: "\(json.count) bytes long, more than the limit of \(headerLimit)"))
      }
      return json
    } catch let error as CheckpointError {
      throw error
    } catch {
      throw CheckpointError(.badHeader(offset: prologue, reason: FailureText.of(error)))
    }
  }

  private static func header(_ json: [UInt8]) throws(CheckpointError) -> Header {
    let header: Header
    do throws(JSONBounds.Violation) {
      header = try JSONBounds.decode(Header.self, from: json)
      let numbers =
        [("tasksSeen", header.tasksSeen)] + header.counters.sorted { $0.key < $1.key }.map { ("counters.\($0.key)", $0.value) }
      // Sums and products of a few of them stay far from overflow.
      if let (key, number) = numbers.first(where: { !(0...counterLimit).contains($0.1) }) {
        throw .init(key: key, problem: "is \(number), not from 0 to \(counterLimit)")
      }
      var names: Set<String> = []
      if let twice = header.sections.first(where: { !names.insert($0.name).inserted }) {
        throw .init(key: "sections", problem: "name '\(twice.name)' twice")
      }
    } catch {
      throw CheckpointError(.badHeader(offset: prologue, reason: error.reason))
    }
    return header
  }

  private static func product(_ shape: [Int], _ size: Int) -> Int? {
    var result = size
    for extent in shape {
      let (value, overflow) = result.multipliedReportingOverflow(by: extent)
      if overflow { return nil }
      result = value
    }
    return result
  }

  static func littleEndian<Number: FixedWidthInteger>(_ value: Number) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) } }

  private static func raw(digest hexadecimal: String) -> [UInt8] {
    func value(_ digit: UInt8) -> UInt8 { digit < 58 ? digit - 48 : digit - 87 }
    let digits = Array(hexadecimal.utf8)
    return stride(from: 0, to: digits.count, by: 2).map { value(digits[$0]) << 4 | value(digits[$0 + 1]) }
  }
}
