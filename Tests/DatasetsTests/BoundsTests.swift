import Basics
import CZlib
import Foundation
import TestSupport
import Testing

@testable import Datasets

/// Numbers of files are bounded before arithmetic, unpacking has a budget, and only regular files are waited for.
@Suite struct BoundsTests {
  @Test func claimedSizes() {
    #expect(ClaimedSize.bytes([2, 3, 4]) == 24 && ClaimedSize.bytes([2, 3], elementSize: 8) == 48 && ClaimedSize.bytes([]) == 1)
    #expect(ClaimedSize.bytes([0, 5]) == 0 && ClaimedSize.bytes([1 << 40]) == 1 << 40)
    for shape in [
      [1 << 40, 2], [.max], [.max, .max], [0, .max], [.max, 0], [-1], [-1, -1], [1 << 31, 1 << 31], [.min, .min],
    ] {
      #expect(ClaimedSize.bytes(shape) == nil, "\(shape)")
      #expect(ClaimedSize.bytes(shape, elementSize: 8) == nil, "\(shape)")
    }
  }

  static let shapes = [
    "(9223372036854775807, 1, 1)", "(9223372036854775807,)", "(2147483648, 2147483648, 1)", "(0, 9223372036854775807, 3)",
    "(9223372036854775807, 0, 1)", "(4611686018427387904, 2, 2)", "(-9223372036854775808, 1, 1)", "(18446744073709551616, 1, 1)",
    "(3, 9223372036854775807)",
  ]

  /// Images and labels of impossible shapes: errors, no traps.
  @Test(arguments: shapes) func impossibleShapes(shape: String) throws {
    for type in ["|u1", "<f4", "<f8", "|b1"] {
      let bad = NPZTests.npy(type, shape, [1, 2, 3, 4])
      let images = NPZTests.npy("|u1", "(3, 1, 1)", [1, 2, 3])
      for files in [[("images.npy", bad), ("label.npy", NPZTests.labels)], [("images.npy", images), ("label.npy", bad)]] {
        #expect(throws: ReaderError.self) { try NPZTests.read(files) }
      }
    }
  }

  /// The bytes of a gzip file of zeros, made in pieces.
  static func zeros(_ count: Int, after start: [UInt8] = []) -> [UInt8] {
    var stream = z_stream()
    deflateInit2_(&stream, 9, Z_DEFLATED, 16 + 15, 9, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    defer { deflateEnd(&stream) }
    var output: [UInt8] = []
    var room = [UInt8](repeating: 0, count: 1 << 16)
    func put(_ bytes: [UInt8], _ flush: Int32) {
      var input = bytes
      input.withUnsafeMutableBufferPointer { source in
        stream.next_in = source.baseAddress
        stream.avail_in = UInt32(source.count)
        repeat {
          room.withUnsafeMutableBufferPointer { target in
            stream.next_out = target.baseAddress
            stream.avail_out = UInt32(target.count)
            deflate(&stream, flush)
          }
          output += room.prefix(room.count - Int(stream.avail_out))
        } while stream.avail_out == 0
      }
    }
    put(start, Z_NO_FLUSH)
    let piece = [UInt8](repeating: 0, count: 1 << 20)
    for _ in 0..<count >> 20 { put(piece, Z_NO_FLUSH) }
    put([], Z_FINISH)
    return output
  }

  /// 128 MB of zeros in 125 kB: refused before they are there.
  @Test func unpackingHasABudget() throws {
    let size = 128 << 20
    let header: [UInt8] = [0, 0, 8, 3, 0, 0, 0x20, 0, 0, 0, 0, 128, 0, 0, 0, 128]
    let idx = Self.zeros(size, after: header)
    #expect(idx.count < 200_000)
    let error = #expect(throws: ReaderError.self) { try IDXArray(idx, path: "bomb.gz") }
    #expect(
      error?.description.contains("bomb.gz: compressed byte") == true
        && error?.description.contains("unpack to more than") == true)
    let cifar = #expect(throws: ReaderError.self) {
      try CIFARReader.dataset(.cifar10, contents: [(Self.zeros(size), "bomb.bin.gz")])
    }
    guard case .unpacksTooFar(_, _, let limit, _) = cifar else {
      Issue.record("\(cifar as Any)")
      return
    }
    #expect(limit == 1 << 26)
    // What is not compressed is read whatever it holds, and so is what stays within the budget.
    #expect(try IDXArray([0, 0, 8, 1, 1, 0, 0, 0] + [UInt8](repeating: 0, count: 1 << 24), path: "plain").bytes.count == 1 << 24)
    #expect(try IDXArray(Self.zeros(1 << 24, after: [0, 0, 8, 1, 1, 0, 0, 0]), path: "small.gz").bytes.count == 1 << 24)
  }

  /// An archive whose directory announces 3 GB for a few bytes.
  @Test func archivesHaveABudget() throws {
    var zip = storedZip([("images.npy", [1, 2, 3, 4]), ("label.npy", NPZTests.labels)])
    let directory = try #require(zip.indices.first { zip[$0...].starts(with: [0x50, 0x4B, 1, 2]) })
    // The method becomes deflate and the size 3 GB, in the directory and before the file.
    for (place, method, size) in [(directory, 10, 24), (0, 8, 22)] {
      zip[place + method] = 8
      zip.replaceSubrange(place + size..<place + size + 4, with: [0, 0, 0, 0xC0])
    }
    let error = #expect(throws: ReaderError.self) { try NPZReader.dataset(name: "x", archive: ZipArchive(zip, path: "bomb.npz")) }
    #expect(error?.description.contains("unpack to more than") == true, "\(error as Any)")
  }

  /// Nearly empty pictures shrink further than the budget: their pack must be one that can be read.
  @Test func packsOfEmptyPicturesCanBeRead() throws {
    let count = (70 << 20) / (1 << 14)
    let classes = [ImageDataset.ImageClass(name: "a", group: "a", count: count)]
    let dataset = try #require(
      ImageDataset(
        name: "empty", height: 128, width: 128, channels: 1, classes: classes, pixels: [UInt8](repeating: 0, count: count << 14)))
    let provenance = DatasetPack.Provenance(description: "", source: "", licence: "", builder: "")
    let bytes = try DatasetPack(dataset: dataset, provenance: provenance).encoded()
    #expect(try DatasetPack.parse(bytes, path: "p").dataset.imageCount == count)
  }

  /// A named pipe, a folder and a device where a file is expected: an error at once.
  @Test func onlyRegularFilesAreRead() throws {
    let folder = try TemporaryFolder()
    let pipe = folder.url.path + "/pipe"
    mkfifo(pipe, 0o600)
    for (path, part) in [
      (pipe, "a named pipe"), (folder.url.path, "a folder"), ("/dev/zero", "a device"), ("/dev/tty", "a device"),
    ] {
      let reads: [() throws -> Void] = [
        { _ = try ByteFile.read(path, limit: 1 << 20) }, { _ = try IDXArray(path: path) }, { _ = try ZipArchive(path: path) },
        { _ = try CIFARReader.dataset(.cifar10, files: [path]) }, { _ = try DatasetPack.read(path) },
        { _ = try PixelImage(pngFile: path) },
      ]
      for read in reads {
        let error = #expect(throws: (any Error).self) { try read() }
        #expect("\(error as Any)".contains(part), "\(error as Any)")
      }
    }
  }
}
