import ArchPriorTesting
import Basics
import Foundation
import SearchSpaces
import Testing

/// Every registered benchmark: what its table answers, and how it is opened by name.
@Suite struct BenchmarkTableTests {
  /// A registered benchmark with a small whole file of it.
  struct Row: Sendable {
    /// The name of the space.
    let name: String
    let bytes: [UInt8]
    /// Reads the file, which need not have all architectures.
    let read: @Sendable (_ bytes: [UInt8], _ path: String) throws -> any TabularBenchmark

    init(
      _ name: String, _ bytes: [UInt8],
      read: @escaping @Sendable ([UInt8], String) throws -> any TabularBenchmark
    ) {
      (self.name, self.bytes, self.read) = (name, bytes, read)
    }
  }

  /// A row for every registered benchmark, without which the suite fails.
  static let rows = [
    Row("nas-bench-201", Array(BenchmarkFuzzer.nasBench201.utf8)) { try NASBench201Table($0, path: $1, complete: false) },
    Row("nas-bench-101", BenchmarkFuzzer.tfRecord) { try NASBench101Table($0, path: $1) },
    Row("nas-bench-macro", Array(BenchmarkFuzzer.macro.utf8)) { try NASBenchMacroTable($0, path: $1, complete: false) },
  ]

  @Test func everyBenchmarkHasARow() {
    #expect(Self.rows.map(\.name) == BenchmarkRegistry.names)
    #expect(BenchmarkRegistry.names.allSatisfy { SearchSpaceRegistry.space(named: $0) != nil })
  }

  @Test(arguments: rows.map(\.name)) func holds(name: String) throws {
    let row = try #require(Self.rows.first { $0.name == name })
    try check(row.read(row.bytes, "whole.file"), of: name)
    // A byte that no format has in its middle.
    var damaged = row.bytes
    damaged[damaged.count / 2] = 0xFF
    #expect { _ = try row.read(damaged, "damaged.file") } throws: { "\($0)".hasPrefix("damaged.file") }
  }

  /// Accuracies of what the table has, and errors for all else.
  private func check<Table: TabularBenchmark>(_ table: Table, of name: String) throws {
    #expect(table.space.name == name)
    let first = try #require(table.architectures.first)
    for architecture in table.architectures {
      #expect(table.space.contains(architecture))
      for dataset in table.datasets {
        for epochs in dataset.validationEpochs {
          let found = try table.validation(of: architecture, .init(dataset: dataset.name, epochs: epochs))
          #expect(found.score.isFinite && found.seconds >= 0)
        }
        for epochs in dataset.testEpochs {
          #expect(try table.test(of: architecture, .init(dataset: dataset.name, epochs: epochs)).isFinite)
        }
      }
    }
    #expect(!table.datasets.isEmpty && table.datasets.allSatisfy { !$0.testEpochs.isEmpty })
    #expect(throws: BenchmarkError.self) { try table.test(of: first, .init(dataset: "no such data set", epochs: 1)) }
    #expect(throws: BenchmarkError.self) { try table.test(of: first, .init(dataset: table.datasets[0].name, epochs: -1)) }
  }

  @Test(arguments: rows.map(\.name)) func areOpenedByName(name: String) throws {
    let entry = try #require(BenchmarkRegistry.registry[name])
    #expect(throws: BenchmarkError.self) { try entry.open("/nonexistent/table") }
    #expect(throws: BenchmarkError.missing(path: "/nonexistent/table", wanted: entry.file)) {
      try BenchmarkRegistry.checkFile("/nonexistent/table", space: name)
    }
  }
}
