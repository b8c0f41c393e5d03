import Basics

/// Something wrong with a configuration: where, what, and what to do.
public struct ConfigurationError: ReportableError, Equatable {
  /// The file; `nil` for text from elsewhere.
  public var path: String?
  /// The line, counted from 1, where it is known.
  public var line: Int?
  /// The key with the sections that it lies in, such as `inner.steps`; empty for the whole file.
  public var key: String
  /// What is wrong.
  public var problem: String
  /// What to do.
  public var help: String?

  /// An error, with as much of its place as is known.
  ///
  /// - Parameters:
  ///   - path: the file; `nil` for text from elsewhere.
  ///   - line: counted from 1.
  ///   - key: with its sections; empty for the whole file.
  ///   - problem: what is wrong, without a full stop.
  ///   - help: what to do; `nil` where the problem says it.
  public init(path: String? = nil, line: Int? = nil, key: String, problem: String, help: String? = nil) {
    self.path = path
    self.line = line
    self.key = key
    self.problem = problem
    self.help = help
  }

  /// The ``problem`` of a key that does not exist.
  static let unknownKey = "unknown key"

  /// True: the configuration is at fault.
  public var isUsage: Bool { true }

  /// The place (file, line and key, as far as they are known), the problem, long values shortened, and what to do.
  public var fault: Fault {
    var lead = path ?? "configuration"
    if let line { lead += ":\(line)" }
    if !key.isEmpty { lead += ": \(key.shortened(to: 200))" }
    return Fault(
      problem.shortened(to: 2000), at: .named(lead, file: path, line: line, key: key.isEmpty ? nil : key), help: help)
  }
}
