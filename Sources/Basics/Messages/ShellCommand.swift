/// A command line for people to copy: a POSIX shell reads its words back unchanged, whatever characters they contain.
package struct ShellCommand: Hashable, Sendable, CustomStringConvertible {
  /// The program and its arguments.
  package var words: [String]

  package init(_ words: [String]) { self.words = words }

  /// A call of ArchPrior.
  package static func archprior(_ arguments: String...) -> ShellCommand { ShellCommand(["archprior"] + arguments) }

  /// The line.
  package var description: String { words.map(Self.quoted).joined(separator: " ") }

  /// A word as a shell wants it: in single quotes where it holds more than letters, digits and a few signs; by `printf` where it holds what
  /// would break the line or move the terminal's cursor.
  package static func quoted(_ word: String) -> String {
    if !word.isEmpty, word.unicodeScalars.allSatisfy(isLetterOrPlain) { return word }
    // A shell removes line ends from the end of a command's output; such a word stays in quotes, unchanged.
    guard word.unicodeScalars.contains(where: isUnprintable), word.last != "\n" else {
      return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
    let format = word.unicodeScalars.map { scalar -> String in
      if isUnprintable(scalar) { return String(scalar).utf8.map(octal).joined() }
      switch scalar {
      case "%": return "%%"
      case "\\": return "\\\\"
      case "'": return "'\\''"
      default: return String(scalar)
      }
    }.joined()
    return "\"$(printf '\(format)')\""
  }

  /// A path as an argument: one that begins with a hyphen would be taken for an option.
  package static func path(_ path: String) -> String { path.hasPrefix("-") ? "./" + path : path }

  private static let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-".utf8)

  private static func isLetterOrPlain(_ scalar: Unicode.Scalar) -> Bool {
    scalar.isASCII ? plain.contains(UInt8(scalar.value)) : scalar.properties.isAlphabetic
  }

  private static func isUnprintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }

  private static func octal(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 8)
    return "\\" + String(repeating: "0", count: 3 - digits.count) + digits
  }
}
