import Basics
import Foundation

/// A table of comma-separated values with a line of column names, plain or gzip-compressed; RFC 4180 without line breaks in quotes.
///
/// Read as spreadsheets and R write it: with a byte order mark, with any of the three line ends, with numbers in quotes, with row names
/// in a column that has no name, with NA for blank fields, with empty lines (or lines of commas) at the end.
///
/// Only the columns asked for are kept. Errors name the byte, counted after decompression.
struct CSVTable {
  /// No benchmark's table is larger than this once decompressed.
  static let byteLimit = 1 << 28

  /// What to call the file in errors.
  let path: String
  /// All column names, in order.
  let columns: [String]
  /// The numbers of the columns asked for, by name; a blank field is NaN.
  private(set) var numbers: [String: [Double]] = [:]
  /// The texts of the column asked for.
  private(set) var keys: [String] = []
  /// Where each row begins.
  private(set) var offsets: [Int] = []

  var rows: Int { offsets.count }

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - key: the column with the architecture.
  ///   - wanted: which columns to read as numbers, given all names.
  ///   - blanksAllowed: the columns that may have blank fields.
  ///   - digits: how many digits a key has that is digits only: spreadsheets drop the zeros that it begins with.
  init(
    path: String, key: String, digits: Int, wanted: ([String]) -> [String], blanksAllowed: Set<String> = []
  ) throws(BenchmarkError) {
    let file: [UInt8]
    do {
      file = try SourceFile.read(path)
    } catch {
      throw .unreadable(error)
    }
    try self.init(file, path: path, key: key, digits: digits, wanted: wanted, blanksAllowed: blanksAllowed)
  }

  /// Parses the bytes of a whole file.
  init(
    _ file: [UInt8], path: String, key: String, digits: Int, wanted: ([String]) -> [String], blanksAllowed: Set<String> = []
  ) throws(BenchmarkError) {
    self.path = path
    let bytes = try Self.decompressed(file, path: path)
    var scanner = Scanner(bytes: bytes, path: path)
    columns = try scanner.header()
    let names = wanted(columns)
    for name in names + [key] where !columns.contains(name) { throw .missingColumn(path: path, name: name) }
    // For every column where its numbers go; the key's and others' are negative.
    let targets = columns.map { column in names.firstIndex(of: column) ?? (column == key ? -1 : -2) }
    let blanks = names.map(blanksAllowed.contains)
    var values = [[Double]](repeating: [], count: names.count)
    while scanner.skipBlankRows() {
      offsets.append(scanner.position)
      for (place, target) in targets.enumerated() {
        let last = place == targets.count - 1
        if target >= 0 {
          values[target].append(try scanner.number(last: last, column: columns[place], blank: blanks[target]))
        } else {
          let field = try scanner.field(last: last)
          if target == -1 { keys.append(Self.key(field, digits: digits)) }
        }
      }
    }
    numbers = Dictionary(uniqueKeysWithValues: zip(names, values))
  }

  /// The numbers of a column that was asked for.
  subscript(name: String) -> [Double] { numbers[name] ?? [] }

  /// A key with the zeros again that it began with.
  private static func key(_ field: String, digits: Int) -> String {
    let text = field.utf8
    guard !text.isEmpty, text.count < digits, text.allSatisfy({ (48...57).contains($0) }) else { return field }
    return String(repeating: "0", count: digits - text.count) + field
  }

  private static func decompressed(_ file: [UInt8], path: String) throws(BenchmarkError) -> [UInt8] {
    do {
      let stream = try GzipStream(file, path: path)
      var bytes = [UInt8]()
      // In pieces, so that memory grows with what there is and not with what might be.
      while true {
        let piece = try stream.read(1 << 18)
        guard !piece.isEmpty else { return bytes }
        bytes += piece
        guard bytes.count <= byteLimit else { throw BenchmarkError.tooLarge(path: path, limit: byteLimit) }
      }
    } catch let error as BenchmarkError {
      throw error
    } catch let error as ReaderError {
      throw .unreadable(error)
    } catch {
      throw .malformed(path: path, offset: 0, found: "\(error)", expected: "a table")
    }
  }

  /// Fields from front to back.
  private struct Scanner {
    let bytes: [UInt8]
    let path: String
    var position = 0

    /// Goes on to the next row that holds something; `false` where none does. Spreadsheets leave rows of commas below a table.
    mutating func skipBlankRows() -> Bool {
      var next = position
      while next < bytes.count {
        switch bytes[next] {
        case 10, 13:
          next += 1
          position = next
        case 44: next += 1
        default: return true
        }
      }
      return false
    }

