import Basics
import Foundation
import TestSupport
import Testing

@testable import Runs

/// Event files against those of TensorBoard's own writer; `Fixtures/tensorboard_reference.py` writes them.
@Suite struct TensorBoardTests {
  private static let events: [TensorBoardEvent] = {
    var events = [TensorBoardEvent(wallTime: 1_767_225_600, step: 0, content: .version)]
    for (step, loss, accuracy) in [
      (0, 1.5, 0.25), (40, 1.25, 0.5), (300, 0.1, -0.0), (Int64(1) << 40, Float.infinity, Float(bitPattern: 2)),
    ] as [(Int64, Float, Float)] {
      events.append(
        TensorBoardEvent(
          wallTime: 1_767_225_600.5 + Double(step), step: step,
          content: .scalars([.init(tag: "prior/query loss", value: loss), .init(tag: "prior/θ", value: accuracy)])))
    }
    events.append(
      TensorBoardEvent(
        wallTime: 2.5, step: 129, content: .image(tag: "cell", height: 24, width: 300, channels: 1, png: Array(1..<60))))
    return events
  }()

  private func fixture() throws -> [UInt8] {
    let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/tensorboard.tfevents")
    return Array(try Data(contentsOf: url))
  }

  private func write(_ events: [TensorBoardEvent], to path: String) throws {
    let writer = try TensorBoardWriter(path: path, startedAt: Date(timeIntervalSince1970: 1_767_225_600))
    for event in events { try writer.append(event) }
  }

  @Test func sameBytesAsTheOfficialWriter() throws {
    let folder = try TemporaryFolder()
    try write(Array(Self.events.dropFirst()), to: folder.file("e"))
    #expect(Array(try Data(contentsOf: URL(fileURLWithPath: folder.file("e")))) == (try fixture()))
  }

  /// RFC 3720, appendix B.4, and the check value of the catalogue of CRC algorithms.
  @Test func checksums() {
    #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xE306_9283)
    #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(CRC32C.checksum([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
    #expect(CRC32C.checksum(0..<32) == 0x46DD_794E)
  }

  @Test func rewindingRemovesLaterStepsAndHalfRecords() throws {
    let folder = try TemporaryFolder()
    let whole = try fixture()
    // Cut inside of every record: what is whole stays, and the file can go on.
    for length in stride(from: 20, to: whole.count, by: 7) {
      try Data(whole[..<length]).write(to: URL(fileURLWithPath: folder.file("e")))
      let writer = try TensorBoardWriter(path: folder.file("e"), startedAt: Date(timeIntervalSince1970: 1_767_225_600))
      try writer.rewind(toStep: .max)
      let kept = Array(try Data(contentsOf: URL(fileURLWithPath: folder.file("e"))))
      let ends = [0] + TensorBoardWriter.records(whole).map(\.whole.upperBound)
      #expect(kept.count == ends.last { $0 <= length } && whole.starts(with: kept))
    }
    try Data(whole).write(to: URL(fileURLWithPath: folder.file("f")))
    let writer = try TensorBoardWriter(path: folder.file("f"), startedAt: Date())
    try writer.rewind(toStep: 299)
    try writer.append(Self.events[3])
    let expected = try TemporaryFolder()
    try write([1, 2, 5, 3].map { Self.events[$0] }, to: expected.file("f"))
    #expect(
      try Data(contentsOf: URL(fileURLWithPath: folder.file("f"))) == Data(contentsOf: URL(fileURLWithPath: expected.file("f"))))
    // A flipped byte ends the trust in what follows it.
    var damaged = whole
    damaged[100] ^= 1
    #expect(TensorBoardWriter.records(damaged).count < TensorBoardWriter.records(whole).count)
  }
}
