import Basics
import Yams

/// A part of a configuration, described by one table of its keys, from which reading, checking, writing and comparing follow.
protocol ConfigurationSection: Equatable {
  /// All keys in the order in which they are written.
  static var fields: [Field<Self>] { get }
  /// A key that others depend on, which is read before them wherever it stands; `nil`, the default, for none.
  static var firstKey: String? { get }
  /// Settles what depends on which keys were given, and checks what concerns several keys.
  ///
  /// - Returns: what is wrong, with the key at fault; `nil` where all is well.
  mutating func settle(given: Set<String>) -> (key: String, problem: String, help: String?)?
}

extension ConfigurationSection {
  static var firstKey: String? { nil }
  mutating func settle(given: Set<String>) -> (key: String, problem: String, help: String?)? { nil }
}

/// A key of a section: a value, or a section of its own.
struct Field<Section> {
  var key: String
  /// Reads the key's node into a section; the last argument is the key's full name.
  var read: (inout Section, Node, String) throws(ConfigurationError) -> Void
  /// The lines of a section's YAML at an indentation.
  var lines: (Section, String) -> [String]
  /// The full names of the key and of all below it, given its own.
  var names: (String) -> [String]
  /// All values below the key, by full name, as one-line YAML.
  var values: (Section, String) -> [(key: String, text: String)]

  /// The same key, whose line is left out where a condition fails: for keys that came later, so that what says nothing new is written as
  /// it was before.
  func written(if isTold: @escaping (Section) -> Bool) -> Field {
    var field = self
    field.lines = { [lines] section, indent in isTold(section) ? lines(section, indent) : [] }
    return field
  }

  /// A key with a value.
  static func value<Value: ConfigurationValue>(
    _ key: String, _ path: WritableKeyPath<Section, Value>, _ rule: Rule<Value> = .any
  ) -> Field {
    Field(
      key: key,
      read: { section, node, name throws(ConfigurationError) in
        do throws(ConfigurationError) {
          let value = try Value(node: node)
          guard rule.holds(value) else {
            throw ConfigurationError(
              line: node.mark?.line, key: name, problem: "must be \(rule.description), not \(value.text.shortened())")
          }
          section[keyPath: path] = value
        } catch {
          var named = error
          named.key = name
          throw named
        }
      },
      lines: { section, indent in ["\(indent)\(key): \(section[keyPath: path].text)"] },
      names: { [$0] },
      values: { section, name in [(name, section[keyPath: path].text)] })
  }

  /// A key with a section.
  static func section<Inner: ConfigurationSection>(_ key: String, _ path: WritableKeyPath<Section, Inner>) -> Field {
    Field(
      key: key,
      read: { section, node, name throws(ConfigurationError) in
        try section[keyPath: path].read(node, name: name)
      },
      lines: { section, indent in
        ["\(indent)\(key):"] + Inner.fields.flatMap { $0.lines(section[keyPath: path], indent + "  ") }
      },
      names: { name in Inner.fields.flatMap { $0.names("\(name).\($0.key)") } },
      values: { section, name in
        Inner.fields.flatMap { $0.values(section[keyPath: path], "\(name).\($0.key)") }
      })
  }
}

/// What a value must satisfy.
struct Rule<Value> {
  /// Completes "must be".
  var description: String
  var holds: (Value) -> Bool

  /// No rule.
  static var any: Rule { Rule(description: "anything") { _ in true } }
}

extension Rule where Value: Comparable & ConfigurationValue {
  static func from(_ low: Value, to high: Value) -> Rule {
    Rule(description: "from \(low.text) to \(high.text)") { $0 >= low && $0 <= high }
  }
  static func atLeast(_ low: Value) -> Rule { Rule(description: "\(low.text) or more") { $0 >= low } }
  static func above(_ low: Value) -> Rule { Rule(description: "above \(low.text)") { $0 > low } }
}

extension Rule {
  /// The rule for values that may be left out.
  static func ifGiven<Wrapped>(_ rule: Rule<Wrapped>) -> Rule where Value == Wrapped? {
    Rule(description: rule.description + " or null") { $0.map(rule.holds) ?? true }
  }
  /// A list with something in it.
  static func notEmpty<Element>() -> Rule where Value == [Element] {
    Rule(description: "a list with at least one entry") { !$0.isEmpty }
  }
  /// A list with something in it, and nothing twice.
  static func distinct<Element: Hashable>(allowEmpty: Bool = false) -> Rule where Value == [Element] {
    Rule(description: allowEmpty ? "a list without repetitions" : "a list with at least one entry and no repetitions") {
      (allowEmpty || !$0.isEmpty) && Set($0).count == $0.count
    }
  }
}

extension ConfigurationSection {
  /// Reads what a YAML mapping says; keys that it leaves out keep their values.
  mutating func read(_ node: Node, name: String) throws(ConfigurationError) {
    try read(node, fields: Self.fields, name: name)
  }

  /// The same with a table that keeps some of what it reads.
  mutating func read(_ node: Node, fields: [Field<Self>], name: String) throws(ConfigurationError) {
    let prefix = name.isEmpty ? "" : name + "."
    var given: Set<String> = []
    if !node.isNull {
      guard let mapping = node.mapping else {
        var error = node.mismatch("a section (keys with values)")
        error.key = name
        throw error
      }
      let first = mapping.filter { $0.key.scalar?.string == Self.firstKey }
      for (keyNode, valueNode) in first + mapping.filter({ $0.key.scalar?.string != Self.firstKey }) {
        let key = keyNode.scalar?.string ?? keyNode.shown
        guard let field = fields.first(where: { $0.key == key }) else {
          let near = suggestion(for: key, among: fields.map(\.key))
          throw ConfigurationError(
            line: keyNode.mark?.line, key: prefix + key, problem: ConfigurationError.unknownKey,
            help: near.map { "did you mean \(prefix)\($0)?" } ?? "known keys: " + fields.map(\.key).joined(separator: ", "))
        }
        given.insert(key)
        try field.read(&self, valueNode, prefix + key)
      }
    }
    if let wrong = settle(given: given) {
      let line = node.mapping?.first { $0.key.scalar?.string == wrong.key }?.key.mark?.line ?? node.mark?.line
      throw ConfigurationError(line: line, key: prefix + wrong.key, problem: wrong.problem, help: wrong.help)
    }
  }
}

extension ConfigurationSection {
  /// All keys with the sections that they lie in.
  static var fullKeys: [String] { fields.flatMap { field in field.names(field.key) } }

  /// Reads a whole configuration. An unknown key that exists elsewhere is shown its place.
  mutating func readWhole(_ node: Node) throws(ConfigurationError) {
    do {
      try read(node, name: "")
    } catch  where error.problem == ConfigurationError.unknownKey {
      var helped = error
      func last(_ key: String) -> String { key.split(separator: ".").last.map(String.init) ?? key }
      let all = Self.fullKeys
      let word = last(error.key)
      var places = all.filter { last($0) == word }
      // A near miss elsewhere counts only where there is none in the section itself.
      if places.isEmpty, error.help?.hasPrefix("did you mean") != true, let near = suggestion(for: word, among: all.map(last)) {
        places = all.filter { last($0) == near }
      }
      if !places.isEmpty { helped.help = "did you mean \(places.joined(separator: " or "))?" }
      throw helped
    }
  }
}
