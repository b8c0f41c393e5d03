import Foundation
import TestSupport
import Testing

@testable import Basics
@testable import Datasets

/// What a file claims is held against the memory that there is, before it is allocated.
@Suite struct MemoryOfReadersTests {
  /// Every reader, on a machine with next to no memory and on one with enough.
  @Test func readersNeedMemory() throws {
    let folder = try TemporaryFolder()
    let pixels = [UInt8](repeating: 7, count: 1200)
    let idx: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 20, 0, 0, 0, 20] + pixels
    let file = try folder.write(idx, "images")
    let npz = [("images.npy", NPZTests.npy("|u1", "(3, 20, 20)", pixels)), ("label.npy", NPZTests.labels)]
    let cifar = [UInt8](repeating: 1, count: 3073)
    let classes = [ImageDataset.ImageClass(name: "a", group: "a", count: 3)]
    let dataset = try #require(
      ImageDataset(name: "x", height: 20, width: 20, channels: 1, classes: classes, pixels: pixels))
    let made = try DatasetPack(dataset: dataset, provenance: .init(description: "", source: "", licence: "", builder: ""))
    let pack = try made.encoded()
    let readings: [(name: String, read: () throws -> Void)] = [
      (file, { _ = try ByteFile.read(file, limit: 1 << 20) }), ("a.gz", { _ = try IDXArray(gzipped(idx), path: "a.gz") }),
      ("x.npz: images.npy", { _ = try NPZTests.read(npz) }),
      ("b.bin", { _ = try CIFARReader.dataset(.cifar10, contents: [(cifar, "b.bin")]) }),
      ("p.archpack", { _ = try DatasetPack.parse(pack, path: "p.archpack") }),
      ("the data set does not fit a pack", { _ = try made.encoded() }),
      ("archprior", { _ = try FamilyTests.folder(["a/1.png", "b/1.png"]) }),
    ]
    for (name, read) in readings {
      let error = #expect(throws: (any Error).self) { try AvailableMemory.$assumed.withValue(10) { try read() } }
      let text = (error as? ByteFile.Failure)?.reason ?? "\(error as Any)"
      #expect(text.contains("of memory, and 0 MiB are free"), "\(name): \(text)")
      #expect(error is ByteFile.Failure || text.contains(name), "\(name): \(text)")
      try AvailableMemory.$assumed.withValue(100_000) { try read() }
    }
  }

  /// The array fits, and the array with its pixels does not: known before anything is unpacked.
  @Test func theWholeReadingIsCounted() throws {
    let pixels = [UInt8](repeating: 7, count: 12_000)
    let npz = [("images.npy", NPZTests.npy("|u1", "(3, 40, 100)", pixels)), ("label.npy", NPZTests.labels)]
    #expect(throws: ReaderError.self) { try AvailableMemory.$assumed.withValue(24_000) { try NPZTests.read(npz) } }
    let doubles = [("images.npy", NPZTests.npy("<f8", "(3, 5, 100)", pixels)), ("label.npy", NPZTests.labels)]
    // Eight bytes of the array become one pixel.
    #expect(throws: Never.self) { try AvailableMemory.$assumed.withValue(24_000) { try NPZTests.read(doubles) } }
  }
}