    mutating func header() throws(BenchmarkError) -> [String] {
      if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
      if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
        throw .malformed(
          path: path, offset: 0, found: "text in UTF-16", expected: "UTF-8 (in a spreadsheet: save as CSV UTF-8, comma delimited)"
        )
      }
      // What Excel reads the separator from.
      if bytes[position...].starts(with: "sep=,".utf8) {
        position += 5
        try separator(last: true)
      }
      let end = bytes[position...].prefix(1 << 16).firstIndex { $0 == 10 || $0 == 13 } ?? bytes.count
      guard end > position, end - position < 1 << 16 else {
        throw .malformed(
          path: path, offset: position, found: "a first line of \(end - position) bytes", expected: "the names of the columns")
      }
      var names = [String]()
      while true {
        let start = position
        let name = try text()
        guard name.isEmpty || !names.contains(name) else {
          throw .malformed(path: path, offset: start, found: "a second column “\(name)”", expected: "each name once")
        }
        names.append(name)
        let last = position >= bytes.count || bytes[position] != 44
        try separator(last: last)
        guard last else { continue }
        if names.count == 1, let other = [";", "\t"].first(where: names[0].contains) {
          throw .malformed(
            path: path, offset: start, found: "columns separated by \(other == ";" ? "semicolons" : "tabs")",
            expected: "commas, and points in numbers (save as CSV UTF-8, comma delimited)")
        }
        return names
      }
    }

    /// A field and the comma (or, for the last of a row, the line end) after it.
    mutating func field(last: Bool) throws(BenchmarkError) -> String {
      let text = try text()
      try separator(last: last)
      return text
    }

    /// Some write a space after every comma.
    private mutating func skipSpaces() { while position < bytes.count, bytes[position] == 32 { position += 1 } }

    /// A field, quoted or not.
    private mutating func text() throws(BenchmarkError) -> String {
      skipSpaces()
      guard position < bytes.count, bytes[position] == 34 else {
        let start = position
        while position < bytes.count, bytes[position] != 44, bytes[position] != 10, bytes[position] != 13 { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
      }
      position += 1
      var text = [UInt8]()
      while true {
        guard position < bytes.count, bytes[position] != 10, bytes[position] != 13 else {
          throw unexpected("a closing quotation mark")
        }
        if bytes[position] == 34 {
          guard position + 1 < bytes.count, bytes[position + 1] == 34 else { break }
          position += 1
        }
        text.append(bytes[position])
        position += 1
      }
      position += 1
      return String(decoding: text, as: UTF8.self)
    }

    /// A decimal number and the separator after it.
    mutating func number(last: Bool, column: String, blank: Bool) throws(BenchmarkError) -> Double {
      skipSpaces()
      let start = position
      // R and others put every field into quotes.
      let quoted = position < bytes.count && bytes[position] == 34
      if quoted { position += 1 }
      let first = position
      var digits = 0
      var mantissa: UInt64 = 0
      var decimals = 0
      var seenPoint = false
      var simple = true
      let negative = position < bytes.count && bytes[position] == 45
      if negative { position += 1 }
      loop: while position < bytes.count {
        let byte = bytes[position]
        switch byte {
        case 48...57:
          digits += 1
          if digits > 18 { simple = false } else { mantissa = mantissa * 10 + UInt64(byte - 48) }
          if seenPoint { decimals += 1 }
        case 46 where !seenPoint: seenPoint = true
        case 69, 101, 43, 45: simple = false
        default: break loop
        }
        position += 1
      }
      if blank, position == first, bytes[position...].starts(with: [78, 65]) { position += 2 }
      let end = position
      if quoted {
        guard position < bytes.count, bytes[position] == 34 else {
          position = start
          throw unexpected("a number in column \(column)")
        }
        position += 1
      }
      if blank, end == first || digits == 0 && bytes[first] == 78 {
        try separator(last: last)
        return .nan
      }
      var value: Double?
      if simple, digits > 0, mantissa < 1 << 53, decimals <= 22 {
        // Both are exact, so that the quotient is rounded once.
        value = Double(mantissa) / Self.powers[decimals]
        if negative { value = -(value ?? 0) }
      } else if digits > 0, end - first <= 64 {
        value = Double(String(decoding: bytes[first..<end], as: UTF8.self))
      }
      guard let value, value.isFinite else {
        position = start
        throw unexpected("a number in column \(column)")
      }
      try separator(last: last)
      return value
    }

    private static let powers = (0...22).map { pow(10, Double($0)) }

    private mutating func separator(last: Bool) throws(BenchmarkError) {
      guard last else {
        guard position < bytes.count, bytes[position] == 44 else { throw unexpected("a comma") }
        position += 1
        return
      }
      if position < bytes.count, bytes[position] == 13 {
        // A single carriage return ends a line too.
        position += 1
        if position < bytes.count, bytes[position] == 10 { position += 1 }
        return
      }
      if position == bytes.count { return }
      guard bytes[position] == 10 else { throw unexpected("the end of the line") }
      position += 1
    }

    private func unexpected(_ expected: String) -> BenchmarkError {
      guard position < bytes.count else {
        return .malformed(path: path, offset: position, found: "the end of the file", expected: expected)
      }
      let rest = bytes[position...].prefix(16).prefix { $0 != 10 && $0 != 13 }
      let found = rest.isEmpty ? "the end of the line" : "“\(String(decoding: rest, as: UTF8.self))”"
      return .malformed(path: path, offset: position, found: found, expected: expected)
    }
  }
}
