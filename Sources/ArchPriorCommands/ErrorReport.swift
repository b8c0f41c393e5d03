import ArchPrior
import ArgumentParser
import Basics
import Foundation

/// How an error reaches the user: one `error:` line on standard error, a `help:` line where there is something to do, an exit code.
struct ErrorReport: Equatable {
  var message: String
  var help: String?
  var code: Int32

  /// The report of any error that a command throws.
  init(_ error: any Error) {
    switch error {
    // What someone who gave an unknown name may have meant.
    case let error as CatalogError:
      self.init(error)
    case GlyphError.unknownScript(let name, let known):
      self.init(message: "there is no script '\(name.shortened())'", help: Self.choice(name, of: known), code: 2)
    case let error as CommandError:
      self.init(message: error.message, help: error.help, code: error.code)
    case let error as any ReportableError:
      self.init(message: error.message, help: Self.again(after: error) ?? error.help, code: error.isUsage ? 2 : 1)
    default:
      self.init(message: FailureText.of(error), help: nil, code: 1)
    }
  }

  /// What does the same once more or goes on with it, where the user stopped it; only the command line knows how it was called.
  private static func again(after error: any ReportableError) -> String? {
    switch error {
    case Comparison.Failure.interrupted: "start anew with: \(Advice.again)"
    case StudyRun.Failure.interrupted: "go on with: \(Advice.again)"
    default: nil
    }
  }

  private init(_ error: CatalogError) {
    let (name, known) =
      switch error {
      case .unknown(let name, let known, _): (name, known)
      }
    let help = known.isEmpty ? nil : Self.choice(name, of: known)
    self.init(
      message: "no data set '\(name.shortened())'",
      help: [help, error.placeOfBundled].compactMap(\.self).joined(separator: "; "), code: 2)
  }

  init(message: String, help: String?, code: Int32) {
    self.message = message
    self.help = help
    self.code = code
  }

  /// What someone who gave an unknown name may have meant.
  private static func choice(_ name: String, of known: [String]) -> String {
    suggestion(for: name, among: known).map { "did you mean \($0)?" } ?? "there are: \(known.joined(separator: ", "))"
  }

  private static func between(_ start: String, _ end: String, in text: String) -> String? {
    guard let low = text.range(of: start), let high = text.range(of: end), low.upperBound <= high.lowerBound else { return nil }
    return String(text[low.upperBound..<high.lowerBound])
  }

  /// Never given back: where several threads fail at once, the first has the last word.
  private static let lastWord = NSLock()

  /// Ends the process: quietly for help, version and completion scripts, with a report for everything else.
  static func exit(with error: any Error) -> Never {
    lastWord.lock()
    let code = ArchPriorCommand.exitCode(for: error)
    var report: ErrorReport
    if code == .success {
      print(ArchPriorCommand.fullMessage(for: error))
      do {
        try Output.close()
        Foundation.exit(0)
      } catch {
        report = ErrorReport(error)
      }
    } else if let code = error as? ExitCode {
      Foundation.exit(code.rawValue)
    } else if code == .validationFailure {
      // The parser's own errors; its full message ends with the usage of the subcommand at fault.
      let full = ArchPriorCommand.fullMessage(for: error)
      let usage = full.range(of: "Usage: ").map { full[$0.lowerBound...].replacingOccurrences(of: "\n  See", with: " — see") }
      let words = Arguments.joiningNegativeNumbers(Array(CommandLine.arguments.dropFirst()))
      let message = WrongValue.explained(ArchPriorCommand.message(for: error), in: words)
      // A wrong value wants to know which are right: the parser then says what the option is.
      let option = message.contains(" is invalid for '") ? Self.between("\nHelp:  ", "\nUsage: ", in: full) : nil
      let help = [option, usage?.trimmingCharacters(in: .whitespacesAndNewlines)].compactMap(\.self).joined(separator: "\n")
      report = ErrorReport(message: message, help: help.isEmpty ? nil : help, code: 2)
    } else {
      report = ErrorReport(error)
    }
    // Only the parser's own messages have several lines. Whatever a message repeats, it stays readable.
    let message = (code == .validationFailure ? report.message : report.message.visible).shortened(to: 6000)
    if !report.message.isEmpty { Output.note("error: \(message)" + (report.help.map { "\nhelp: \($0)" } ?? "")) }
    Foundation.exit(report.code)
  }
}

/// An error of a command itself.
struct CommandError: ReportableError {
  let fault: Fault
  /// The exit code: 2 for wrong usage, 1 for failure.
  let code: Int32

  var isUsage: Bool { code == 2 }

  init(_ message: String, help: String? = nil, code: Int32 = 2) {
    fault = Fault(message, help: help)
    self.code = code
  }

  /// An unknown name, with the nearest known one.
  static func unknown(_ kind: String, _ name: String, _ known: [String]) -> CommandError {
    CommandError(
      "no \(kind) '\(name.shortened())'",
      help: suggestion(for: name, among: known).map { "did you mean \($0)?" } ?? "there are: \(known.joined(separator: ", "))")
  }
}
