import Basics
import NeuralNetworks
import SearchSpaces
import Yams

/// A value of a configuration: how it is read from YAML and written again.
protocol ConfigurationValue: Equatable {
  /// What the user should have written, such as "a whole number".
  static var expectation: String { get }
  /// Reads a value.
  ///
  /// - Throws: `ConfigurationError`, complete but for path and key.
  init(node: Node) throws(ConfigurationError)
  /// The value as YAML on one line; reading it gives the same value.
  var text: String { get }
}

extension Node {
  /// The text of an unquoted scalar.
  var plain: String? {
    guard let scalar, scalar.style == .plain || scalar.style == .any else { return nil }
    return scalar.string
  }

  var isNull: Bool { plain.map { ["", "~", "null"].contains($0) } ?? false }

  /// What is here, for messages.
  var shown: String {
    switch self {
    case .scalar(let scalar):
      let quoted = scalar.style == .plain || scalar.style == .any ? scalar.string : "\"\(scalar.string)\""
      return quoted.isEmpty ? "nothing" : quoted.shortened(to: 60)
    case .mapping: return "a section"
    case .sequence: return "a list"
    case .alias: return "an alias"
    }
  }

  func mismatch(_ expectation: String, help: String? = nil) -> ConfigurationError {
    ConfigurationError(line: mark?.line, key: "", problem: "expected \(expectation), found \(shown)", help: help)
  }
}

extension Int: ConfigurationValue {
  static var expectation: String { "a whole number" }
  init(node: Node) throws(ConfigurationError) {
    guard let value = node.plain.flatMap({ Int($0) }) else { throw node.mismatch(Self.expectation) }
    self = value
  }
  var text: String { String(self) }
}

extension UInt64: ConfigurationValue {
  static var expectation: String { "a whole number, 0 or more" }
  init(node: Node) throws(ConfigurationError) {
    guard let value = node.plain.flatMap({ UInt64($0) }) else { throw node.mismatch(Self.expectation) }
    self = value
  }
  var text: String { String(self) }
}

extension Double: ConfigurationValue {
  static var expectation: String { "a number" }
  init(node: Node) throws(ConfigurationError) {
    // YAML's own spellings of not-a-number and infinity are no numbers here: nothing in a configuration may be one.
    guard let value = node.plain.flatMap({ Double($0) }), value.isFinite else { throw node.mismatch(Self.expectation) }
    self = value
  }
  var text: String { description }
}

extension Bool: ConfigurationValue {
  static var expectation: String { "true or false" }
  init(node: Node) throws(ConfigurationError) {
    switch node.plain {
    case "true": self = true
    case "false": self = false
    default: throw node.mismatch(Self.expectation)
    }
  }
  var text: String { self ? "true" : "false" }
}

extension String: ConfigurationValue {
  static var expectation: String { "a text" }
  init(node: Node) throws(ConfigurationError) {
    guard let scalar = node.scalar, !node.isNull else { throw node.mismatch(Self.expectation) }
    self = scalar.string
  }
  /// Always quoted, so that no text is taken for a number, a truth value or a comment.
  var text: String {
    let escaped = unicodeScalars.map { scalar -> String in
      switch scalar {
      case "\"": return "\\\""
      case "\\": return "\\\\"
      case "\n": return "\\n"
      case "\t": return "\\t"
      case _ where scalar.properties.generalCategory == .control:
        let digits = String(scalar.value, radix: 16)
        return "\\x" + String(repeating: "0", count: 2 - digits.count) + digits
      case _ where scalar.isInvisible:
        // Overrides of the writing direction and the like: the file is for people, and is printed on terminals.
        let digits = String(scalar.value, radix: 16)
        return (scalar.value > 0xFFFF ? "\\U" : "\\u")
          + String(repeating: "0", count: (scalar.value > 0xFFFF ? 8 : 4) - digits.count) + digits
      default: return String(scalar)
      }
    }
    return "\"\(escaped.joined())\""
  }
}

extension Optional: ConfigurationValue where Wrapped: ConfigurationValue {
  static var expectation: String { "\(Wrapped.expectation) or null" }
  init(node: Node) throws(ConfigurationError) { self = node.isNull ? nil : try Wrapped(node: node) }
  var text: String { map(\.text) ?? "null" }
}

extension Array: ConfigurationValue where Element: ConfigurationValue {
  static var expectation: String { "a list, each entry \(Element.expectation)" }
  init(node: Node) throws(ConfigurationError) {
    guard let sequence = node.sequence else {
      // One entry by itself is what people write first.
      let bare = node.plain.flatMap { text in text.isEmpty || text.contains { ",[]{}".contains($0) } ? nil : text }
      throw node.mismatch(Self.expectation, help: node.scalar.map { "write it in brackets: [\(bare ?? $0.string.text)]" })
    }
    var values: [Element] = []
    for entry in sequence { values.append(try Element(node: entry)) }
    self = values
  }
  var text: String { "[\(map(\.text).joined(separator: ", "))]" }
}

/// A choice between names. Names in the camel case of Swift are written with hyphens.
protocol ConfigurationChoice: ConfigurationValue, CaseIterable, RawRepresentable where RawValue == String {}

extension ConfigurationChoice {
  static var expectation: String { "one of " + allCases.map(\.text).joined(separator: ", ") }

  init(node: Node) throws(ConfigurationError) {
    let text = node.scalar?.string
    guard let value = Self.allCases.first(where: { $0.text == text }) else {
      let near = text.flatMap { suggestion(for: $0, among: Self.allCases.map(\.text)) }
      throw node.mismatch(Self.expectation, help: near.map { "did you mean \($0)?" })
    }
    self = value
  }

  var text: String {
    rawValue.reduce(into: "") { $0 += $1.isUppercase ? "-" + $1.lowercased() : String($1) }
  }
}

extension Stem: ConfigurationChoice {}
extension CellKind: ConfigurationChoice {}
extension CellOperation: ConfigurationChoice {}
extension BatchNormPolicy: ConfigurationChoice {}
extension Conv4.Downsampling: ConfigurationChoice {}
