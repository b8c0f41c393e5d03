import Datasets
import Foundation
import TestSupport
import Testing

/// The rule by which pictures were read goes with the data.
@Suite struct PictureReadingTests {
  /// A folder of one class with one picture, two rows of four: dark ink on the left, paper of 250 on the right.
  private func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let picture = try #require(PixelImage(height: 2, width: 4, channels: 1, pixels: [10, 10, 250, 250, 10, 10, 250, 250]))
    _ = try folder.write(try picture.pngBytes(), "pictures/a/1.png")
    return folder
  }

  struct Row {
    var fit: ImageFormat.Fit
    var ink: ImageFormat.Ink
    var background: UInt8
    /// The image of 2×2, worked out by hand.
    var expected: [UInt8]
  }

  static let rows = [
    Row(fit: .stretch, ink: .keep, background: 0, expected: [10, 250, 10, 250]),
    Row(fit: .stretch, ink: .dark, background: 0, expected: [245, 5, 245, 5]),
    Row(fit: .crop, ink: .dark, background: 0, expected: [245, 5, 245, 5]),
    // Scaled to one row of two (at the top, as half a pixel is rounded down); the other row is background.
    Row(fit: .pad, ink: .dark, background: 7, expected: [245, 5, 7, 7]),
    Row(fit: .pad, ink: .keep, background: 255, expected: [10, 250, 255, 255]),
  ]

  @Test func importsKeepTheirRule() throws {
    for row in Self.rows { try check(row) }
  }

  private func check(_ row: Row) throws {
    let (fit, ink, background, expected) = (row.fit, row.ink, row.background, row.expected)
    let folder = try folder()
    let rule = try #require(
      ImageFormat(height: 2, width: 2, channels: 1, fit: fit, ink: ink, paper: 9, background: background))
    let source = folder.url.appendingPathComponent("pictures").path
    let pack = try DatasetImport(source: source, format: .folder, name: "mine", rule: rule).pack()
    #expect(pack.dataset.pixels == expected)
    let path = folder.url.appendingPathComponent("mine.archpack").path
    try pack.write(to: path)
    let read = try DatasetPack.read(path)
    #expect(read.reading == PictureReading(format: rule) && read.dataset.reading == read.reading)
    // What is made of the images afterwards is part of the rule: 2×2 to 1×1 is the mean.
    let small = read.dataset.uniform(height: 1, width: 1, channels: 3)
    let reading = try #require(small.reading)
    #expect(reading.shape == [1, 1, 3] && reading.format == rule && reading.afterwards.count == 1)
    let picture = try PixelImage(file: source + "/a/1.png", background: 9)
    #expect(reading.apply(to: picture).pixels == small.pixels)
    let mean = UInt8((expected.reduce(0) { $0 + Int($1) } + 2) / 4)
    #expect(small.pixels == [mean, mean, mean])
    // Steps that change nothing are none.
    #expect(read.dataset.uniform(height: nil, width: nil, channels: 1).reading == read.reading)
  }

  @Test func packsThatDoNotSayHowAreJudgedByTheirImages() throws {
    for (name, ink, channels, background) in [
      ("glyphs-greek", ImageFormat.Ink.automatic, 1, UInt8(0)), ("glyphs-thai", .automatic, 1, 0),
      ("icons-actions", .keep, 3, 255), ("icons-places", .keep, 3, 255),
    ] {
      let pack = try DatasetCatalog.load(name)
      let reading = try #require(pack.reading)
      #expect(pack.provenance.reading == nil && reading.isAssumed, "\(name)")
      #expect(
        reading.format.ink == ink && reading.format.channels == channels && reading.format.background == background, "\(name)")
      #expect(reading.shape == [pack.dataset.height, pack.dataset.width, channels], "\(name)")
    }
    func dataset(_ pixels: [UInt8]) throws -> ImageDataset {
      try #require(
        ImageDataset(
          name: "x", height: 2, width: 2, channels: 1, classes: [.init(name: "a", group: "a", count: pixels.count / 4)],
          pixels: pixels))
    }
    // Drawings on white are left on white; pictures half of whose borders are light are no drawings.
    let white = try #require(PictureReading.assumed(for: dataset([UInt8](repeating: 250, count: 40))))
    #expect(white.format.ink == .automatic && white.format.background == 255)
    let light = PixelImage(height: 2, width: 2, filledWith: 200)
    #expect(!white.isOtherWayRound(light) && white.isOtherWayRound(light.inverted()))
    let mixed = try dataset([UInt8](repeating: 250, count: 20) + [UInt8](repeating: 5, count: 20))
    #expect(PictureReading.assumed(for: mixed)?.format.ink == .keep)
  }

  @Test func impossibleRulesAreRefused() throws {
    let rule = try #require(ImageFormat(height: 2, width: 2, channels: 1))
    let text = String(decoding: try JSONEncoder().encode(PictureReading(format: rule)), as: UTF8.self)
    #expect(try JSONDecoder().decode(PictureReading.self, from: Data(text.utf8)) == PictureReading(format: rule))
    for (old, new) in [
      ("\"height\":2", "\"height\":0"), ("\"width\":2", "\"width\":9223372036854775807"), ("\"channels\":1", "\"channels\":2"),
      ("\"pad\"", "\"fold\""), ("\"paper\":255", "\"paper\":256"), ("\"keep\"", "\"invert\""),
    ] {
      let damaged = text.replacingOccurrences(of: old, with: new)
      #expect(damaged != text)
      #expect(throws: DecodingError.self, "\(new)") { try JSONDecoder().decode(PictureReading.self, from: Data(damaged.utf8)) }
    }
    let dataset = try #require(
      ImageDataset(
        name: "x", height: 3, width: 2, channels: 1, classes: [.init(name: "a", group: "a", count: 1)],
        pixels: [0, 0, 0, 0, 0, 0]))
    #expect(throws: PackError.self) {
      try DatasetPack(
        dataset: dataset,
        provenance: .init(description: "", source: "", licence: "", builder: "", reading: PictureReading(format: rule)))
    }
  }
}
