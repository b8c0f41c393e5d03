import Foundation

/// The benchmarks that the command can open, by the space that they are of. Your own benchmark needs no entry.
public enum BenchmarkRegistry {
  /// A benchmark's space and how its file is read.
  public struct Entry: Sendable {
    /// The name of the space.
    public let space: String
    /// What the file is, and where it comes from.
    public let file: String
    /// Reads the file.
    public let open: @Sendable (_ path: String) throws(BenchmarkError) -> any TabularBenchmark
  }

  /// All of them.
  public static let all: [Entry] = [
    Entry(
      space: NASBench201Space.cifar10.name,
      file: "the table (CSV, CSV.gz) that scripts/nasbench201_to_csv.py makes of NATS-tss-v1_0-3ffb9-simple.tar "
        + "(https://github.com/D-X-Y/NATS-Bench)"
    ) { (path) throws(BenchmarkError) in try NASBench201Table(path: path)
    },
    Entry(
      space: NASBench101Space().name,
      file: "the official nasbench_full.tfrecord or nasbench_only108.tfrecord (https://github.com/google-research/nasbench)"
    ) { (path) throws(BenchmarkError) in try NASBench101Table(path: path)
    },
    Entry(
      space: NASBenchMacroSpace().name,
      file: "a table of the 6,561 networks (CSV, CSV.gz; columns in docs/search.md) from https://github.com/xiusu/NAS-Bench-Macro"
    ) { (path) throws(BenchmarkError) in try NASBenchMacroTable(path: path)
    },
  ]

  /// Looks for a benchmark's file.
  ///
  /// - Throws: ``BenchmarkError/missing(path:wanted:)``, which says where such a file comes from.
  public static func checkFile(_ path: String, space: String) throws(BenchmarkError) {
    guard !FileManager.default.fileExists(atPath: path) else { return }
    throw .missing(path: path, wanted: all.first { $0.space == space }?.file ?? "a benchmark's file")
  }
}
