import Basics
import Foundation

/// Names of classes by label, as a user or a file beside the data gives them.
public struct ClassNames: Sendable, Hashable {
  /// Where they come from, for messages: `--class-names`, or a file's path.
  public let origin: String
  /// The names by label.
  public private(set) var byLabel: [Int: String]
  /// Whether they came as a list, whose first name is that of the first label.
  private var isList: Bool

  /// A list: the first name is that of label 0.
  ///
  /// - Throws: `ReaderError.badClassNames(path:reason:)` for empty or repeated names.
  public init(_ names: [String], origin: String) throws(ReaderError) {
    try self.init(Dictionary(uniqueKeysWithValues: names.enumerated().map { ($0, $1) }), origin: origin, isList: true)
  }

  /// Names by label.
  ///
  /// - Throws: `ReaderError.badClassNames(path:reason:)` for empty or repeated names, or none.
  public init(_ names: [Int: String], origin: String) throws(ReaderError) {
    try self.init(names, origin: origin, isList: false)
  }

  private init(_ names: [Int: String], origin: String, isList: Bool) throws(ReaderError) {
    guard !names.isEmpty else {
      throw .badClassNames(path: origin, reason: Fault("there are no class names", help: "name every class"))
    }
    var known: [String: Int] = [:]
    for (label, name) in names.sorted(by: { $0.key < $1.key }) {
      guard !name.trimmingCharacters(in: .whitespacesAndNewlines).isEmpty else {
        throw .badClassNames(path: origin, reason: Fault("the name of class \(label) is empty", help: "name every class"))
      }
      if let other = known.updateValue(label, forKey: name) {
        throw .badClassNames(
          path: origin, reason: Fault("classes \(other) and \(label) are both called “\(name)”", help: "give each its own name"))
      }
    }
    self.origin = origin
    byLabel = names
    self.isList = isList
  }

  /// What `--class-names` says: names separated by commas, or a file with one name per line, or a JSON file with a list or a dictionary.
  ///
  /// - Throws: `ReaderError`.
  public init(argument: String, origin: String) throws(ReaderError) {
    if FileManager.default.fileExists(atPath: argument) {
      let bytes = try SourceFile.read(argument)
      if argument.lowercased().hasSuffix(".json") {
        guard let names = try DatasetSidecar(bytes, path: argument, isNames: true).classNames else {
          throw .badClassNames(
            path: argument, reason: Fault("there are no class names", help: "give a list, a dictionary or class_names"))
        }
        self = names
        return
      }
      var lines = try DatasetSidecar.text(bytes, path: argument).split(
        omittingEmptySubsequences: false, whereSeparator: \.isNewline
      )
      .map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }
      while lines.last?.isEmpty == true { lines.removeLast() }
      try self.init(lines, origin: argument)
      return
    }
    guard argument.contains(",") else {
      throw .badClassNames(
        path: origin, reason: Fault("“\(argument)” is neither a file nor a list such as a,b,c", help: "give one of them"))
    }
    try self.init(
      argument.split(separator: ",", omittingEmptySubsequences: false).map { $0.trimmingCharacters(in: .whitespaces) },
      origin: origin)
  }

  /// How many names there are.
  public var count: Int { byLabel.count }

  /// The name of a label.
  public subscript(label: Int) -> String? { byLabel[label] }

  /// The names for labels as data have them: a list of n names also fits the labels 1…n, which is said.
  public func fitted(to labels: Set<Int>, notes: inout [String]) -> ClassNames {
    guard isList, !labels.contains(0), labels.max() == count else { return self }
    var shifted = self
    shifted.byLabel = Dictionary(uniqueKeysWithValues: byLabel.map { ($0 + 1, $1) })
    shifted.isList = false
    notes.append("labels begin at 1, and so do the names of \(origin): label 1 is “\(byLabel[0] ?? "")”")
    return shifted
  }
}

/// The metadata of a file of arrays: a `NAME.json` beside it, of which `class_names` (a list, or a dictionary by
/// label), `licence` (or `license`) and `source` are read.
public struct DatasetSidecar: Sendable, Hashable {
  /// The names of the classes.
  public var classNames: ClassNames?
  /// The terms of use.
  public var licence: String?
  /// Where the data come from.
  public var source: String?

