import Foundation
import SearchSpaces
import Testing

/// The same table as spreadsheets, editors and R save it gives the same numbers.
@Suite struct SpreadsheetTests {
  private static func fields(_ text: String) -> [[String]] {
    text.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
  }

  private static func joined(_ rows: [[String]], quote: String = "", end: String = "\n") -> String {
    rows.map { $0.map { quote + $0 + quote }.joined(separator: ",") }.joined(separator: end) + end
  }

  /// Every way of saving, by name.
  static let forms: [(name: String, change: @Sendable (String) -> [UInt8])] = [
    ("byte order mark", { [0xEF, 0xBB, 0xBF] + Array($0.utf8) }),
    ("byte order mark, then quotes", { [0xEF, 0xBB, 0xBF] + Array(joined(fields($0), quote: "\"").utf8) }),
    ("Excel's line about the separator", { Array(("sep=,\r\n" + $0).utf8) }),
    ("spaces after commas", { Array($0.replacingOccurrences(of: ",", with: ", ").utf8) }),
    ("all in quotes", { Array(joined(fields($0), quote: "\"").utf8) }),
    ("CRLF", { Array(joined(fields($0), end: "\r\n").utf8) }), ("CR by itself", { Array(joined(fields($0), end: "\r").utf8) }),
    ("quotes and CRLF", { Array(joined(fields($0), quote: "\"", end: "\r\n").utf8) }),
    ("no line end at the end", { Array($0.utf8.dropLast()) }), ("blank last line", { Array(($0 + "\n").utf8) }),
    ("blank lines of CRLF", { Array(($0 + "\r\n\r\n").utf8) }), ("rows of commas below", { Array(($0 + ",,,,\n,,,,\n").utf8) }),
    (
      "row names of R",
      { text in
        let rows = fields(text).enumerated().map { [$0 == 0 ? "" : "\($0)"] + $1.map { $0.isEmpty ? "NA" : $0 } }
        return Array(joined(rows, quote: "\"").utf8)
      }
    ),
    ("NA for blank fields", { text in Array(joined(fields(text).map { $0.map { $0.isEmpty ? "NA" : $0 } }).utf8) }),
    // Key 000000 becomes a number: 0.
    ("zeros at the beginning dropped", { Array($0.replacingOccurrences(of: ",000000,", with: ",0,").utf8) }),
  ]

  @Test(arguments: forms.indices) func readAsTheOriginal(_ index: Int) throws {
    let text = MadeUpTables.nasBench201()
    let original = try NASBench201Table(Array(text.utf8), path: "t.csv", complete: false)
    let table = try NASBench201Table(Self.forms[index].change(text), path: "t.csv", complete: false)
    #expect(table.cells == original.cells && table.cells.count == 3)
    for cell in original.cells {
      for dataset in original.datasets {
        for epochs in [12, 200] {
          let metric = ValidationMetric(dataset: dataset.name, epochs: epochs)
          #expect(try table.validation(of: cell, metric) == original.validation(of: cell, metric), "\(Self.forms[index].name)")
        }
        #expect(
          try table.validationRuns(of: cell, dataset: dataset.name) == original.validationRuns(of: cell, dataset: dataset.name))
      }
    }
  }

  @Test(
    arguments: [
      ("semicolons", "columns separated by semicolons"), ("tabs", "columns separated by tabs"), ("UTF-16", "text in UTF-16"),
      ("open quote", "expected a number"), ("word", "expected a number"), ("NA", "expected a number"),
    ]) func othersAreRefusedByName(change: String, message: String)
  {
    let text = MadeUpTables.nasBench201()
    let bytes: [UInt8]
    switch change {
    case "semicolons": bytes = Array(text.replacingOccurrences(of: ",", with: ";").utf8)
    case "tabs": bytes = Array(text.replacingOccurrences(of: ",", with: "\t").utf8)
    case "UTF-16": bytes = [0xFF, 0xFE] + text.utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
    case "open quote": bytes = Array(text.replacingOccurrences(of: "10.10", with: "\"10.10").utf8)
    case "word": bytes = Array(text.replacingOccurrences(of: "10.10", with: "\"ten\"").utf8)
    // A missing value where there must be one.
    default: bytes = Array(text.replacingOccurrences(of: "10.10", with: "NA").utf8)
    }
    let error = #expect(throws: BenchmarkError.self) { try NASBench201Table(bytes, path: "t.csv", complete: false) }
    #expect(error?.description.contains(message) == true && error?.description.contains("byte") == true, "\(error as Any)")
  }

  @Test func onlyRegularFilesAreRead() throws {
    let pipe = FileManager.default.temporaryDirectory.appendingPathComponent("archprior-\(UUID().uuidString)").path
    mkfifo(pipe, 0o600)
    defer { unlink(pipe) }
    for read in [
      { _ = try NASBench201Table(path: pipe) }, { _ = try LatencyTable(path: pipe) }, { _ = try NASBenchMacroTable(path: pipe) },
      { _ = try NASBench101Table(path: pipe) },
    ] as [() throws -> Void] {
      let error = #expect(throws: BenchmarkError.self) { try read() }
      #expect(error?.description.contains("not a regular file but a named pipe") == true, "\(error as Any)")
    }
  }
}
