import Basics
import Datasets
import Foundation
import TestSupport
import Testing

struct PackTests {
  static let table = 16 + 2 * 56
  static let sectionsStart = table + 32

  static func small() throws -> DatasetPack {
    let classes = [
      ImageDataset.ImageClass(name: "U+0043", group: "Latin", count: 2, lookalike: "U+0043"),
      ImageDataset.ImageClass(name: "U+0063", group: "Latin", count: 1, lookalike: "U+0043"),
      ImageDataset.ImageClass(name: "U+0064", group: "Latin", count: 3),
    ]
    let dataset = try #require(
      ImageDataset(
        name: "small", height: 3, width: 2, channels: 1, classes: classes,
        pixels: (0..<36).map { UInt8(truncatingIfNeeded: $0 * 29) }))
    let origins = ["a", "b"].map {
      DatasetPack.Origin(name: $0, package: "fonts-\($0) 1.0", file: "\($0).ttf", licence: "OFL-1.1")
    }
    return try DatasetPack(
      dataset: dataset,
      provenance: .init(
        description: "A few letters.", source: "test", licence: "CC0-1.0", builder: "test 1", origins: origins,
        originOfImage: [[0, 1], [1], [0, 1, 1]]))
  }

  @Test func writingAndReadingAgree() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("small.archpack").path
    let pack = try Self.small()
    // An older pack, which is damaged; what is no pack would stay.
    try Data(pack.encoded().prefix(100)).write(to: URL(fileURLWithPath: path))
    try pack.write(to: path)
    let back = try DatasetPack.read(path)
    #expect(back.dataset.name == "small" && back.dataset.height == 3 && back.dataset.width == 2 && back.dataset.channels == 1)
    #expect(back.dataset.classes == pack.dataset.classes)
    #expect(back.dataset.pixels == pack.dataset.pixels)
    #expect(back.provenance == pack.provenance)
    let summary = try DatasetPack.verify(path)
    #expect(summary.classes == 3 && summary.images == 6 && summary.lookalikeGroups == 1 && summary.licence == "CC0-1.0")
    // Nothing but the pack is left in the folder, and the bytes are always the same.
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["small.archpack"])
    #expect(try Array(Data(contentsOf: URL(fileURLWithPath: path))) == pack.encoded())
    #expect(try Self.small().encoded() == pack.encoded())
  }

  @Test func everyTruncationIsATypedError() throws {
    let bytes = try Self.small().encoded()
    for count in 0..<bytes.count {
      #expect("cut to \(count) bytes") {
        try DatasetPack.parse(Array(bytes.prefix(count)), path: "cut.archpack")
      } throws: { error in
        switch error {
        case PackError.notAPack: count == 0
        case PackError.truncated(_, _, let needed, let available): count > 0 && needed > available
        default: false
        }
      }
    }
  }

  @Test func everyFlippedByteIsATypedError() throws {
    let bytes = try Self.small().encoded()
    let pixelStart = Self.sectionsStart + Int(bytes[24]) + 256 * Int(bytes[25])
    for position in bytes.indices {
      for flip: UInt8 in [0x01, 0x10, 0x80, 0xFF] {
        var damaged = bytes
        damaged[position] ^= flip
        #expect("byte \(position), flip \(flip)") {
          try DatasetPack.parse(damaged, path: "flipped.archpack")
        } throws: { error in
          switch error {
          case PackError.notAPack: position < 8
          case PackError.newerVersion, PackError.malformed: (8..<16).contains(position)
          case PackError.checksumMismatch(_, "table", 0): (16..<Self.sectionsStart).contains(position)
          case PackError.checksumMismatch(_, "header", Self.sectionsStart): (Self.sectionsStart..<pixelStart).contains(position)
          case PackError.checksumMismatch(_, "pixels", pixelStart): position >= pixelStart
          default: false
          }
        }
      }
    }
  }

  /// Packs whose checksums are right but whose words are not, as another program might write them.
  @Test(arguments: [
    ("stored length", 24 + 7, UInt8(0x7F)), ("plain length", 32 + 7, 0x7F), ("plain length", 88, 0xFF), ("name", 16, 0x41),
    ("plain length of the header", 32, 1),
  ])
  func liesWithRightChecksumsAreTypedErrors(what: String, position: Int, value: UInt8) throws {
    var bytes = try Self.small().encoded()
    bytes[position] = value
    bytes.replaceSubrange(Self.table..<Self.sectionsStart, with: Self.digest(Array(bytes[..<Self.table])))
    #expect(throws: PackError.self) { try DatasetPack.parse(bytes, path: "lie.archpack") }
  }

  @Test func trailingBytesAreRefused() throws {
    #expect(throws: PackError.self) { try DatasetPack.parse(try Self.small().encoded() + [0], path: "long.archpack") }
  }

  @Test func newerVersionsSaySo() throws {
    var bytes = try Self.small().encoded()
    bytes[8] = 2
    #expect(throws: PackError.newerVersion(path: "new.archpack", version: 2, supported: 1)) {
      try DatasetPack.parse(bytes, path: "new.archpack")
    }
  }

  @Test func packsThatContradictThemselvesAreNotMade() throws {
    let pack = try Self.small()
    var provenance = pack.provenance
    provenance.originOfImage[2] = [0, 1, 2]
    #expect(throws: PackError.self) { try DatasetPack(dataset: pack.dataset, provenance: provenance) }
    provenance.originOfImage = [[0, 1]]
    #expect(throws: PackError.self) { try DatasetPack(dataset: pack.dataset, provenance: provenance) }
    let twice = [ImageDataset.ImageClass(name: "a", group: "", count: 1), .init(name: "a", group: "", count: 1)]
    let dataset = try #require(ImageDataset(name: "x", height: 1, width: 1, channels: 1, classes: twice, pixels: [1, 2]))
    provenance.originOfImage = []
    #expect(throws: PackError.invalid(reason: "two classes are called “a”")) {
      try DatasetPack(dataset: dataset, provenance: provenance)
    }
  }

  @Test func filesThatCannotBeReadOrWrittenAreNamed() throws {
    #expect {
      try DatasetPack.read("/nonexistent/a.archpack")
    } throws: { error in
      if case PackError.unreadable("/nonexistent/a.archpack", _) = error { true } else { false }
    }
    #expect {
      try Self.small().write(to: "/nonexistent/a.archpack")
    } throws: { error in
      if case PackError.unwritable("/nonexistent/a.archpack", _) = error { true } else { false }
    }
  }

  private static func digest(_ bytes: [UInt8]) -> [UInt8] {
    let hex = Array(SHA256.hex(bytes))
    return stride(from: 0, to: 64, by: 2).compactMap { UInt8(String(hex[$0...$0 + 1]), radix: 16) }
  }

  @Test func aPackReplacesPacksOnly() throws {
    let folder = try TemporaryFolder()
    let dataset = try #require(
      ImageDataset(
        name: "d", height: 1, width: 1, channels: 1, classes: [.init(name: "a", group: "g", count: 1)], pixels: [7]))
    let pack = try DatasetPack(
      dataset: dataset, provenance: .init(description: "", source: "", licence: "", builder: "ArchPrior datasets import 1"))
    let path = folder.url.path + "/d.archpack"
    try Data("somebody's".utf8).write(to: URL(fileURLWithPath: path))
    let error = #expect(throws: PackError.self) { try pack.write(to: path) }
    #expect(error?.description.contains(path) == true && error?.description.contains("no pack") == true)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "somebody's")
    try Data().write(to: URL(fileURLWithPath: path))
    try pack.write(to: path)
    try pack.write(to: path)
    #expect(try DatasetPack.read(path).dataset.name == "d")
  }
}
