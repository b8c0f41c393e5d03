/// NAS-Bench-Macro: 6,561 networks on CIFAR-10, three test accuracies each, the highest of 50 epochs; no validation accuracy, so
/// nothing for a search to see.
///
/// Read from a table with the columns `arch` (eight digits), `test_acc_0` to `test_acc_2`, `mean_acc` (percent), `params`, `flops`.
///
/// Source: Su et al., CVPR 2021, section 4; `train/train.py` of github.com/xiusu/NAS-Bench-Macro.
public struct NASBenchMacroTable: TabularBenchmark {
  private static let runColumns = ["test_acc_0", "test_acc_1", "test_acc_2"]

  /// The space, with the benchmark's network for CIFAR-10.
  public let space = NASBenchMacroSpace()
  private let rows: [NASBenchMacroArchitecture: Int]
  private let means, parameters, multiplyAdds: [Double]
  private let runs: [[Double]]

  /// All that the file has, in its order.
  public let architectures: [NASBenchMacroArchitecture]

  /// The benchmark's name: `nas-bench-macro`.
  public var name: String { "nas-bench-macro" }
  /// CIFAR-10 only, with test accuracies after 50 epochs and no validation accuracies.
  public var datasets: [BenchmarkDataset] {
    [BenchmarkDataset(name: "cifar10", validationEpochs: [], testEpochs: [Self.epochs])]
  }

  /// The epochs of the benchmark's trainings.
  public static let epochs = 50

  /// Reads a table, plain or gzip-compressed.
  ///
  /// - Parameters:
  ///   - path: the CSV file.
  ///   - complete: whether all 6,561 networks must be there.
  /// - Throws: `BenchmarkError` with path and byte.
  public init(path: String, complete: Bool = true) throws(BenchmarkError) {
    try self.init(CSVTable(path: path, key: "arch", digits: 8, wanted: { _ in Self.wanted }), complete: complete)
  }

  /// Parses the bytes of a whole file; `path` is what to call it in errors.
  ///
  /// - Throws: as ``init(path:complete:)``.
  public init(_ file: [UInt8], path: String, complete: Bool = true) throws(BenchmarkError) {
    try self.init(CSVTable(file, path: path, key: "arch", digits: 8, wanted: { _ in Self.wanted }), complete: complete)
  }

  private static let wanted = runColumns + ["mean_acc", "params", "flops"]

  private init(_ table: CSVTable, complete: Bool) throws(BenchmarkError) {
    var rows = [NASBenchMacroArchitecture: Int](minimumCapacity: table.rows)
    for (row, text) in table.keys.enumerated() {
      guard let architecture = NASBenchMacroArchitecture(digits: text) else {
        throw .malformed(
          path: table.path, offset: table.offsets[row], found: "“\(text.prefix(16))”", expected: "eight digits 0, 1 or 2")
      }
      guard rows.updateValue(row, forKey: architecture) == nil else {
        throw .repeated(path: table.path, offset: table.offsets[row], architecture: text)
      }
    }
    guard !complete || rows.count == 6_561 else {
      throw .incomplete(path: table.path, found: rows.count, expected: 6_561)
    }
    for name in Self.runColumns + ["mean_acc"] { try table.check(name, in: 0...100, what: "a percentage") }
    for name in ["params", "flops"] { try table.check(name, in: 0...1e15, what: "a count") }
    self.rows = rows
    architectures = table.keys.compactMap { NASBenchMacroArchitecture(digits: $0) }
    means = table["mean_acc"]
    parameters = table["params"]
    multiplyAdds = table["flops"]
    runs = Self.runColumns.map { table[$0] }
  }

  private func row(_ architecture: NASBenchMacroArchitecture) throws(BenchmarkError) -> Int {
    guard let row = rows[architecture] else { throw .notInTable(benchmark: name, architecture: architecture.digits) }
    return row
  }

  /// Always fails: the benchmark has no validation accuracies.
  ///
  /// - Throws: `BenchmarkError.noSplit`.
  public func validation(
    of architecture: NASBenchMacroArchitecture, _ metric: ValidationMetric
  ) throws(BenchmarkError) -> TrainingMeasurement {
    throw .noSplit(benchmark: name, dataset: metric.dataset, split: "validation")
  }

  /// The mean of the three test accuracies, in percent, as the table has it.
  ///
  /// - Throws: `BenchmarkError.noDataset`; `.noFidelity` unless the epochs are 50; `.notInTable`.
  public func test(of architecture: NASBenchMacroArchitecture, _ metric: TestMetric) throws(BenchmarkError) -> Double {
    _ = try dataset(metric.dataset)
    guard metric.epochs == Self.epochs else {
      throw .noFidelity(benchmark: name, dataset: metric.dataset, epochs: metric.epochs, known: [Self.epochs])
    }
    return means[try row(architecture)]
  }

  /// The test accuracies of the three trainings.
  ///
  /// - Throws: `BenchmarkError.notInTable`.
  public func testRuns(of architecture: NASBenchMacroArchitecture) throws(BenchmarkError) -> [Double] {
    let row = try row(architecture)
    return runs.map { $0[row] }
  }

  /// Parameters and multiply-adds, as the table has them.
  ///
  /// - Throws: `BenchmarkError.notInTable`.
  public func cost(of architecture: NASBenchMacroArchitecture) throws(BenchmarkError) -> NetworkCost {
    let row = try row(architecture)
    return NetworkCost(parameters: Int(parameters[row]), multiplyAdds: Int(multiplyAdds[row]))
  }
}

extension NASBenchMacroTable {
  /// How the table is opened by name.
  static let entry = BenchmarkRegistry.Entry(
    space: NASBenchMacroSpace().name,
    file: "a table of the 6,561 networks (CSV, CSV.gz; columns in docs/search.md) from https://github.com/xiusu/NAS-Bench-Macro"
  ) { (path) throws(BenchmarkError) in try NASBenchMacroTable(path: path) }
}
