/// Why a method that is described by a text, a name with settings, cannot be used.
public enum MethodError: ReportableError, Hashable, Sendable {
  /// No method of this name; `kind` is what was looked for, such as `search strategy`.
  case unknown(kind: String, name: String, known: [String])
  /// The method has no such setting.
  case unknownSetting(method: String, name: String, known: [String])
  /// A setting's value is impossible.
  case badSetting(method: String, name: String, value: String, allowed: String)
  /// The space lacks something that the method needs.
  case unsuitable(method: String, space: String, reason: Fault)

  /// True: the caller chooses method and settings.
  public var isUsage: Bool { true }

  /// Which method, what is wrong, and what to do.
  public var fault: Fault {
    switch self {
    case .unknown(let kind, let name, let known):
      Fault("no \(kind) '\(name)'", help: "there are: \(known.joined(separator: ", "))")
    case .unknownSetting(let method, let name, let known):
      Fault(
        "no setting '\(name)'", at: .named(method).mentioning(key: name),
        help: known.isEmpty ? "the method has none" : "there are: \(known.joined(separator: ", "))")
    case .badSetting(let method, let name, let value, let allowed):
      Fault("\(name) is \(value)", at: .named(method).mentioning(key: name), help: "it must be \(allowed)")
    case .unsuitable(let method, let space, let reason): reason.within(.named("\(method) cannot search \(space)"))
    }
  }
}
