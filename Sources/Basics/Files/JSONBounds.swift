import Foundation

/// The one place where numbers of JSON files are bounded before anything is computed with them: sums and products of what passes cannot
/// overflow on their own, and no number is one that a `Double` cannot hold.
package enum JSONBounds {
  /// The largest whole number, up or down: 2⁵³.
  package static let largest: UInt64 = 1 << 53
  /// Values within values.
  package static let depth = 100

  /// What is wrong with a file's JSON: where, in the file's own keys.
  package struct Violation: ReportableError, Equatable {
    /// The keys that lead there, joined by points; places in lists in brackets.
    package var key: String
    /// What is wrong, as a clause.
    package var problem: String

    package init(key: String, problem: String) {
      self.key = key
      self.problem = problem
    }

    /// Both.
    package var fault: Fault { Fault(reason, at: .mentioned(key: key.isEmpty ? nil : key)) }

    /// Both in words.
    package var reason: String { key.isEmpty ? problem : "'\(key)' \(problem)" }
  }

  /// Keys whose numbers are seeds and places of random generators: any 64 bits, used only in wrapping arithmetic.
  private static let free: Set<String> = ["seed", "firstSeed", "key", "index", "position"]

  /// Decodes a value from JSON whose numbers are within bounds.
  ///
  /// - Throws: ``Violation``, which names the key.
  package static func decode<Value: Decodable>(
    _ type: Value.Type, from bytes: [UInt8], using decoder: JSONDecoder = JSONDecoder()
  ) throws(Violation) -> Value {
    try check(bytes)
    do {
      return try decoder.decode(type, from: Data(bytes))
    } catch let error as DecodingError {
      throw violation(error)
    } catch {
      throw Violation(key: "", problem: "\(error)")
    }
  }

  /// Checks all numbers of a JSON text, regardless of their meaning; a decoder checks the rest of the text.
  ///
  /// - Throws: ``Violation`` for whole numbers beyond ±2⁵³, and for values nested too deep.
  package static func check(_ bytes: [UInt8]) throws(Violation) {
    var scanner = Scanner()
    let violation = bytes.withUnsafeBufferPointer { scanner.scan($0) }
    if let violation { throw violation }
  }

  /// A decoder's error in words.
  package static func violation(_ error: DecodingError) -> Violation {
    func place(_ path: [any CodingKey]) -> String {
      path.reduce(into: "") { text, key in
        text += key.intValue.map { "[\($0)]" } ?? (text.isEmpty ? key.stringValue : ".\(key.stringValue)")
      }
    }
    switch error {
    case .keyNotFound(let key, let context): return Violation(key: place(context.codingPath + [key]), problem: "is missing")
    case .valueNotFound(_, let context): return Violation(key: place(context.codingPath), problem: "has no value")
    case .typeMismatch(let type, let context):
      return Violation(key: place(context.codingPath), problem: "is not \(Self.words(for: type))")
    case .dataCorrupted(let context):
      return Violation(
        key: place(context.codingPath),
        problem: context.codingPath.isEmpty ? "it is not JSON" : "has an impossible value: \(context.debugDescription)")
    @unknown default: return Violation(key: "", problem: "it cannot be understood")
    }
  }

  private static func words(for type: Any.Type) -> String {
    switch type {
    case is String.Type: "a text"
    case is Bool.Type: "true or false"
    case is any FixedWidthInteger.Type: "a whole number"
    case is any BinaryFloatingPoint.Type: "a number"
    case is [String: Any].Type: "a group of keys"
    default: "\(type)".hasPrefix("Dictionary") ? "a group of keys" : "\(type)".hasPrefix("Array") ? "a list" : "what it should be"
    }
  }

  /// Walks over a text once, keeping the keys that lead to where it is.
  private struct Scanner {
    /// A group or a list that is open.
    private struct Level {
      var isList: Bool
      var place = 0
      /// The latest key: where it begins and ends.
      var key = 0..<0
    }

    private var levels: [Level] = []

    mutating func scan(_ bytes: UnsafeBufferPointer<UInt8>) -> Violation? {
      var place = 0
      var text = 0..<0
      while place < bytes.count {
        switch bytes[place] {
        case UInt8(ascii: "\""):
          let start = place + 1
          place = start
          while place < bytes.count, bytes[place] != UInt8(ascii: "\"") { place += bytes[place] == UInt8(ascii: "\\") ? 2 : 1 }
          text = start..<min(place, bytes.count)
          place += 1
        case UInt8(ascii: ":"):
          if let last = levels.indices.last { levels[last].key = text }
          place += 1
        case UInt8(ascii: ","):
          if let last = levels.indices.last { levels[last].place += 1 }
          place += 1
        case UInt8(ascii: "{"), UInt8(ascii: "["):
          levels.append(Level(isList: bytes[place] == UInt8(ascii: "[")))
          if levels.count > JSONBounds.depth {
            return Violation(key: "", problem: "its values are nested more than \(JSONBounds.depth) deep")
          }
          place += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
          _ = levels.popLast()
          place += 1
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
          let start = place
          var isWhole = true
          while place < bytes.count, Self.isOfNumber(bytes[place]) {
            if [UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E")].contains(bytes[place]) { isWhole = false }
            place += 1
          }
          if isWhole, let violation = judge(bytes, start..<place) { return violation }
        default: place += 1
        }
      }
      return nil
    }

    private static func isOfNumber(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "e"),
        UInt8(ascii: "E"):
        true
      default: false
      }
    }

    /// What is wrong with a whole number.
    private func judge(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Violation? {
      guard range.count > 15 else { return nil }
      let digits = String(decoding: bytes[range], as: UTF8.self)
      let isNegative = digits.hasPrefix("-")
      let size = UInt64(isNegative ? digits.dropFirst() : Substring(digits))
      if let size, size <= JSONBounds.largest { return nil }
      let key = levels.last.map { String(decoding: bytes[$0.key], as: UTF8.self) } ?? ""
      if size != nil, !isNegative, levels.last?.isList == false, JSONBounds.free.contains(key) { return nil }
      let shown = digits.count > 24 ? digits.prefix(24) + "…" : Substring(digits)
      return Violation(key: path(bytes), problem: "is \(shown), beyond ±\(JSONBounds.largest)")
    }

    private func path(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
      levels.reduce(into: "") { text, level in
        let key = String(decoding: bytes[level.key].prefix(80), as: UTF8.self)
        text += level.isList ? "[\(level.place)]" : text.isEmpty ? key : ".\(key)"
      }
    }
  }
}
