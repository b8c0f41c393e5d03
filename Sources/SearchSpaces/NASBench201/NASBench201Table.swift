/// NAS-Bench-201 (the topology space of NATS-Bench): 15,625 cells on CIFAR-10, CIFAR-100 and ImageNet16-120, after 12 and 200 epochs.
///
/// Read from a table with the columns `arch` (six digits, the operations of the edges) and for each of `c10`, `c100`, `in16`
/// `…_val12`, `…_test12`, `…_val200`, `…_test200` (percent, means over seeds), `…_val200_s0` to `_s2` (single seeds, the last may be
/// blank) and `…_train_s` (seconds of 200 epochs); `scripts/nasbench201_to_csv.py` writes it from the official file. Values on
/// CIFAR-10 are of networks trained on half (validation) and on all of the training images (test), as the benchmark's authors have
/// them.
///
/// Source: Dong, Yang, ICLR 2020; Dong et al., "NATS-Bench", TPAMI 2021.
public struct NASBench201Table: TabularBenchmark {
  /// The data sets, with their columns' prefix.
  package static let columns = [("cifar10", "c10"), ("cifar100", "c100"), ("imagenet16-120", "in16")]
  private static let seeds = 3

  /// The values of one data set, by row.
  private struct Columns {
    var validation12, test12, validation200, test200, seconds: [Double]
    var runs: [[Double]]
  }

  /// The space, with the benchmark's network for CIFAR-10.
  public let space = NASBench201Space.cifar10
  /// The path that the table was read from.
  public let path: String
  /// The cells that the table has, by row.
  public let cells: [NASBench201Cell]
  private let rows: [Int32]
  private let values: [String: Columns]
  /// The column `params_c10` where the file has it: parameters of the network for CIFAR-10, by row.
  public let parameters: [Int]?

  /// The benchmark's name: `nas-bench-201`.
  public var name: String { "nas-bench-201" }
  /// The cells that the table has, by row.
  public var architectures: [NASBench201Cell] { cells }

  /// CIFAR-10, CIFAR-100 and ImageNet16-120, each with both accuracies after 12 and 200 epochs.
  public var datasets: [BenchmarkDataset] {
    Self.columns.map { BenchmarkDataset(name: $0.0, validationEpochs: [12, 200], testEpochs: [12, 200]) }
  }

  /// Reads a table, plain or gzip-compressed.
  ///
  /// - Parameters:
  ///   - path: the table's file.
  ///   - complete: whether all 15,625 cells must be there.
  /// - Throws: `BenchmarkError` with path and byte.
  public init(path: String, complete: Bool = true) throws(BenchmarkError) {
    try self.init(
      CSVTable(path: path, key: "arch", digits: 6, wanted: Self.wanted, blanksAllowed: Self.blanks), complete: complete)
  }

  /// Parses the bytes of a whole file; `path` is what to call it in errors.
  ///
  /// - Throws: as ``init(path:complete:)``.
  public init(_ file: [UInt8], path: String, complete: Bool = true) throws(BenchmarkError) {
    try self.init(
      CSVTable(file, path: path, key: "arch", digits: 6, wanted: Self.wanted, blanksAllowed: Self.blanks), complete: complete)
  }

  private static let required = columns.flatMap { _, prefix in
    ["val12", "test12", "val200", "test200", "train_s", "val200_s0", "val200_s1", "val200_s2"].map { "\(prefix)_\($0)" }
  }
  private static let blanks = Set(columns.map { "\($0.1)_val200_s2" })
  private static func wanted(_ names: [String]) -> [String] {
    required + (names.contains("params_c10") ? ["params_c10"] : [])
  }

