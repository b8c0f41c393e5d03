import Basics
import Foundation
import Yams

extension Configuration {
  /// The largest configuration file that is read.
  public static let sizeLimit = 1 << 20

  /// Reads YAML; keys that it leaves out have their defaults.
  ///
  /// - Parameters:
  ///   - yaml: the text of the configuration.
  ///   - path: where the text comes from, for messages.
  /// - Throws: `ConfigurationError` for what is not YAML, unknown keys, wrong types and values out of range.
  public init(yaml: String, path: String? = nil) throws(ConfigurationError) {
    self.init()
    do throws(ConfigurationError) {
      if let node = try Self.node(yaml) { try readWhole(node) }
    } catch {
      var placed = error
      placed.path = path
      throw placed
    }
  }

  /// Reads a YAML file.
  ///
  /// - Throws: `ConfigurationError`.
  public init(contentsOf path: String) throws(ConfigurationError) {
    try self.init(yaml: ConfigurationFile.text(path), path: path)
  }

  /// The configuration with some keys set anew, as `--set inner.steps=3` does.
  ///
  /// - Parameter overrides: `KEY=VALUE`, the key with its sections, the value as YAML. Keys that belong together, such as
  ///   `budget.tasks` and `budget.seconds`, are settled together.
  /// - Throws: `ConfigurationError` as for a file.
  public func setting(_ overrides: [String]) throws(ConfigurationError) -> Configuration {
    guard !overrides.isEmpty else { return self }
    var tree = Overlay()
    for text in overrides {
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      let key = parts[0].trimmingCharacters(in: .whitespaces)
      guard parts.count == 2, !key.isEmpty,
        key.split(separator: ".", omittingEmptySubsequences: false).allSatisfy({ !$0.isEmpty })
      else {
        throw ConfigurationError(
          path: "--set", key: "", problem: "'\(text.shortened())' is not of the form KEY=VALUE",
          help: "such as --set inner.steps=3")
      }
      do {
        tree.insert(try Self.node(parts[1]) ?? Node("null"), at: key.split(separator: ".").map(String.init)[...])
      } catch {
        throw ConfigurationError(path: "--set", key: key, problem: error.problem, help: error.help ?? "quote the value")
      }
    }
    var result = self
    do {
      try result.readWhole(tree.node)
    } catch {
      let help = error.help?.replacingOccurrences(of: "in brackets: [", with: "in brackets: \(error.key)=[")
      throw ConfigurationError(path: "--set", key: error.key, problem: error.problem, help: help)
    }
    return result
  }

  /// Values by key, sections within sections.
  private struct Overlay {
    var leaf: Node?
    var keys: [String] = []
    var sections: [String: Overlay] = [:]

    mutating func insert(_ value: Node, at path: ArraySlice<String>) {
      guard let first = path.first else {
        leaf = value
        return
      }
      if sections[first] == nil { keys.append(first) }
      sections[first, default: Overlay()].insert(value, at: path.dropFirst())
    }

    var node: Node { leaf ?? Node(keys.map { (Node($0), sections[$0]?.node ?? Node("null")) }) }
  }