  /// Reads the file beside a data file; `nil` if there is none.
  ///
  /// - Throws: `ReaderError.badSidecar(path:reason:)`.
  public init?(beside path: String) throws(ReaderError) {
    let file = URL(fileURLWithPath: path).deletingPathExtension().appendingPathExtension("json").path
    var status = stat()
    // A link that leads nowhere is there, too, and is an error.
    guard lstat(file, &status) == 0 else { return nil }
    let bytes: [UInt8]
    do {
      bytes = try ByteFile.read(file, limit: 1 << 26)
    } catch {
      throw .badSidecar(path: file, reason: "cannot be read: \(error.reason)")
    }
    try self.init(bytes, path: file)
  }

  /// Parses the bytes of a whole file.
  ///
  /// - Parameter isNames: whether the file may be a bare list or dictionary of class names.
  /// - Throws: ``ReaderError/badSidecar(path:reason:)``, ``ReaderError/badClassNames(path:reason:)``.
  package init(_ bytes: [UInt8], path: String, isNames: Bool = false) throws(ReaderError) {
    let text = try Self.text(bytes, path: path)
    let value: Any
    do {
      value = try JSONSerialization.jsonObject(with: Data(text.utf8))
    } catch {
      let reason = (error as NSError).userInfo["NSDebugDescription"] as? String ?? "the file is empty or cut short"
      throw .badSidecar(path: path, reason: "is no JSON: \(reason)")
    }
    var names: Any?
    if let object = value as? [String: Any] {
      names = object["class_names"] ?? (isNames ? object : nil)
      licence = try Self.string(object["licence"] ?? object["license"], "licence", path)
      source = try Self.string(object["source"], "source", path)
    } else {
      guard isNames else { throw .badSidecar(path: path, reason: "holds no object with keys such as class_names") }
      names = value
    }
    if names is NSNull { names = nil }
    classNames = try Self.names(names, path)
  }

  private static func names(_ value: Any?, _ path: String) throws(ReaderError) -> ClassNames? {
    switch value {
    case nil: return nil
    case let list as [Any]:
      var names: [String] = []
      for (index, entry) in list.enumerated() { names.append(try name(entry, "[\(index)]", path)) }
      return try ClassNames(names, origin: path)
    case let object as [String: Any]:
      var names: [Int: String] = [:]
      for (key, entry) in object {
        guard let label = Int(key), (0..<1 << 24).contains(label) else {
          throw .badSidecar(path: path, reason: "class_names has a key “\(key)”, and its keys are labels: whole numbers from 0")
        }
        guard names.updateValue(try name(entry, "[“\(key)”]", path), forKey: label) == nil else {
          throw .badSidecar(path: path, reason: "class_names names label \(label) twice")
        }
      }
      return try ClassNames(names, origin: path)
    default:
      throw .badSidecar(path: path, reason: "class_names is neither a list of names nor a dictionary of them by label")
    }
  }

  private static func name(_ value: Any, _ place: String, _ path: String) throws(ReaderError) -> String {
    guard let text = value as? String else {
      throw .badSidecar(path: path, reason: "class_names\(place) is \(kind(value)), and names are texts in quotes")
    }
    return text
  }

  private static func string(_ value: Any?, _ key: String, _ path: String) throws(ReaderError) -> String? {
    guard let value, !(value is NSNull) else { return nil }
    guard let text = value as? String else { throw .badSidecar(path: path, reason: "\(key) is \(kind(value)), and not a text") }
    return text.trimmingCharacters(in: .whitespacesAndNewlines).isEmpty ? nil : text
  }

  private static func kind(_ value: Any) -> String {
    value is [Any]
      ? "a list" : value is [String: Any] ? "a dictionary" : value is NSNull ? "null" : "the number or truth value \(value)"
  }

  /// The text of UTF-8 bytes, without the byte order mark that some editors put before it.
  static func text(_ bytes: [UInt8], path: String) throws(ReaderError) -> String {
    let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    var parser = Unicode.UTF8.ForwardParser()
    var rest = bytes[start...].makeIterator()
    var offset = start
    while true {
      switch parser.parseScalar(from: &rest) {
      case .valid(let scalar): offset += scalar.count
      case .emptyInput: return String(decoding: bytes[start...], as: UTF8.self)
      case .error:
        throw .badSidecar(path: path, reason: Fault("byte \(offset) is not UTF-8", help: "save the file in this encoding"))
      }
    }
  }
}
