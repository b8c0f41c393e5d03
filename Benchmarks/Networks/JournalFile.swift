import ArgumentParser
import Foundation

/// A file of JSON lines that a run adds to and that the next one reads: the first line says what the others belong to.
struct JournalFile<Header: Codable & Equatable, Entry: Codable> {
  let path: String
  private(set) var entries: [Entry] = []
  private let handle: FileHandle

  /// Opens or begins a file. An incomplete last line, left by a run that was killed, is dropped.
  ///
  /// - Throws: `ValidationError` where the file belongs to other settings.
  init(_ path: String, header: Header) throws {
    self.path = path
    let url = URL(fileURLWithPath: path)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = Self.strings.decoding
    if let data = try? Data(contentsOf: url), !data.isEmpty {
      let complete = data.lastIndex(of: 10).map { data[...$0] } ?? Data()
      let lines = complete.split(separator: 10)
      guard let first = lines.first, let found = try? decoder.decode(Header.self, from: first), found == header else {
        throw ValidationError("\(path) belongs to other settings; give another --output, or remove it")
      }
      entries = try lines.dropFirst().map { try decoder.decode(Entry.self, from: $0) }
      if complete.count < data.count { try complete.write(to: url, options: .atomic) }
      handle = try FileHandle(forWritingTo: url)
      try handle.seekToEnd()
    } else {
      try Data((try Self.encoder.encode(header)) + [10]).write(to: url, options: .atomic)
      handle = try FileHandle(forWritingTo: url)
      try handle.seekToEnd()
    }
  }

  /// Adds a line.
  mutating func append(_ entry: Entry) throws {
    try handle.write(contentsOf: try Self.encoder.encode(entry) + [10])
    entries.append(entry)
  }

  private static var strings:
    (encoding: JSONEncoder.NonConformingFloatEncodingStrategy, decoding: JSONDecoder.NonConformingFloatDecodingStrategy)
  {
    (
      .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan"),
      .convertFromString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    )
  }

  private static var encoder: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    encoder.nonConformingFloatEncodingStrategy = strings.encoding
    return encoder
  }
}
