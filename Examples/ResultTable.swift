import ArchPrior
import ArgumentParser
import Foundation

/// A table of results: printed, and kept as Markdown and JSON where a folder is given.
struct ResultTable: Encodable {
  var title: String
  /// What was done, with sizes and settings, one sentence a line.
  var notes: [String]
  var columns: [String]
  var rows: [[String]]

  /// The table in Markdown.
  var markdown: String {
    let widths = columns.indices.map { column in ([columns] + rows).map { $0[column].count }.max() ?? 0 }
    func line(_ cells: [String]) -> String {
      "| " + zip(cells, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: " | ") + " |"
    }
    let rule = "|" + widths.map { String(repeating: "-", count: $0 + 2) }.joined(separator: "|") + "|"
    let table = ([line(columns), rule] + rows.map(line)).joined(separator: "\n")
    return "# \(title)\n\n" + (notes.isEmpty ? "" : notes.joined(separator: "\n") + "\n\n") + table + "\n"
  }

  /// Prints the table and writes `NAME.md` and `NAME.json`.
  func report(_ name: String, to folder: String?) throws {
    print(markdown)
    guard let folder else { return }
    let base = URL(fileURLWithPath: folder, isDirectory: true)
    try FileManager.default.createDirectory(at: base, withIntermediateDirectories: true)
    try Data(markdown.utf8).write(to: base.appendingPathComponent(name + ".md"))
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try (encoder.encode(self) + Data("\n".utf8)).write(to: base.appendingPathComponent(name + ".json"))
  }
}

/// Where results are kept.
struct ResultOptions: ParsableArguments {
  @Option(help: "A folder for the table as Markdown and JSON; printed only where it is left out.")
  var output: String?
}

/// A mean with the half width of its 95 % t interval, of shares in 0...1 as per cents: `89.94 ± 0.21`.
func percent(_ shares: [Double]) throws -> String {
  let sample = try Sample(shares.map { 100 * $0 })
  guard sample.count > 1 else { return String(format: "%.2f", sample.mean) }
  return String(format: "%.2f ± %.2f", sample.mean, try sample.confidenceInterval().halfWidth)
}
