import Basics
import Foundation
import TestSupport
import Testing

@testable import Datasets

/// JPEG files made and decoded by Pillow; `Fixtures/make_jpegs.py` says how.
@Suite struct JPEGTests {
  struct Row: Decodable {
    var name: String
    var height: Int
    var width: Int
    var channels: Int
    var file: Data
    var pixels: Data
  }

  static func rows() throws -> [Row] {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/jpegs.json")
    return try JSONDecoder().decode([Row].self, from: Data(contentsOf: path))
  }

  /// Decoders may round differently by one.
  @Test func pixelsAreThoseOfPillow() throws {
    for row in try Self.rows() {
      let image = try PixelImage(jpeg: Array(row.file), path: row.name)
      #expect(image.height == row.height && image.width == row.width && image.channels == row.channels)
      let differences = zip(image.pixels, row.pixels).map { abs(Int($0) - Int($1)) }
      #expect(differences.count == row.pixels.count && differences.max() ?? 9 <= 1, "\(row.name)")
    }
  }

  @Test func damageIsAnErrorWithItsPlace() throws {
    for row in try Self.rows() {
      for length in [0, 1, 20, row.file.count / 2, row.file.count - 3] {
        let error = #expect(throws: PNGError.self) { try PixelImage(jpeg: Array(row.file.prefix(length)), path: "x.jpg") }
        #expect(
          error?.description.hasPrefix("x.jpg: not a whole picture: byte ") == true, "\(row.name) \(length) \(error as Any)")
      }
    }
  }

  @Test func aHeaderThatLiesAboutTheSizeTakesNoMemory() throws {
    var bytes = Array(try Self.rows()[0].file)
    // The frame header FFC0: length (2), depth (1), height (2), width (2).
    let start = try #require((0..<bytes.count - 1).first { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xC0 })
    for offset in 5..<9 { bytes[start + offset] = 0x1F }
    #expect(throws: PNGError.self) { try PixelImage(jpeg: bytes, path: "x.jpg") }
  }

  @Test func foldersOfPicturesAreRead() throws {
    let folder = try TemporaryFolder()
    let rows = try Self.rows()
    _ = try folder.write(Array(rows[0].file), "pictures/b/z.jpg")
    _ = try folder.write(try PixelImage(height: 4, width: 8, filledWith: 9).pngBytes(), "pictures/a/1.png")
    let path = folder.url.appendingPathComponent("pictures").path
    let rule = try #require(ImageFormat(height: 8, width: 8, channels: 3))
    let dataset = try PictureFolderReader.dataset(name: "mine", folder: path, format: rule)
    #expect(dataset.classes.map(\.name) == ["a", "b"] && dataset.channels == 3)
    // 4×8 is padded to 8×8: two empty rows above, colour is three times grey.
    let picture = try #require(dataset.picture(0, ofClass: 0))
    #expect(picture[1, 0, 0] == 0 && picture[2, 0, 0] == 9 && picture[5, 7, 2] == 9 && picture[6, 7, 2] == 0)
    _ = try folder.write([1], "pictures/a/notes.txt")
    let error = #expect(throws: ReaderError.self) { try PictureFolderReader.dataset(name: "mine", folder: path, format: rule) }
    #expect(error?.description.contains("notes.txt") == true)
  }
}
