import Basics
import Foundation

/// The tabular benchmarks that can be opened by the name of their space. A new one is a line of ``registry``, or registered by a program
/// of its own.
public enum BenchmarkRegistry: KindRegistry {
  /// A benchmark's space and how its file is read.
  public struct Entry: Sendable {
    /// The name of the space.
    public let space: String
    /// What the file is, and where it comes from.
    public let file: String
    /// Reads the file.
    public let open: @Sendable (_ path: String) throws(BenchmarkError) -> any TabularBenchmark

    /// How the benchmark of a space is opened.
    ///
    /// - Parameters:
    ///   - space: the name of the space; a space has one benchmark.
    ///   - file: what the file is, and where it comes from, as the end of a sentence.
    ///   - open: reads the file.
    public init(
      space: String, file: String, open: @escaping @Sendable (_ path: String) throws(BenchmarkError) -> any TabularBenchmark
    ) {
      self.space = space
      self.file = file
      self.open = open
    }
  }

  /// The benchmarks, in the order of lists; their names are those of their spaces.
  public static let registry = Registry<Entry>(
    "tabular benchmark",
    [
      NASBench201Table.entry,
      NASBench101Table.entry,
      NASBenchMacroTable.entry,
    ]
  ) { $0.space }

  /// Looks for a benchmark's file.
  ///
  /// - Throws: ``BenchmarkError/missing(path:wanted:)``, which says where such a file comes from.
  public static func checkFile(_ path: String, space: String) throws(BenchmarkError) {
    guard !FileManager.default.fileExists(atPath: path) else { return }
    throw .missing(path: path, wanted: registry[space]?.file ?? "a benchmark's file")
  }
}
