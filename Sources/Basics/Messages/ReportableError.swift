/// An error that knows how to tell the user what is wrong and what to do about it.
public protocol ReportableError: Error, CustomStringConvertible {
  /// What is wrong, and where: one line without a full stop.
  var message: String { get }
  /// What to do; `nil` if the message says it all.
  var help: String? { get }
  /// Whether the user's command or configuration is at fault, rather than what was found on the way.
  var isUsage: Bool { get }
}

extension ReportableError {
  /// False unless an error says otherwise.
  public var isUsage: Bool { false }
  /// The message, with the help in parentheses where there is some.
  public var description: String { help.map { "\(message) (\($0))" } ?? message }
}
