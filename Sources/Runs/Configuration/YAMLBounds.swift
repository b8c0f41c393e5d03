import CYaml
import Yams

/// Looks through a YAML text, event by event and in constant memory, before a tree is made of it: a tree of few bytes can have more nodes
/// than any memory, where aliases stand for aliases, and whoever compares or prints its keys visits them all.
enum YAMLBounds {
  /// Values and keys, those of aliases counted as often as they are used.
  static let nodes = 20_000
  /// Sections and lists in one another.
  static let depth = 32

  private static let tooDeep = "sections and lists in one another, more than \(depth) deep"

  /// Checks a text.
  ///
  /// - Throws: `ConfigurationError` with the line at which a bound is passed, or a key is not a text. What is not YAML is passed over: its
  ///   reader says what is wrong with it.
  static func check(_ yaml: String) throws(ConfigurationError) {
    var parser = yaml_parser_t()
    guard yaml_parser_initialize(&parser) == 1 else { return }
    defer { yaml_parser_delete(&parser) }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING)
    let bytes = Array(yaml.utf8)
    let problem = bytes.withUnsafeBufferPointer { buffer -> ConfigurationError? in
      yaml_parser_set_input_string(&parser, buffer.baseAddress, buffer.count)
      var walk = Walk()
      while true {
        var event = yaml_event_t()
        guard yaml_parser_parse(&parser, &event) == 1 else {
          // The library looks ahead, and may meet its own bound of nesting before this one does.
          guard parser.problem.map({ String(cString: $0) })?.contains("nesting level") == true else { return nil }
          return ConfigurationError(line: Int(parser.problem_mark.line) + 1, key: "", problem: tooDeep)
        }
        defer { yaml_event_delete(&event) }
        if event.type == YAML_STREAM_END_EVENT { return nil }
        if let problem = walk.take(event) {
          return ConfigurationError(
            line: Int(event.start_mark.line) + 1, key: "", problem: problem.what, help: problem.help)
        }
      }
    }
    if let problem { throw problem }
  }

  /// What is open at a place of the text.
  private struct Walk {
    /// A section or list: how many nodes there were before it, its anchor, and for sections whether the next node is a key.
    struct Level {
      var before: Int
      var anchor: String?
      var awaitsKey: Bool?
    }

    var levels: [Level] = []
    var count = 0
    /// The nodes that an anchor stands for.
    var anchored: [String: Int] = [:]

    typealias Problem = (what: String, help: String?)

    mutating func take(_ event: yaml_event_t) -> Problem? {
      switch event.type {
      case YAML_SCALAR_EVENT:
        if let anchor = text(event.data.scalar.anchor) { anchored[anchor] = 1 }
        count += 1
        nextAfterValue()
      case YAML_ALIAS_EVENT:
        if isKey { return ("an alias as a key", "write the key out") }
        // An unknown one is its reader's to complain about.
        count += text(event.data.alias.anchor).flatMap { anchored[$0] } ?? 1
        nextAfterValue()
      case YAML_SEQUENCE_START_EVENT:
        if isKey { return ("a list as a key", "a key is a word, followed by a colon") }
        return open(Level(before: count, anchor: text(event.data.sequence_start.anchor), awaitsKey: nil))
      case YAML_MAPPING_START_EVENT:
        if isKey { return ("a section as a key", "a key is a word, followed by a colon") }
        return open(Level(before: count, anchor: text(event.data.mapping_start.anchor), awaitsKey: true))
      case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT:
        guard let level = levels.popLast() else { return nil }
        if let anchor = level.anchor { anchored[anchor] = count - level.before }
        nextAfterValue()
      default: break
      }
      return count > YAMLBounds.nodes ? ("more than \(YAMLBounds.nodes) values", "no configuration needs as many") : nil
    }

    private var isKey: Bool { levels.last?.awaitsKey ?? false }

    private mutating func open(_ level: Level) -> Problem? {
      levels.append(level)
      count += 1
      return levels.count > YAMLBounds.depth
        ? (YAMLBounds.tooDeep, nil) : nil
    }

    private mutating func nextAfterValue() {
      if let awaitsKey = levels.last?.awaitsKey { levels[levels.count - 1].awaitsKey = !awaitsKey }
    }

    private func text(_ pointer: UnsafePointer<yaml_char_t>?) -> String? { pointer.map { String(cString: $0) } }
    private func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? { pointer.map { String(cString: $0) } }
  }
}
