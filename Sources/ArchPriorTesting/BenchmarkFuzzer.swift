import Basics
import Foundation
import SearchSpaces

/// Makes small benchmark files of every kind, damages them and reads them. A reader must give a table or a `BenchmarkError`.
package struct BenchmarkFuzzer {
  /// What the readers did.
  package struct Report: Sendable {
    package var files = 0
    /// By kind of file: how many were read and how many refused.
    package var outcomes: [String: (read: Int, refused: Int)] = [:]
    /// Refusals whose message does not name the file.
    package var withoutPlace = 0

    package init() {}

    /// Adds another report.
    package mutating func add(_ other: Report) {
      files += other.files
      withoutPlace += other.withoutPlace
      for (kind, outcome) in other.outcomes {
        let mine = outcomes[kind] ?? (0, 0)
        outcomes[kind] = (mine.read + outcome.read, mine.refused + outcome.refused)
      }
    }
  }

  private static let path = "fuzzed.file"
  private var generator: Philox

  package init(seed: UInt64) { generator = Philox(seed: seed, stream: "benchmark fuzzer") }

  /// Reads so many damaged files, the kinds in turn.
  package func run(files: Int) -> Report {
    var copy = self
    return copy.work(files)
  }

  private mutating func work(_ files: Int) -> Report {
    let kinds = Self.kinds
    var report = Report()
    for number in 0..<files {
      let (kind, bytes, read) = kinds[number % kinds.count]
      var mutated = bytes
      // The first file of each kind is whole, to see that it can be read.
      if number >= kinds.count { mutate(&mutated, repairing: kind == "tfrecord") }
      var outcome = report.outcomes[kind] ?? (0, 0)
      do {
        try read(mutated)
        outcome.read += 1
      } catch let error as BenchmarkError {
        outcome.refused += 1
        if !error.description.hasPrefix(Self.path) { report.withoutPlace += 1 }
      } catch {
        outcome.refused += 1
        report.withoutPlace += 1
      }
      report.outcomes[kind] = outcome
      report.files += 1
    }
    return report
  }

  private static let absurd = ["", "nan", "-inf", "1e999", "-1", "99999999999999999999", "0x10", "\"", ",", "\n", "1e308", "é"]

  private mutating func mutate(_ bytes: inout [UInt8], repairing: Bool) {
    for _ in 0...generator.nextInt(below: 3) {
      guard !bytes.isEmpty else { return }
      let place = generator.nextInt(below: bytes.count)
      switch generator.nextInt(below: 7) {
      case 0: bytes.removeLast(bytes.count - place)
      case 1: bytes[place] ^= UInt8(1 << generator.nextInt(below: 8))
      case 2: bytes[place] = UInt8(truncatingIfNeeded: generator.next())
      case 3: bytes.insert(contentsOf: Array(Self.absurd[generator.nextInt(below: Self.absurd.count)].utf8), at: place)
      case 4: bytes.removeSubrange(place..<min(bytes.count, place + 1 + generator.nextInt(below: 40)))
      case 5:
        let end = min(bytes.count, place + 1 + generator.nextInt(below: 200))
        bytes.insert(contentsOf: bytes[place..<end], at: generator.nextInt(below: bytes.count))
      default:
        // An absurd 64-bit number, as a length would be.
        for (offset, byte) in withUnsafeBytes(of: generator.next() >> UInt64(generator.nextInt(below: 64)), Array.init)
          .enumerated()
        where place + offset < bytes.count { bytes[place + offset] = byte }
      }
    }
    // Checksums would catch nearly everything before the parsers behind them are reached.
    if repairing, generator.nextBool(probability: 0.7) { Self.repair(&bytes) }
  }

  /// Gives every record that lies within the file the checksums of its bytes.
  private static func repair(_ bytes: inout [UInt8]) {
    var offset = 0
    while offset + 12 <= bytes.count {
      write(checksum(bytes[offset..<offset + 8]), to: &bytes, at: offset + 8)
      let length = bytes[offset..<offset + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      guard length <= UInt64(bytes.count - offset - 12) else { return }
      let end = offset + 12 + Int(length)
      guard end + 4 <= bytes.count else { return }
      write(checksum(bytes[(offset + 12)..<end]), to: &bytes, at: end)
      offset = end + 4
    }
  }

  private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.withUnsafeBytes { CRC32C.masked($0) }
  }

  private static func write(_ value: UInt32, to bytes: inout [UInt8], at place: Int) {
    for offset in 0..<4 { bytes[place + offset] = UInt8(truncatingIfNeeded: value >> UInt32(8 * offset)) }
  }

  // MARK: Whole files

  private typealias Kind = (name: String, bytes: [UInt8], read: ([UInt8]) throws -> Void)

  private static var kinds: [Kind] {
    [
      ("nas-bench-201", Array(nasBench201.utf8), { _ = try NASBench201Table($0, path: path, complete: false) }),
      ("nas-bench-macro", Array(macro.utf8), { _ = try NASBenchMacroTable($0, path: path, complete: false) }),
      ("nas-bench-360", Array(nasBench360.utf8), { _ = try NASBench360Table($0, path: path) }),
      ("latency", Array(latency.utf8), { _ = try LatencyTable($0, path: path) }),
      ("tfrecord", tfRecord, { _ = try NASBench101Table($0, path: path, checkingHashes: false) }),
    ]
  }

  private static let cells = ["421211", "334131", "000000", "444444", "012340"]

  /// A whole file of NAS-Bench-201 with five cells.
  package static var nasBench201: String {
    let names = NASBench201Table.columns.flatMap { _, prefix in
      ["val12", "test12", "val200", "test200", "val200_s0", "val200_s1", "val200_s2", "train_s"].map { "\(prefix)_\($0)" }
    }
    let rows = cells.enumerated().map { number, cell in
      "\(number),\(cell)," + names.map { $0.hasSuffix("s2") ? "" : "\(50 + number).25" }.joined(separator: ",") + ",129306"
    }
    return (["index,arch," + names.joined(separator: ",") + ",params_c10"] + rows).joined(separator: "\n") + "\n"
  }

  /// A whole file of NAS-Bench-Macro with two networks.
  package static var macro: String {
    let rows = ["00000000,45.32,45.33,45.44,45.3633,387882,7713280", "22222222,93.06,92.92,92.88,92.9533,2932586,105660928"]
    return (["arch,test_acc_0,test_acc_1,test_acc_2,mean_acc,params,flops"] + rows).joined(separator: "\n") + "\n"
  }

  private static var nasBench360: String {
    (["arch,rep_index,ninapro_acc,darcy_acc"] + cells.map { "\($0),0,90.5,0.925" }).joined(separator: "\n") + "\n"
  }

  private static var latency: String {
    (["index,arch,raspi4,\"a, device\""] + cells.map { "0,\($0),10.5,3" }).joined(separator: "\n") + "\n"
  }

  /// A whole file of NAS-Bench-101 with one cell.
  package static var tfRecord: [UInt8] {
    let metrics = makeUpMetrics()
    let space = NASBench101Space()
    let cell = try? space.architecture(parsing: "0110001000010000:input,conv3x3-bn-relu,maxpool3x3,output")
    let hash = cell.map { space.canonicalHash(of: $0) } ?? ""
    let records = [4, 108].map { epochs in
      "[\"\(hash)\", \(epochs), \"0110001000010000\", \"input,conv3x3-bn-relu,maxpool3x3,output\", "
        + "\"\(Data(metrics).base64EncodedString())\"]"
    }
    return records.flatMap { framed(Array($0.utf8)) }
  }

  /// A payload as a record of a TFRecord file.
  package static func framed(_ payload: [UInt8]) -> [UInt8] {
    var record = withUnsafeBytes(of: UInt64(payload.count).littleEndian, Array.init) + [0, 0, 0, 0] + payload + [0, 0, 0, 0]
    write(checksum(record[..<8]), to: &record, at: 8)
    write(checksum(record[12..<(12 + payload.count)]), to: &record, at: 12 + payload.count)
    return record
  }

  private static func makeUpMetrics() -> [UInt8] {
    func field(_ number: UInt8, _ value: Double) -> [UInt8] {
      [number << 3 | 1] + withUnsafeBytes(of: value.bitPattern.littleEndian, Array.init)
    }
    let evaluation = field(1, 54) + field(2, 800) + field(3, 0.9) + field(4, 0.8) + field(5, 0.7)
    let one: [UInt8] = [0x0A, UInt8(evaluation.count)] + evaluation
    return one + one + one + [0x10, 0x8A, 0xEF, 0x0D] + field(3, 5)
  }
}
