import SearchSpaces

/// The benchmarks that the command can open, by the space that they are of. A benchmark of one's own needs no entry.
public enum BenchmarkRegistry {
  /// A benchmark's space and how its file is read.
  public struct Entry: Sendable {
    /// The name of the space.
    public let space: String
    /// What the file is.
    public let file: String
    /// Reads the file.
    public let open: @Sendable (_ path: String) throws(BenchmarkError) -> any TabularBenchmark
  }

  /// All of them.
  public static let all: [Entry] = [
    Entry(space: NASBench201Space.cifar10.name, file: "a table as scripts/nasbench201_to_csv.py writes it (CSV, CSV.gz)") {
      (path) throws(BenchmarkError) in try NASBench201Table(path: path)
    },
    Entry(space: NASBench101Space().name, file: "the official nasbench_full.tfrecord or nasbench_only108.tfrecord") {
      (path) throws(BenchmarkError) in try NASBench101Table(path: path)
    },
    Entry(space: NASBenchMacroSpace().name, file: "a table of the 6,561 networks (CSV, CSV.gz)") {
      (path) throws(BenchmarkError) in try NASBenchMacroTable(path: path)
    },
  ]
}
