import MetaLearning
import Yams

extension Configuration {
  /// What methods can be set: values by key, as the methods themselves state them. A key that is not set has its usual value.
  public struct Learner: Sendable, Equatable {
    /// The values that differ from the usual ones.
    public private(set) var values: [String: SettingScalar] = [:]

    /// The usual settings of every method.
    public init() {}

    /// A setting's value; `nil` where it is the usual one.
    public subscript(key: String) -> SettingScalar? {
      get { values[key] }
      set { values[key] = newValue }
    }
  }
}

/// A setting of a method, without the method's type.
struct StatedSetting {
  var key: String
  var kind: SettingKind
  var usual: SettingScalar
  var allowed: String
  var takes: (SettingScalar) -> Bool
  /// The method that states it.
  var method: String

  /// The settings of a method.
  static func all(of type: any MetaLearner.Type) -> [StatedSetting] { opened(type) }

  private static func opened<Method: MetaLearner>(_ type: Method.Type) -> [StatedSetting] {
    Method.settings.map { setting in
      StatedSetting(
        key: setting.key, kind: setting.kind, usual: setting.value(in: Method()), allowed: setting.allowed, takes: setting.takes,
        method: Method.name)
    }
  }

  /// The settings of all methods, each key once: as the configured method states it, or else the first that does.
  static func all(for method: Configuration.Method) -> [StatedSetting] {
    let own = method.type.map { all(of: $0) } ?? []
    var keys: Set<String> = []
    return MethodRegistry.all.flatMap { all(of: $0) }.compactMap { stated in
      guard keys.insert(stated.key).inserted else { return nil }
      return own.first { $0.key == stated.key } ?? stated
    }
  }

  /// Keys that every configuration writes down, whatever its method: those of the versions that knew them one by one, so that the texts
  /// and digests of old runs stay as they are. Later ones are written where their method is configured or their value is not the usual.
  private static let alwaysWritten: Set = [
    "proximal", "solver_iterations", "damping", "batch", "multi_step_share", "first_order_share",
  ]

  func isWritten(_ configuration: Configuration) -> Bool {
    Self.alwaysWritten.contains(key) || method == configuration.method.rawValue || configuration.learner[key] != nil
  }

  /// Reads a value.
  ///
  /// - Throws: `ConfigurationError`, complete but for path and key.
  func value(_ node: Node) throws(ConfigurationError) -> SettingScalar {
    let value = try Self.scalar(node, kind)
    guard takes(value) else {
      throw ConfigurationError(
        line: node.mark?.line, key: "", problem: "must be \(allowed), not \(Self.text(value).shortened())")
    }
    return value
  }

  private static func scalar(_ node: Node, _ kind: SettingKind) throws(ConfigurationError) -> SettingScalar {
    switch kind {
    case .integer: .integer(try Int(node: node))
    case .number: .number(try Double(node: node))
    case .flag: .flag(try Bool(node: node))
    case .text: .text(try String(node: node))
    case .optional(let kind): node.isNull ? .none : try scalar(node, kind)
    }
  }

  static func text(_ value: SettingScalar) -> String {
    switch value {
    case .integer(let value): value.text
    case .number(let value): value.text
    case .flag(let value): value.text
    case .text(let value): value.text
    case .none: "null"
    }
  }
}

extension Field where Section == Configuration {
  /// The section of what methods state.
  static var learner: Field {
    func written(_ configuration: Configuration) -> [(key: String, text: String)] {
      StatedSetting.all(for: configuration.method).filter { $0.isWritten(configuration) }.map { setting in
        (setting.key, StatedSetting.text(configuration.learner[setting.key] ?? setting.usual))
      }
    }
    return Field(
      key: "learner",
      read: { configuration, node, name throws(ConfigurationError) in
        guard !node.isNull else { return }
        guard let mapping = node.mapping else {
          var error = node.mismatch("a section (keys with values)")
          error.key = name
          throw error
        }
        let known = StatedSetting.all(for: configuration.method)
        for (keyNode, valueNode) in mapping {
          let key = keyNode.scalar?.string ?? keyNode.shown
          guard let setting = known.first(where: { $0.key == key }) else {
            let near = suggestion(for: key, among: known.map(\.key))
            throw ConfigurationError(
              line: keyNode.mark?.line, key: "\(name).\(key)", problem: ConfigurationError.unknownKey,
              help: near.map { "did you mean \(name).\($0)?" } ?? "known keys: " + known.map(\.key).joined(separator: ", "))
          }
          do throws(ConfigurationError) {
            let value = try setting.value(valueNode)
            configuration.learner[key] = value == setting.usual ? nil : value
          } catch {
            var named = error
            named.key = "\(name).\(key)"
            throw named
          }
        }
      },
      lines: { configuration, indent in
        ["\(indent)learner:"] + written(configuration).map { "\(indent)  \($0.key): \($0.text)" }
      },
      names: { name in StatedSetting.all(for: Configuration().method).map { "\(name).\($0.key)" } },
      values: { configuration, name in written(configuration).map { ("\(name).\($0.key)", $0.text) } })
  }
}
