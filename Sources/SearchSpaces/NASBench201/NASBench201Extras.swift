/// Further tasks on the cells of NAS-Bench-201: NinaPro DB5 (gestures) and Darcy flow (a regression), 200 epochs, one seed.
///
/// The values' split is not stated where they come from, so they are treated as test values: for a final report, never for a search.
/// Read from a table with the columns `arch`, `ninapro_acc` (percent) and `darcy_acc` (a score, higher is better).
///
/// Source: Tu et al., "NAS-Bench-360", NeurIPS 2022 (datasets and benchmarks).
public struct NASBench360Table: TabularBenchmark {
  private static let columns = [("ninapro", "ninapro_acc"), ("darcyflow", "darcy_acc")]

  /// The space, with NAS-Bench-201's network for CIFAR-10.
  public let space = NASBench201Space.cifar10
  private let table: CellColumns

  /// The benchmark's name: `nas-bench-360`.
  public var name: String { "nas-bench-360" }
  /// The cells in the order of the file.
  public var architectures: [NASBench201Cell] { table.cells }
  /// NinaPro (`ninapro`) and Darcy flow (`darcyflow`), with test values after 200 epochs only.
  public var datasets: [BenchmarkDataset] {
    Self.columns.map { BenchmarkDataset(name: $0.0, validationEpochs: [], testEpochs: [200]) }
  }

  /// Reads a table, plain or gzip-compressed.
  ///
  /// - Throws: `BenchmarkError` with path and byte.
  public init(path: String) throws(BenchmarkError) {
    table = try CellColumns(CSVTable(path: path, key: "arch", digits: 6, wanted: { _ in Self.columns.map(\.1) }))
  }

  /// Parses the bytes of a whole file; `path` is what to call it in errors.
  ///
  /// - Throws: as ``init(path:)``.
  public init(_ file: [UInt8], path: String) throws(BenchmarkError) {
    table = try CellColumns(CSVTable(file, path: path, key: "arch", digits: 6, wanted: { _ in Self.columns.map(\.1) }))
  }

  /// Always fails: no value is stated to be of validation data.
  ///
  /// - Throws: `BenchmarkError.noSplit`.
  public func validation(of cell: NASBench201Cell, _ metric: ValidationMetric) throws(BenchmarkError) -> TrainingMeasurement {
    throw .noSplit(benchmark: name, dataset: metric.dataset, split: "validation")
  }

  /// The table's value: accuracy in percent for `ninapro`, a score for `darcyflow`.
  ///
  /// - Throws: `BenchmarkError.noDataset`; `.noFidelity` unless the epochs are 200; `.notInTable`.
  public func test(of cell: NASBench201Cell, _ metric: TestMetric) throws(BenchmarkError) -> Double {
    guard let column = Self.columns.first(where: { $0.0 == metric.dataset })?.1 else {
      throw .noDataset(benchmark: name, name: metric.dataset, known: Self.columns.map(\.0))
    }
    guard metric.epochs == 200 else {
      throw .noFidelity(benchmark: name, dataset: metric.dataset, epochs: metric.epochs, known: [200])
    }
    return try table.value(of: cell, column: column, benchmark: name)
  }
}

/// The latency of NAS-Bench-201's cells (whole networks, one image or a batch) on devices, in milliseconds.
///
/// Read from a table with the column `arch`; every column but `index` is a device: 27 in HELP's. Values are kept as the source has
/// them, with its outliers.
///
/// Source: Lee et al., "HELP: Hardware-adaptive efficient latency prediction for NAS via meta-learning", NeurIPS 2021.
public struct LatencyTable: Sendable {
  /// The devices, as the file's columns are named.
  public let devices: [String]
  private let table: CellColumns

  /// Reads a table, plain or gzip-compressed.
  ///
  /// - Throws: `BenchmarkError` with path and byte.
  public init(path: String) throws(BenchmarkError) {
    try self.init(CSVTable(path: path, key: "arch", digits: 6, wanted: Self.wanted))
  }

  /// Parses the bytes of a whole file; `path` is what to call it in errors.
  ///
  /// - Throws: as ``init(path:)``.
  public init(_ file: [UInt8], path: String) throws(BenchmarkError) {
    try self.init(CSVTable(file, path: path, key: "arch", digits: 6, wanted: Self.wanted))
  }

  private static func wanted(_ names: [String]) -> [String] { names.filter { !["arch", "index", ""].contains($0) } }

  private init(_ csv: CSVTable) throws(BenchmarkError) {
    devices = Self.wanted(csv.columns)
    guard !devices.isEmpty else { throw .missingColumn(path: csv.path, name: "a device") }
    for device in devices { try csv.check(device, in: 0...1e9, what: "milliseconds") }
    table = try CellColumns(csv)
  }

  /// The latency of a cell on a device, in milliseconds.
  ///
  /// - Throws: `BenchmarkError.noDevice`, `.notInTable`.
  public func milliseconds(of cell: NASBench201Cell, on device: String) throws(BenchmarkError) -> Double {
    guard devices.contains(device) else { throw .noDevice(name: device, known: devices) }
    return try table.value(of: cell, column: device, benchmark: "latency table")
  }
}

/// Columns of numbers by cell of NAS-Bench-201.
private struct CellColumns: Sendable {
  let cells: [NASBench201Cell]
  private let rows: [UInt16: Int]
  private let numbers: [String: [Double]]

  init(_ table: CSVTable) throws(BenchmarkError) {
    var rows = [UInt16: Int](minimumCapacity: table.rows)
    var cells = [NASBench201Cell]()
    for (row, text) in table.keys.enumerated() {
      guard let cell = try? NASBench201Cell(parsing: text) else {
        throw .malformed(
          path: table.path, offset: table.offsets[row], found: "“\(text.prefix(16))”", expected: "a cell, as 421211")
      }
      guard rows.updateValue(row, forKey: cell.code) == nil else {
        throw .repeated(path: table.path, offset: table.offsets[row], architecture: cell.text)
      }
      cells.append(cell)
    }
    self.rows = rows
    self.cells = cells
    numbers = table.numbers
  }

  func value(of cell: NASBench201Cell, column: String, benchmark: String) throws(BenchmarkError) -> Double {
    guard let row = rows[cell.code], let values = numbers[column] else {
      throw .notInTable(benchmark: benchmark, architecture: cell.text)
    }
    return values[row]
  }
}
