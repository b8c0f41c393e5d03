import ArchPrior
import Basics
import Foundation
import Synchronization

/// Prints on standard output as Swift's own `print` does, which this hides in the whole module because it does not notice failures.
func print(_ items: Any..., separator: String = " ", terminator: String = "\n") {
  Output.write(items.map { "\($0)" }.joined(separator: separator) + terminator)
}

/// What commands print on standard output. A failure to write it is kept until the command has done its work, and is then the command's:
/// see ``close()``.
enum Output {
  /// The code of a program whose reader went away: what shells show for SIGPIPE.
  static let readerGone: Int32 = 141

  private static let failure = Mutex<Int32?>(nil)

  /// Writes characters, unless writing failed before: what follows a gap is worth nothing.
  static func write(_ text: String) {
    failure.withLock { failure in
      if failure == nil { failure = StandardStream.output.write(text.visibleLines) }
    }
  }

  /// Ends standard output.
  ///
  /// - Throws: `CommandError` where something could not be written; without a message where nobody reads any more.
  static func close() throws {
    let code = failure.withLock { failure -> Int32? in
      // Network file systems tell only now whether there was space.
      if failure == nil, Foundation.close(dup(STDOUT_FILENO)) != 0, ![EBADF, EINTR].contains(errno) { failure = errno }
      return failure
    }
    guard let code else { return }
    if code == EPIPE { throw CommandError("", code: readerGone) }
    throw CommandError("cannot write standard output: \(FailureText.reason(code))", code: 1)
  }

  /// A value as JSON with sorted keys.
  static func json(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    json(data: try encoder.encode(value))
  }

  /// A table: the first column to the left, the others to the right.
  static func table(_ header: [String], _ rows: [[String]]) -> String {
    // Names from files must not do anything to the terminal, nor to the table.
    let lines = ([header] + rows).map { $0.map(\.visible) }
    let widths = header.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    return lines.map { line in
      line.indices.map { column in
        let space = String(repeating: " ", count: widths[column] - line[column].count)
        return column == 0 ? line[column] + space : space + line[column]
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }

  /// A share as a percentage, with the half-width of its 95 % confidence interval: `±` stands for that everywhere, and is followed by
  /// its level.
  static func percent(_ mean: Double, _ halfWidth: Double? = nil) -> String {
    String(format: "%.2f", 100 * mean) + (halfWidth.map { String(format: " ± %.2f %% (95 %%)", 100 * $0) } ?? " %")
  }

  /// Lines for people, on standard error. One that cannot be written does not end the work.
  static func note(_ text: String) { StandardStream.error.write(text.visibleLines + "\n") }
}
