import Foundation

/// Fields of CSV files.
package enum CSV {
  /// A text as a field (RFC 4180), such that no spreadsheet takes it for a formula: one that begins like a formula gets an apostrophe
  /// before it, as spreadsheets write text.
  package static func field(_ text: String) -> String {
    // By scalars: to Swift a comma with a combining mark is a different character, to every reader of CSV it is a comma.
    let scalars = text.unicodeScalars
    let isFormula = scalars.first.map { "=+-@\t\r".unicodeScalars.contains($0) } ?? false
    let safe = isFormula ? "'" + text : text
    guard scalars.contains(where: { $0 == "," || $0 == "\"" || CharacterSet.newlines.contains($0) }) else { return safe }
    var quoted = String.UnicodeScalarView()
    for scalar in safe.unicodeScalars {
      if scalar == "\"" { quoted.append("\"") }
      quoted.append(scalar)
    }
    return "\"\(String(quoted))\""
  }
}
