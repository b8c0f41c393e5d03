/// Why a method that is described by a text, a name with settings, cannot be used.
public enum MethodError: Error, Hashable, Sendable, CustomStringConvertible {
  /// No method of this name; `kind` is what was looked for, such as `search strategy`.
  case unknown(kind: String, name: String, known: [String])
  /// The method has no such setting.
  case unknownSetting(method: String, name: String, known: [String])
  /// A setting's value is impossible.
  case badSetting(method: String, name: String, value: String, allowed: String)
  /// The space lacks something that the method needs.
  case unsuitable(method: String, space: String, reason: String)

  /// One sentence: what, where and, after a semicolon, what to do.
  public var description: String {
    switch self {
    case .unknown(let kind, let name, let known): "no \(kind) '\(name)'; there are: \(known.joined(separator: ", "))"
    case .unknownSetting(let method, let name, let known):
      known.isEmpty
        ? "\(method): no setting '\(name)'; the method has none"
        : "\(method): no setting '\(name)'; there are: \(known.joined(separator: ", "))"
    case .badSetting(let method, let name, let value, let allowed): "\(method): \(name) is \(value); it must be \(allowed)"
    case .unsuitable(let method, let space, let reason): "\(method) cannot search \(space): \(reason)"
    }
  }
}
