import ArgumentParser
import Foundation

/// The slow checks of what needs networks of a search space: zero-cost proxies, and searches from scratch.
@main
struct NetworkBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "archprior-network-bench",
    abstract:
      "Zero-cost proxies on networks of NAS-Bench-201; a prior against searches from scratch; damaged files of all that is read back; "
      + "what adapting to pictures one at a time costs.",
    subcommands: [ProxiesCommand.self, PriorCommand.self, FuzzRecordsCommand.self, AdaptingCommand.self])
}

/// Prints a line at once, also into a pipe.
func say(_ text: String) {
  FileHandle.standardOutput.write(Data((text + "\n").utf8))
}

/// Numbers aligned in columns.
func table(_ rows: [[String]]) -> String {
  let widths = (0..<(rows.map(\.count).max() ?? 0)).map { column in
    rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
  }
  return rows.map { row in
    row.enumerated().map { column, text in
      let space = String(repeating: " ", count: widths[column] - text.count)
      return column == 0 ? text + space : space + text
    }.joined(separator: "  ")
  }.joined(separator: "\n")
}

/// The middle of some numbers.
func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  guard !sorted.isEmpty else { return .nan }
  return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}