  private init(_ table: CSVTable, complete: Bool) throws(BenchmarkError) {
    path = table.path
    var rows = [Int32](repeating: -1, count: NASBench201Cell.count)
    var cells = [NASBench201Cell]()
    for (row, text) in table.keys.enumerated() {
      let cell: NASBench201Cell
      do {
        cell = try NASBench201Cell(parsing: text)
      } catch {
        throw .malformed(path: path, offset: table.offsets[row], found: "“\(text.prefix(16))”", expected: "a cell, as 421211")
      }
      guard rows[Int(cell.code)] < 0 else {
        throw .repeated(path: path, offset: table.offsets[row], architecture: cell.text)
      }
      rows[Int(cell.code)] = Int32(row)
      cells.append(cell)
    }
    guard !complete || cells.count == NASBench201Cell.count else {
      throw .incomplete(path: path, found: cells.count, expected: NASBench201Cell.count)
    }
    for name in Self.required where !name.hasSuffix("train_s") { try table.check(name, in: 0...100, what: "a percentage") }
    for (_, prefix) in Self.columns { try table.check("\(prefix)_train_s", in: 0...1e9, what: "seconds") }
    self.rows = rows
    self.cells = cells
    parameters = table.numbers["params_c10"]?.map { Int($0.clamped(to: 0...1e15)) }
    values = Dictionary(
      uniqueKeysWithValues: Self.columns.map { name, prefix in
        (
          name,
          Columns(
            validation12: table["\(prefix)_val12"], test12: table["\(prefix)_test12"], validation200: table["\(prefix)_val200"],
            test200: table["\(prefix)_test200"], seconds: table["\(prefix)_train_s"],
            runs: (0..<Self.seeds).map { table["\(prefix)_val200_s\($0)"] })
        )
      })
  }

  private func place(_ cell: NASBench201Cell, _ dataset: String) throws(BenchmarkError) -> (Columns, Int) {
    guard let columns = values[dataset] else {
      throw .noDataset(benchmark: name, name: dataset, known: Self.columns.map(\.0))
    }
    let row = Int(rows[Int(cell.code)])
    guard row >= 0 else { throw .notInTable(benchmark: name, architecture: cell.text) }
    return (columns, row)
  }

  private func unknown(_ epochs: Int, _ dataset: String) -> BenchmarkError {
    .noFidelity(benchmark: name, dataset: dataset, epochs: epochs, known: [12, 200])
  }

  /// The mean validation accuracy; 12 epochs take 12/200 of the table's seconds.
  public func validation(of cell: NASBench201Cell, _ metric: ValidationMetric) throws(BenchmarkError) -> TrainingMeasurement {
    let (columns, row) = try place(cell, metric.dataset)
    switch metric.epochs {
    case 12: return TrainingMeasurement(score: columns.validation12[row], seconds: columns.seconds[row] * 12 / 200)
    case 200: return TrainingMeasurement(score: columns.validation200[row], seconds: columns.seconds[row])
    default: throw unknown(metric.epochs, metric.dataset)
    }
  }

  /// The test accuracy in percent, the mean over seeds.
  ///
  /// - Throws: `BenchmarkError.noDataset`; `.notInTable`; `.noFidelity` for epochs other than 12 and 200.
  public func test(of cell: NASBench201Cell, _ metric: TestMetric) throws(BenchmarkError) -> Double {
    let (columns, row) = try place(cell, metric.dataset)
    switch metric.epochs {
    case 12: return columns.test12[row]
    case 200: return columns.test200[row]
    default: throw unknown(metric.epochs, metric.dataset)
    }
  }

  /// The validation accuracies after 200 epochs of the two or three trainings from different seeds.
  ///
  /// - Throws: `BenchmarkError` for an unknown data set or cell.
  public func validationRuns(of cell: NASBench201Cell, dataset: String) throws(BenchmarkError) -> [Double] {
    let (columns, row) = try place(cell, dataset)
    return columns.runs.map { $0[row] }.filter { !$0.isNaN }
  }
}

extension CSVTable {
  /// Checks that a column's numbers are possible; blank fields pass.
  func check(_ name: String, in range: ClosedRange<Double>, what: String) throws(BenchmarkError) {
    guard let row = self[name].firstIndex(where: { !$0.isNaN && !range.contains($0) }) else { return }
    throw .malformed(path: path, offset: offsets[row], found: "\(self[name][row]) in column \(name)", expected: what)
  }
}

extension Comparable {
  func clamped(to range: ClosedRange<Self>) -> Self { min(max(self, range.lowerBound), range.upperBound) }
}

extension NASBench201Table {
  /// How the table is opened by name.
  static let entry = BenchmarkRegistry.Entry(
    space: NASBench201Space.cifar10.name,
    file: "the table (CSV, CSV.gz) that scripts/nasbench201_to_csv.py makes of NATS-tss-v1_0-3ffb9-simple.tar "
      + "(https://github.com/D-X-Y/NATS-Bench)"
  ) { (path) throws(BenchmarkError) in try NASBench201Table(path: path) }
}
