import Foundation

/// An error that says what is wrong, where, and what to do about it. All public errors of ArchPrior do.
public protocol ReportableError: LocalizedError, CustomStringConvertible {
  /// What is wrong, where, and what to do.
  var fault: Fault { get }
  /// Whether the user's command or configuration is at fault, rather than what was found on the way; by default not.
  var isUsage: Bool { get }
}

extension ReportableError {
  /// False unless an error says otherwise.
  public var isUsage: Bool { false }
  /// What is wrong: one line without a full stop, and without the place where its text comes first.
  public var what: String { fault.what }
  /// Where it is wrong, as far as that is known.
  public var place: Fault.Place? { fault.place }
  /// What to do; `nil` where the message says it all.
  public var help: String? { fault.help }
  /// What is wrong, and where: one line without a full stop.
  public var message: String { fault.message }
  /// One line: the message, and after a semicolon what to do.
  public var description: String { fault.description }
  /// The same line, for Foundation.
  public var errorDescription: String? { description }
}
