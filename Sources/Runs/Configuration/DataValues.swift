import Datasets
import Yams

/// How often data sets are drawn from, relative to one another.
public struct DatasetWeights: Sendable, Hashable {
  /// A data set or a pattern, and its weight.
  public struct Entry: Sendable, Hashable {
    /// The data set's name, or a pattern.
    public var pattern: NamePattern
    /// The weight, at least 0.
    public var weight: Double
  }

  /// The entries, in the order in which they were given.
  public var entries: [Entry] = []

  /// No weights.
  public init() {}

  /// The weight of a data set: of the first entry that stands for it, 1 where there is none.
  public func weight(of name: String) -> Double { entries.first { $0.pattern.matches(name) }?.weight ?? 1 }
}

extension DatasetWeights: ConfigurationValue {
  static var expectation: String { "a section of data sets and their weights, such as {glyphs-*: 1, icons-*: 3}" }

  init(node: Node) throws(ConfigurationError) {
    guard let mapping = node.mapping else { throw node.mismatch(Self.expectation) }
    for (key, value) in mapping {
      entries.append(Entry(pattern: NamePattern(try String(node: key)), weight: try Double(node: value)))
    }
  }

  var text: String { "{\(entries.map { "\($0.pattern.text.text): \($0.weight.text)" }.joined(separator: ", "))}" }
}

/// `true` and `false` stand for turns per class and for none.
extension RotationPolicy: ConfigurationValue {
  static var expectation: String { "true or false, or as-classes" }

  init(node: Node) throws(ConfigurationError) {
    switch node.plain {
    case "true": self = .perClass
    case "false": self = .none
    case "as-classes": self = .asClasses
    default: throw node.mismatch(Self.expectation)
    }
  }

  var text: String {
    switch self {
    case .none: "false"
    case .perClass: "true"
    case .asClasses: "as-classes"
    }
  }
}

/// A name, or a pattern in which every `*` stands for any text.
public struct NamePattern: Sendable, Hashable {
  /// The pattern's text.
  public let text: String

  /// The pattern of a text; without a `*` it stands for that name only.
  public init(_ text: String) { self.text = text }

  /// Whether there is a `*` in it.
  public var isPattern: Bool { text.contains("*") }

  /// Whether a name is one of those that the pattern stands for.
  public func matches(_ name: String) -> Bool {
    let parts = text.split(separator: "*", omittingEmptySubsequences: false)
    guard parts.count > 1, let first = parts.first, let last = parts.last else { return text == name }
    guard name.count >= first.count + last.count, name.hasPrefix(first), name.hasSuffix(last) else { return false }
    var rest = name.dropFirst(first.count).dropLast(last.count)
    for part in parts.dropFirst().dropLast() where !part.isEmpty {
      guard let place = rest.firstRange(of: part) else { return false }
      rest = rest[place.upperBound...]
    }
    return true
  }
}
