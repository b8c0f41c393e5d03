import Foundation

/// NAS-Bench-101: 423,624 cells on CIFAR-10 after 4, 12, 36 and 108 epochs (or 108 only), three trainings each.
///
/// Read from the official `nasbench_full.tfrecord` or `nasbench_only108.tfrecord`: every record is a JSON array of the module hash,
/// the epochs, the adjacency matrix, the operations and the metrics (base64 of a protocol buffer).
///
/// Source: Ying et al., ICML 2019; `nasbench/api.py` of google-research/nasbench.
public struct NASBench101Table: TabularBenchmark {
  /// One training.
  public struct Run: Hashable, Sendable {
    /// The training's state half way and at its end.
    public struct State: Hashable, Sendable {
      /// Seconds until then.
      public let seconds: Double
      /// Training accuracy, a fraction.
      public let train: Double
      /// Validation accuracy, a fraction.
      public let validation: Double
      /// Test accuracy, a fraction.
      public let test: Double
    }

    /// The state after half of the epochs.
    public let halfway: State
    /// The state after all epochs.
    public let final: State
  }

  private struct Key: Hashable, Comparable {
    let high, low: UInt64
    static func < (a: Key, b: Key) -> Bool { (a.high, a.low) < (b.high, b.low) }
  }

  /// A training as kept.
  private struct Row {
    let cell: UInt32
    let epochs: Int32
    let run: Run
  }

  /// The space, with the benchmark's network for CIFAR-10.
  public let space = NASBench101Space()
  private let index: [Key: UInt32]
  private let rows: [Row]
  private let epochs: [Int]
  /// Trainable parameters by cell, in the order of the file.
  private let counts: [Int32]
  /// The cells, packed: hundreds of thousands of arrays would take ten times the memory.
  private let packed: [UInt64]

  /// The benchmark's name: `nas-bench-101`.
  public var name: String { "nas-bench-101" }
  /// CIFAR-10 only, with the numbers of epochs that the file has.
  public var datasets: [BenchmarkDataset] {
    [BenchmarkDataset(name: "cifar10", validationEpochs: epochs, testEpochs: epochs)]
  }

  /// The cells in the order of the file, unpacked anew at every call.
  public var architectures: [NASBench101Cell] { packed.compactMap(NASBench101Cell.init(packed:)) }

  /// How many different cells the table has.
  public var cellCount: Int { index.count }
  /// How many trainings the table has.
  public var runCount: Int { rows.count }

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - path: the TFRecord file.
  ///   - checkingHashes: whether every cell's hash is computed and compared with the file's.
  /// - Throws: `BenchmarkError` with path and byte.
  public init(path: String, checkingHashes: Bool = true) throws(BenchmarkError) {
    try self.init(TFRecordFile(path: path), checkingHashes: checkingHashes)
  }

  /// Parses the bytes of a whole file; `path` is what to call it in errors.
  ///
  /// - Throws: as ``init(path:checkingHashes:)``.
  public init(_ file: [UInt8], path: String, checkingHashes: Bool = true) throws(BenchmarkError) {
    try self.init(TFRecordFile(file, path: path), checkingHashes: checkingHashes)
  }

  private init(_ file: TFRecordFile, checkingHashes: Bool) throws(BenchmarkError) {
    var index = [Key: UInt32]()
    var rows = [Row]()
    var counts = [Int32]()
    var packed = [UInt64]()
    var epochs = Set<Int>()
    let hasher = NASBench101Hasher()
    try file.forEachRecord { (payload, offset) throws(BenchmarkError) in
      let record = try NASBench101Record(payload, path: file.path, offset: offset)
      let key = Key(high: record.hash.0, low: record.hash.1)
      if index[key] == nil {
        if checkingHashes {
          let computed = record.cell.pruned.map(hasher.digest)
          guard let computed, computed == record.hash else {
            throw BenchmarkError.malformed(
              path: file.path, offset: offset, found: "hash \(record.hashText)", expected: "the hash of the record's cell")
          }
        }
        index[key] = UInt32(counts.count)
        counts.append(record.parameters)
        packed.append(record.cell.packed)
      }
      rows.append(Row(cell: index[key] ?? 0, epochs: record.epochs, run: record.run))
      epochs.insert(Int(record.epochs))
    }
    // Sorting by place too keeps the repeats in the order of the file.
    let order = rows.indices.sorted { (rows[$0].cell, rows[$0].epochs, $0) < (rows[$1].cell, rows[$1].epochs, $1) }
    self.rows = order.map { rows[$0] }
    self.index = index
    self.counts = counts
    self.packed = packed
    self.epochs = epochs.sorted()
  }

  /// The trainings of a cell for some epochs, in the order of the file.
  ///
  /// - Throws: `BenchmarkError.notInTable`, `.noFidelity`.
  public func runs(of cell: NASBench101Cell, epochs: Int) throws(BenchmarkError) -> [Run] {
    guard self.epochs.contains(epochs) else {
      throw .noFidelity(benchmark: name, dataset: "cifar10", epochs: epochs, known: self.epochs)
    }
    let number = try number(of: cell)
    var (low, high) = (0, rows.count)
    while low < high {
      let middle = (low + high) / 2
      if (rows[middle].cell, rows[middle].epochs) < (number, Int32(epochs)) { low = middle + 1 } else { high = middle }
    }
    let found = rows[low...].prefix { $0.cell == number && $0.epochs == epochs }.map(\.run)
    guard !found.isEmpty else { throw .notInTable(benchmark: name, architecture: "\(cell.text) at \(epochs) epochs") }
    return found
  }

  /// The trainable parameters that the file states for a cell.
  ///
  /// - Throws: `BenchmarkError.notInTable`.
  public func parameters(of cell: NASBench101Cell) throws(BenchmarkError) -> Int { Int(counts[Int(try number(of: cell))]) }

  private func number(of cell: NASBench101Cell) throws(BenchmarkError) -> UInt32 {
    guard let pruned = cell.pruned else { throw .notInTable(benchmark: name, architecture: cell.text) }
    let digest = NASBench101Hasher().digest(of: pruned)
    guard let number = index[Key(high: digest.0, low: digest.1)] else {
      throw .notInTable(benchmark: name, architecture: cell.text)
    }
    return number
  }

  /// The mean validation accuracy in percent of the trainings' ends, and their mean seconds.
  public func validation(of cell: NASBench101Cell, _ metric: ValidationMetric) throws(BenchmarkError) -> TrainingMeasurement {
    _ = try dataset(metric.dataset)
    let runs = try runs(of: cell, epochs: metric.epochs)
    func mean(_ value: (Run.State) -> Double) -> Double { runs.reduce(0) { $0 + value($1.final) } / Double(runs.count) }
    return TrainingMeasurement(score: 100 * mean(\.validation), seconds: mean(\.seconds))
  }

  /// The mean test accuracy in percent of the trainings' ends.
  public func test(of cell: NASBench101Cell, _ metric: TestMetric) throws(BenchmarkError) -> Double {
    _ = try dataset(metric.dataset)
    let runs = try runs(of: cell, epochs: metric.epochs)
    return 100 * runs.reduce(0) { $0 + $1.final.test } / Double(runs.count)
  }
}

extension NASBench101Table {
  /// How the table is opened by name.
  static let entry = BenchmarkRegistry.Entry(
    space: NASBench101Space().name,
    file: "the official nasbench_full.tfrecord or nasbench_only108.tfrecord (https://github.com/google-research/nasbench)"
  ) { (path) throws(BenchmarkError) in try NASBench101Table(path: path) }
}
