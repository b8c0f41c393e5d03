import Basics
import Foundation
import Testing

@testable import Datasets

@Suite struct NPZTests {
  static func npy(_ descriptor: String, _ shape: String, _ data: [UInt8], order: String = "False") -> [UInt8] {
    let header = "{'descr': '\(descriptor)', 'fortran_order': \(order), 'shape': \(shape), }\n"
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0] + Array(header.utf8) + data
  }

  static func read(_ files: [(name: String, bytes: [UInt8])], classNames: [String]? = nil) throws -> ImageDataset {
    try NPZReader.dataset(name: "x", archive: ZipArchive(storedZip(files), path: "x.npz"), classNames: classNames)
  }

  static func floats(_ values: [Float]) -> [UInt8] { values.flatMap { withUnsafeBytes(of: $0, Array.init) } }
  static let labels = npy("|u1", "(3,)", [1, 0, 1])

  @Test func imagesAreSortedByClass() throws {
    let dataset = try Self.read(
      [("label.npy", Self.labels), ("images.npy", Self.npy("|u1", "(3, 1, 2)", [1, 2, 3, 4, 5, 6]))], classNames: ["a", "G/b"])
    #expect(dataset.classes.map(\.name) == ["a", "G/b"] && dataset.classes.map(\.group) == ["a", "G"])
    #expect(dataset.pixels == [3, 4, 1, 2, 5, 6] && dataset.height == 1 && dataset.width == 2 && dataset.channels == 1)
  }

  @Test func numbersBecomeBytes() throws {
    let unit = try Self.read([
      ("x.npy", Self.npy("<f4", "(3, 1, 1)", Self.floats([0, 1, 0.5]))),
      ("y.npy", Self.npy("<i8", "(3,)", [UInt8](repeating: 0, count: 24))),
    ])
    #expect(unit.pixels == [0, 255, 128])
    let bytes = try Self.read([("x.npy", Self.npy("<f4", "(3, 1, 1)", Self.floats([0, 255, 7.4]))), ("y.npy", Self.labels)])
    #expect(bytes.pixels == [255, 0, 7])
  }

  @Test(
    arguments: [
      ("(3, 1, 1)", "<f4", NPZTests.floats([0, .nan, 1]), "nan is no brightness"),
      ("(3, 1, 1)", "<f4", NPZTests.floats([0, -1, 1]), "-1.0 is no brightness"),
      ("(3, 1, 1)", "<f4", NPZTests.floats([0, .infinity, 1]), "inf is no brightness"),
      ("(3, 1, 1)", "<i4", [UInt8](repeating: 0, count: 12), "images are u1, f4 or f8"),
      ("(3, 1, 1)", ">f4", [UInt8](repeating: 0, count: 12), "element type >f4"),
      ("(3, 1, 2)", "|u1", [1, 2, 3], "its header announces"), ("(3, 1, 1)", "|u1", [1, 2, 3, 4], "goes on after byte"),
      ("(3, 4294967296, 4294967296)", "|u1", [1], "more bytes than memory"), ("(3,)", "|u1", [1, 2, 3], "images are [N, H, W]"),
      ("(2, 1, 1)", "|u1", [1, 2], "2 images"), ("(3, -1, 1)", "|u1", [1, 2, 3], "no shape that can be read"),
    ] as [(String, String, [UInt8], String)])
  func badArraysAreRefused(shape: String, type: String, data: [UInt8], part: String) {
    let error = #expect(throws: ReaderError.self) {
      try Self.read([("images.npy", Self.npy(type, shape, data)), ("label.npy", Self.labels)])
    }
    #expect(
      error?.description.hasPrefix("x.npz: images.npy") == true && error?.description.contains(part) == true, "\(error as Any)")
  }

  @Test func whatIsNotThereIsNamed() {
    let fortran = Self.npy("|u1", "(3, 1, 1)", [1, 2, 3], order: "True")
    for (files, part) in [
      ([("label.npy", Self.labels)], "no array of images"),
      ([("images.npy", fortran), ("label.npy", Self.labels)], "Fortran order"),
      (
        [("images.npy", Self.npy("|u1", "(3, 1, 1)", [1, 2, 3])), ("label.npy", Self.npy("|i1", "(3,)", [0, 255, 1]))],
        "-1.0 is no label"
      ),
    ] as [([(name: String, bytes: [UInt8])], String)] {
      let error = #expect(throws: ReaderError.self) { try Self.read(files) }
      #expect(error?.description.contains(part) == true, "\(error as Any)")
    }
  }
}
