import ArgumentParser
import Foundation

/// The slow checks of search spaces, tabular benchmarks and strategies.
@main
struct SearchBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "archprior-search-bench",
    abstract: "Slow checks of search spaces, tabular benchmarks, search strategies and readers of data sets.",
    subcommands: [NASBench201Command.self, NASBench101Command.self, FuzzCommand.self, FuzzDatasetsCommand.self])
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

/// The largest resident memory of this process so far, in megabytes.
func peakMegabytes() -> Double {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  return Double(usage.ru_maxrss) / 1024
}
