import ArchitecturePriors
import Basics
import MetaLearning
import Yams

extension Configuration {
  /// A method by its name in ``MethodRegistry``.
  public struct Method: Sendable, Hashable, RawRepresentable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The name, such as `maml`.
    public var rawValue: String

    /// The method of a name, which need not be registered; what needs the method itself says where it is not.
    public init(rawValue: String) { self.rawValue = rawValue }
    /// The method of a name.
    public init(stringLiteral name: String) { rawValue = name }
    /// The method's name.
    public init(_ method: any MetaLearner.Type) { rawValue = method.name }

    /// The name.
    public var description: String { rawValue }
    /// What is registered under the name; `nil` where there is nothing.
    public var type: (any MetaLearner.Type)? { MethodRegistry.registry[rawValue] }
  }

  /// The method with the settings of ``learner``.
  ///
  /// - Throws: `ConfigurationError` where no such method is registered.
  public func configuredMethod() throws(ConfigurationError) -> any MetaLearner {
    guard let type = method.type else { throw Method.unknown(method.rawValue) }
    return type.init(settings: learner.values)
  }

  /// Whether the method learns an architecture as well, on a supernet.
  public var learnsArchitecture: Bool { method.type is any ArchitecturePrior.Type }

  /// Whether the method learns from tasks; a baseline that begins every task anew does not.
  public var isMetaTrained: Bool { method.type?.isMetaTrained ?? true }
}

extension Configuration.Method: ConfigurationValue {
  static var expectation: String { "one of " + MethodRegistry.names.joined(separator: ", ") }

  init(node: Node) throws(ConfigurationError) {
    let text = node.scalar?.string
    guard let text, MethodRegistry.registry[text] != nil else {
      let near = text.flatMap { suggestion(for: $0, among: MethodRegistry.names) }
      throw node.mismatch(Self.expectation, help: near.map { "did you mean \($0)?" })
    }
    self.init(rawValue: text)
  }

  var text: String { rawValue }

  static func unknown(_ name: String) -> ConfigurationError {
    ConfigurationError(
      key: "method", problem: "expected \(expectation), found \(name.shortened())",
      help: "a method of your own is known only to the program that registers it")
  }
}
