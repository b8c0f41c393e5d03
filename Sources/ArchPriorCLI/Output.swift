import Foundation

/// What commands print on standard output.
enum Output {
  /// A value as JSON with sorted keys.
  static func json(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    print(String(decoding: try encoder.encode(value), as: UTF8.self))
  }

  /// A table: the first column to the left, the others to the right.
  static func table(_ header: [String], _ rows: [[String]]) -> String {
    let lines = [header] + rows
    let widths = header.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    return lines.map { line in
      line.indices.map { column in
        let space = String(repeating: " ", count: widths[column] - line[column].count)
        return column == 0 ? line[column] + space : space + line[column]
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }

  /// A share as a percentage, with the half-width of its 95 % confidence interval: `±` stands for that everywhere, and is followed by its level.
  static func percent(_ mean: Double, _ halfWidth: Double? = nil) -> String {
    String(format: "%.2f", 100 * mean) + (halfWidth.map { String(format: " ± %.2f %% (95 %%)", 100 * $0) } ?? " %")
  }

  /// Lines for people, on standard error.
  static func note(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }
}