  static func node(_ yaml: String) throws(ConfigurationError) -> Node? {
    // Editors of Windows begin files with a byte order mark.
    let yaml = yaml.unicodeScalars.first == "\u{FEFF}" ? String(yaml.unicodeScalars.dropFirst()) : yaml
    try YAMLBounds.check(yaml)
    do {
      return try compose(yaml: yaml, .default, .default, .utf8)
    } catch let error as YamlError {
      switch error {
      case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _), .composer(_, let problem, let mark, _):
        throw ConfigurationError(line: mark.line, key: "", problem: "not YAML: \(problem)")
      case .duplicatedKeysInMapping(let duplicates, let context):
        throw ConfigurationError(
          line: context.mark.line, key: duplicates.sorted().joined(separator: ", "), problem: "given twice", help: "keep one")
      case .reader(let problem, let offset, _, _):
        throw ConfigurationError(key: "", problem: "not YAML: \(problem)" + (offset.map { " at byte \($0)" } ?? ""))
      default:
        throw ConfigurationError(key: "", problem: "not YAML: \(error)")
      }
    } catch {
      throw ConfigurationError(key: "", problem: "not YAML: \(error)")
    }
  }

  /// The whole configuration as YAML, every default written out but those of keys that came later and are not given. Reading it gives the same configuration, and equal ones have equal text.
  public var resolved: String { Self.fields.flatMap { $0.lines(self, "") }.joined(separator: "\n") + "\n" }

  /// Keys that change neither any number of a run nor the meaning of its checkpoints: names, places, threads and, under constant rates,
  /// how long to go on.
  private var immaterial: Set<String> {
    var keys: Set<String> = ["name", "threads", "data.path", "checkpoint_every"]
    if outer.schedule == .constant && !(method.type?.changesWithBudget ?? false) {
      keys.formUnion(["budget.tasks", "budget.seconds"])
    }
    // Keys that came later, where they say nothing: checkpoints from before still fit.
    let plain = Configuration()
    if genotype == nil { keys.insert("genotype") }
    if data.splitSeed == nil { keys.insert("data.split_seed") }
    if learner == plain.learner { keys.formUnion(values.map(\.key).filter { $0.hasPrefix("learner.") }) }
    let later: Set = [
      "data.weights", "data.temperature", "data.split", "data.split_by", "data.channels", "data.fit", "data.augmentation.shift",
      "data.augmentation.flip", "data.augmentation.vertical_flip", "data.augmentation.crop", "task.train_way", "task.train_shot",
      "task.curriculum", "task.sampling", "evaluation.validation_points",
    ]
    for pair in pairs(with: plain) where pair.mine == pair.theirs && later.contains(pair.key) { keys.insert(pair.key) }
    return keys
  }

  /// SHA-256 over all keys that decide what a training step computes; 64 hexadecimal digits. A checkpoint fits every configuration
  /// with the same digest. A run can thus be resumed with more threads and, under constant rates, with a larger budget.
  public var digest: String {
    let immaterial = immaterial
    let material = values.filter { !immaterial.contains($0.key) }
    return SHA256.hex(Array(material.map { "\($0.key)=\($0.text)\n" }.joined().utf8))
  }

  /// All values by full name.
  var values: [(key: String, text: String)] { Self.fields.flatMap { $0.values(self, $0.key) } }

  /// The values of two configurations by key; a setting that one of the methods does not have is "not set" there.
  func pairs(with other: Configuration) -> [(key: String, mine: String, theirs: String)] {
    let (mine, theirs) = (values, other.values)
    let theirTexts = Dictionary(theirs.map { ($0.key, $0.text) }) { first, _ in first }
    let myKeys = Set(mine.map(\.key))
    return mine.map { ($0.key, $0.text, theirTexts[$0.key] ?? "not set") }
      + theirs.filter { !myKeys.contains($0.key) }.map { ($0.key, "not set", $0.text) }
  }

  /// A key on which two configurations differ, in a way that matters to checkpoints.
  public struct Difference: Sendable, Equatable, CustomStringConvertible {
    /// The full name, such as `inner.steps`.
    public var key: String
    /// The value in the configuration that was asked.
    public var here: String
    /// The value in the other one.
    public var there: String

    /// A difference in one key.
    ///
    /// - Parameters:
    ///   - key: the full name, such as `inner.steps`.
    ///   - here: the value, as YAML, in the configuration that was asked.
    ///   - there: the value in the other one.
    public init(key: String, here: String, there: String) {
      self.key = key
      self.here = here
      self.there = there
    }

    /// The key and both values: `inner.steps: 3 here, 5 there`.
    public var description: String { "\(key): \(here) here, \(there) there" }
  }

  /// What keeps a checkpoint made under `other` from fitting this configuration.
  public func differences(from other: Configuration) -> [Difference] {
    let immaterial = immaterial.intersection(other.immaterial)
    return pairs(with: other).compactMap { pair in
      pair.mine == pair.theirs || immaterial.contains(pair.key)
        ? nil : Difference(key: pair.key, here: pair.mine, there: pair.theirs)
    }
  }
}
