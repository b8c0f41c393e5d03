import ArchPriorTesting
import Basics
import Foundation
import Testing

@testable import SearchSpaces

@Suite struct NASBench101TableTests {
  private static let adjacency = "0110001000010000"
  private static let operations = "input,conv3x3-bn-relu,maxpool3x3,output"

  private static func double(_ field: UInt8, _ value: Double) -> [UInt8] {
    [field << 3 | 1] + withUnsafeBytes(of: value.bitPattern.littleEndian, Array.init)
  }

  private static func metrics(validation: Double, evaluations: Int = 3) -> [UInt8] {
    (0..<evaluations).flatMap { place -> [UInt8] in
      let state = double(2, 100 * Double(place)) + double(3, 0.9) + double(4, validation) + double(5, 0.7)
      return [0x0A, UInt8(state.count)] + state
    } + [0x10, 0xE8, 0x07]  // 1,000 parameters
  }

  private static func payload(
    epochs: String = "108", hash: String? = nil, adjacency: String = adjacency, operations: String = operations,
    metrics: [UInt8] = metrics(validation: 0.8)
  ) throws -> [UInt8] {
    let cell = try NASBench101Cell(adjacency: Self.adjacency, operations: Self.operations)
    let hash = try hash ?? NASBench101Hasher().hex(of: #require(cell.pruned))
    let text = Data(metrics).base64EncodedString()
    return Array("[\"\(hash)\", \(epochs), \"\(adjacency)\", \"\(operations)\", \"\(text)\"]".utf8)
  }

  private func table(_ payloads: [[UInt8]]) throws(BenchmarkError) -> NASBench101Table {
    try NASBench101Table(payloads.flatMap(BenchmarkFuzzer.framed), path: "n.tfrecord")
  }

  /// The check value of the CRC catalogue.
  @Test func checksumOfTheCatalogue() {
    #expect(Array("123456789".utf8).withUnsafeBytes { CRC32C.checksum($0) } == 0xE306_9283)
    #expect([UInt8]().withUnsafeBytes { CRC32C.checksum($0) } == 0)
  }

  @Test func repeatsKeepTheirOrderAndMeansAreOfFinalStates() throws {
    let table = try table([
      Self.payload(metrics: Self.metrics(validation: 0.8)), Self.payload(epochs: "4", metrics: Self.metrics(validation: 0.1)),
      Self.payload(metrics: Self.metrics(validation: 0.9)),
    ])
    let cell = try NASBench101Cell(adjacency: Self.adjacency, operations: Self.operations)
    #expect(try table.runs(of: cell, epochs: 108).map(\.final.validation) == [0.8, 0.9])
    let measured = try table.validation(of: cell, .init(dataset: "cifar10", epochs: 108))
    #expect(abs(measured.score - 85) < 1e-12 && measured.seconds == 200)
    #expect(try table.runs(of: cell, epochs: 108)[0].halfway.seconds == 100)
    #expect(abs(try table.test(of: cell, .init(dataset: "cifar10", epochs: 4)) - 70) < 1e-12)
    #expect(try table.parameters(of: cell) == 1_000)
    #expect(table.architectures == [cell] && table.datasets[0].validationEpochs == [4, 108])
    #expect(throws: BenchmarkError.noFidelity(benchmark: "nas-bench-101", dataset: "cifar10", epochs: 12, known: [4, 108])) {
      try table.runs(of: cell, epochs: 12)
    }
    #expect(throws: BenchmarkError.self) {
      try table.parameters(of: NASBench101Cell(adjacency: "0100", operations: "input,output"))
    }
  }

  @Test func damagedRecordsAreRefusedWithTheirPlace() throws {
    func fails(_ bytes: [UInt8], _ expected: (BenchmarkError) -> Bool, location: SourceLocation = #_sourceLocation) {
      #expect(sourceLocation: location) { try NASBench101Table(bytes, path: "n") } throws: {
        ($0 as? BenchmarkError).map(expected) ?? false
      }
    }
    func malformed(_ payload: [UInt8], _ expected: String, at place: Int? = 12, location: SourceLocation = #_sourceLocation) {
      fails(
        BenchmarkFuzzer.framed(payload),
        { error in
          guard case .malformed("n", let offset, _, let text) = error else { return false }
          return text.contains(expected) && (place == nil || offset == place)
        }, location: location)
    }
    let good = BenchmarkFuzzer.framed(try Self.payload())
    fails(Array(good[..<5])) { $0 == .truncated(path: "n", offset: 5, needed: 7) }
    fails(Array(good.dropLast())) { $0 == .truncated(path: "n", offset: good.count - 1, needed: 1) }
    fails(good + good.prefix(13)) { if case .truncated("n", good.count + 13, _) = $0 { true } else { false } }
    var flipped = good
    flipped[3] ^= 1
    fails(flipped) { $0 == .checksum(path: "n", offset: 0, part: "record's length") }
    flipped = good + good
    flipped[good.count + 40] ^= 1
    fails(flipped) { $0 == .checksum(path: "n", offset: good.count + 12, part: "record") }
    // A length that fits its checksum but no file.
    var absurd = [UInt8](repeating: 0xFF, count: 8)
    let sum = absurd.withUnsafeBytes { CRC32C.masked($0) }
    absurd += withUnsafeBytes(of: sum.littleEndian, Array.init) + good
    fails(absurd) { if case .truncated("n", absurd.count, _) = $0 { true } else { false } }

    malformed(Array("not json".utf8), "a JSON array", at: nil)
    malformed(Array("[1, 2]".utf8), "an array of hash")
    malformed(try Self.payload(hash: "abc"), "32 hexadecimal digits")
    malformed(try Self.payload(hash: String(repeating: "ab", count: 16)), "the hash of the record's cell")
    malformed(try Self.payload(epochs: "-4"), "a number such as 108")
    malformed(try Self.payload(adjacency: "01"), "adjacency and operations of a cell")
    malformed(try Self.payload(operations: "input,conv5x5,maxpool3x3,output"), "adjacency and operations of a cell")
    malformed(try Self.payload(metrics: Self.metrics(validation: 0.8, evaluations: 2)), "three: start, half way and end")
    malformed(try Self.payload(metrics: Self.metrics(validation: .nan)), "accuracies from 0 to 1 and seconds")
    malformed(try Self.payload(metrics: Self.metrics(validation: 1.5)), "accuracies from 0 to 1 and seconds")
    malformed(try Self.payload(metrics: [0x0A, 0x7F, 1]), "at most 1, all that is left")
    malformed(try Self.payload(metrics: [0x0B]), "0, 1, 2 or 5")
    malformed(try Self.payload(metrics: [UInt8](repeating: 0xFF, count: 12)), "a 64-bit number")
    malformed(try Self.payload(metrics: [0x09, 1]), "7 more bytes", at: nil)
    #expect(throws: BenchmarkError.self) { try NASBench101Table(path: "/nonexistent") }
    #expect(try NASBench101Table([], path: "n").cellCount == 0)
  }

  @Test func unknownFieldsAreSkipped() throws {
    let extra: [UInt8] = [0x38, 0x05, 0x45, 1, 2, 3, 4, 0x4A, 2, 9, 9]
    #expect(try table([Self.payload(metrics: extra + Self.metrics(validation: 0.5))]).runCount == 1)
  }

  /// One cell of the official file, with the metrics that were printed from it (its container is made up).
  @Test(.enabled(if: SharedTables.has("nb101_one_cell_made_up_container.tfrecord"), SharedTables.note)) func aRealCell() throws {
    let path = SharedTables.path("nb101_one_cell_made_up_container.tfrecord")
    let table = try NASBench101Table(path: path)
    let cell = try NASBench101Cell(
      adjacency: "0100110001000000010010000010000001000000010000000",
      operations: "input,conv3x3-bn-relu,maxpool3x3,conv3x3-bn-relu,conv3x3-bn-relu,conv1x1-bn-relu,output")
    #expect(table.cellCount == 1 && table.runCount == 3)
    #expect(try table.parameters(of: cell) == 8_555_530)
    #expect(abs(try table.validation(of: cell, .init(dataset: "cifar10", epochs: 108)).score - 92.64155824979147) < 1e-9)
    #expect(abs(try table.test(of: cell, .init(dataset: "cifar10", epochs: 108)) - 92.06063151359558) < 1e-9)
    #expect(try table.runs(of: cell, epochs: 108).map(\.final.seconds) == [1769.1279296875, 1768.2509765625, 1768.9759521484375])
    #expect(try table.runs(of: cell, epochs: 108)[1].halfway.train == 0.8796073794364929)
  }

  /// A short run of the fuzzer; `make bench-fuzz` reads 100,000 files.
  @Test func mutatedFilesNeverCrash() {
    let report = BenchmarkFuzzer(seed: 7).run(files: 1_000)
    #expect(report.files == 1_000 && report.withoutPlace == 0)
    #expect(report.outcomes.count == 5)
    // The first file of each kind is whole.
    #expect(report.outcomes.values.allSatisfy { $0.read >= 1 && $0.refused > 50 })
  }
}
