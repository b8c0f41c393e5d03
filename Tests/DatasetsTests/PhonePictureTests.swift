import Basics
import Foundation
import TestSupport
import Testing

@testable import Datasets

/// Pictures as phones and programs write them. Files and values are Pillow 13.0's: `Image.paste` with a mask for transparency,
/// `ImageOps.exif_transpose`, `convert("RGB")` of CMYK.
@Suite struct PhonePictureTests {
  struct Transparent {
    var name: String
    var channels: Int
    var file: String
    /// Pixels by the grey level of the paper.
    var over: [UInt8: [UInt8]]
  }

  static let transparent = [
    Transparent(
      name: "rgba", channels: 3,
      file: "iVBORw0KGgoAAAANSUhEUgAAAAQAAAADCAYAAAC09K7GAAAAPklEQVR4nAEzAMz/AWqY+YNOMAeSRcvKVvwWwCoEDQ7nEfSVp3n7"
        + "vYdMniix5QLF29PGmQvH06VQRyGoxfbseCsaj4u6yYkAAAAASUVORK5CYII=",
      over: [
        255: [
          178, 202, 252, 249, 250, 234, 254, 210, 233, 251, 205, 187, 176, 203, 237, 209, 165, 206, 249, 59, 106, 176, 113, 65,
          186, 211, 228, 184, 198, 200, 159, 108, 154, 126, 89, 250,
        ],
        0: [
          54, 78, 128, 15, 16, 0, 106, 62, 85, 145, 99, 81, 69, 96, 130, 96, 52, 93, 212, 22, 69, 112, 49, 1, 21, 46, 63, 26, 40,
          42, 155, 104, 150, 42, 5, 166,
        ],
        100: [
          103, 127, 177, 107, 108, 92, 164, 120, 143, 187, 140, 122, 111, 138, 172, 140, 96, 137, 227, 37, 84, 137, 75, 27, 86,
          110, 128, 88, 102, 104, 156, 106, 151, 75, 38, 199,
        ],
      ]),
    Transparent(
      name: "la", channels: 1,
      file: "iVBORw0KGgoAAAANSUhEUgAAAAQAAAADCAQAAAAe/WZNAAAAJElEQVR4nGNUrNYzvZZiKcswtf7cF5lyMwbGAy+Dutca/hQGAITB"
        + "CqGGyUrMAAAAAElFTkSuQmCC",
      over: [
        255: [148, 134, 238, 224, 202, 208, 149, 255, 197, 147, 214, 204], 0: [16, 55, 3, 18, 74, 197, 13, 0, 175, 8, 124, 133],
        100: [68, 86, 95, 99, 124, 201, 66, 100, 184, 63, 159, 161],
      ]),
    Transparent(
      name: "palette", channels: 3,
      file: "iVBORw0KGgoAAAANSUhEUgAAAAQAAAADAgMAAADJmkZVAAAADFBMVEUKFB7IZDIAAAD///+QakSdAAAABHRSTlMAgP887u387wAA"
        + "AA5JREFUeJxjuMYQyqQGAAVdAVQTUC/PAAAAAElFTkSuQmCC",
      over: [
        255: [
          255, 255, 255, 227, 177, 152, 227, 177, 152, 0, 0, 0, 227, 177, 152, 227, 177, 152, 227, 177, 152, 227, 177, 152, 227,
          177, 152, 255, 255, 255, 0, 0, 0, 255, 255, 255,
        ],
        0: [
          60, 60, 60, 100, 50, 25, 100, 50, 25, 0, 0, 0, 100, 50, 25, 100, 50, 25, 100, 50, 25, 100, 50, 25, 100, 50, 25, 60, 60,
          60, 0, 0, 0, 60, 60, 60,
        ],
        100: [
          136, 136, 136, 150, 100, 75, 150, 100, 75, 0, 0, 0, 150, 100, 75, 150, 100, 75, 150, 100, 75, 150, 100, 75, 150, 100,
          75, 136, 136, 136, 0, 0, 0, 136, 136, 136,
        ],
      ]),
    Transparent(
      name: "grey key", channels: 1,
      file: "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAAAAABX3VL4AAAAAnRSTlMACQ9PdZwAAAAOSURBVHicY2RlYeA8AQABDwDcABQSUAAA"
        + "AABJRU5ErkJggg==",
      over: [255: [5, 255, 255, 200], 0: [5, 0, 0, 200], 100: [5, 100, 100, 200]]),
    Transparent(
      name: "colour key", channels: 3,
      file: "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAABnRSTlMAAQACAAPJS6v1AAAAEUlEQVR4nGNgZGJmgABODnYAAIYA"
        + "H7zSx5MAAAAASUVORK5CYII=",
      over: [
        255: [255, 255, 255, 0, 0, 0, 0, 0, 0, 9, 8, 7], 0: [0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 8, 7],
        100: [100, 100, 100, 0, 0, 0, 0, 0, 0, 9, 8, 7],
      ]),
  ]

  /// Orientation, height, width and pixels in units of 40 of a picture that is stored as rows 0 1 2 and 3 4 5.
  static let upright: [(Int, Int, Int, [UInt8])] = [
    (1, 2, 3, [0, 1, 2, 3, 4, 5]),
    (2, 2, 3, [2, 1, 0, 5, 4, 3]),
    (3, 2, 3, [5, 4, 3, 2, 1, 0]),
    (4, 2, 3, [3, 4, 5, 0, 1, 2]),
    (5, 3, 2, [0, 3, 1, 4, 2, 5]),
    (6, 3, 2, [3, 0, 4, 1, 5, 2]),
    (7, 3, 2, [5, 2, 4, 1, 3, 0]),
    (8, 3, 2, [2, 5, 1, 4, 0, 3]),
  ]

  /// Grey, 24×16, blocks of 8×8 of 20, 60, 100 and 140, 180, 220.
  static let blocks =
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAIBAQEBAQIBAQECAgICAgQDAgICAgUEBAMEBgUGBgYFBgYGBwkIBgcJBwYGCAsICQoK"
    + "CgoKBggLDAsKDAkKCgr/wAALCAAQABgBAREA/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUF"
    + "BAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVW"
    + "V1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi"
    + "4+Tl5ufo6erx8vP09fb3+Pn6/9oACAEBAAA/APxPr6gr6gr6gr6gr6gr/9k="

  /// CMYK of Adobe's kind, 16×16, blocks of 8×8.
  static let inks =
    "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwACAQEBAQECAQEBAgICAgIEAwICAgIFBAQDBAYFBgYGBQYGBgcJCAYHCQcGBggLCAkKCgoK"
    + "CgYICwwLCgwJCgoK/8AAFAgAEAAQBEMRAE0RAFkRAEsRAP/EAB8AAAEFAQEBAQEBAAAAAAAAAAABAgMEBQYHCAkKC//EALUQAAIB"
    + "AwMCBAMFBQQEAAABfQECAwAEEQUSITFBBhNRYQcicRQygZGhCCNCscEVUtHwJDNicoIJChYXGBkaJSYnKCkqNDU2Nzg5OkNERUZH"
    + "SElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6g4SFhoeIiYqSk5SVlpeYmZqio6Slpqeoqaqys7S1tre4ubrCw8TFxsfIycrS09TV"
    + "1tfY2drh4uPk5ebn6Onq8fLz9PX29/j5+v/aAA4EQwBNAFkASwAAPwD9/K/fyv38r9/K/gDooor+/wAr+AOiv5/68Hr+wyvyXroK"
    + "/9k="

  static func bytes(_ text: String) throws -> [UInt8] { Array(try #require(Data(base64Encoded: text))) }

  @Test func transparencyIsLaidOverPaperAsOtherProgramsDo() throws {
    for row in Self.transparent {
      for (paper, pixels) in row.over {
        let image = try PixelImage(png: Self.bytes(row.file), path: row.name, background: paper)
        #expect(image.channels == row.channels && image.pixels == pixels, "\(row.name) on \(paper)")
      }
      #expect(try PixelImage(png: Self.bytes(row.file), path: row.name).pixels == row.over[255], "\(row.name)")
    }
  }

  /// An Exif block of one directory with one entry.
  static func exif(_ orientation: Int, little: Bool, type: Int = 3) -> [UInt8] {
    func number(_ value: Int, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * (little ? $0 : count - 1 - $0))) }
    }
    let value = type == 3 ? number(orientation, 2) + [0, 0] : number(orientation, 4)
    return (little ? [0x49, 0x49] : [0x4D, 0x4D]) + number(42, 2) + number(8, 4) + number(1, 2) + number(0x0112, 2)
      + number(type, 2) + number(1, 4) + value + number(0, 4)
  }

  static func png(_ exif: [UInt8]) -> [UInt8] {
    HandmadePNG.file(
      width: 3, height: 2, bits: 8, colourType: 0, rows: [[0, 40, 80], [120, 160, 200]], between: HandmadePNG.chunk("eXIf", exif))
  }

  static func jpeg(_ exif: [UInt8]) throws -> [UInt8] {
    let file = try bytes(blocks)
    let content = Array("Exif\0\0".utf8) + exif
    return file[..<2] + [0xFF, 0xE1, UInt8((content.count + 2) >> 8), UInt8((content.count + 2) & 255)] + content + file[2...]
  }

  @Test func orientationIsHeededInBothFormatsAndByteOrders() throws {
    for (orientation, height, width, pixels) in Self.upright {
      for little in [true, false] {
        for type in [3, 4] {
          let exif = Self.exif(orientation, little: little, type: type)
          let name = "\(orientation) \(little) \(type)"
          let image = try PixelImage(png: Self.png(exif), path: name)
          #expect(image.height == height && image.width == width && image.pixels == pixels.map { 40 * $0 }, "\(name)")
          let photo = try PixelImage(jpeg: Self.jpeg(exif), path: name)
          #expect(photo.height == 8 * height && photo.width == 8 * width, "\(name)")
          let values = (0..<6).map { photo[8 * ($0 / width) + 4, 8 * ($0 % width) + 4] }
          for (value, unit) in zip(values, pixels) { #expect(abs(Int(value) - 20 - 40 * Int(unit)) <= 2, "\(name)") }
        }
      }
    }
  }

  @Test func damagedExifIsNone() throws {
    let stored: [UInt8] = [0, 40, 80, 120, 160, 200]
    let whole = Self.exif(6, little: true)
    var damaged = (0..<whole.count - 4).map { Array(whole.prefix($0)) }.filter { $0.count < 20 }
    damaged += [Self.exif(0, little: true), Self.exif(9, little: false), Self.exif(6, little: true, type: 2)]
    // A directory beyond the end, and one at the greatest offset.
    damaged += [whole[..<4] + [200, 0, 0, 0] + whole[8...], whole[..<4] + [255, 255, 255, 255] + whole[8...]].map(Array.init)
    for exif in damaged {
      #expect(try PixelImage(png: Self.png(exif), path: "x").pixels == stored, "\(exif)")
      #expect(try PixelImage(jpeg: Self.jpeg(exif), path: "x").width == 24, "\(exif)")
    }
  }

  @Test func inksBecomeColours() throws {
    let image = try PixelImage(jpeg: Self.bytes(Self.inks), path: "inks")
    #expect(image.channels == 3 && image.height == 16 && image.width == 16)
    let expected: [[Int]] = [[255, 255, 255], [0, 255, 255], [127, 0, 127], [119, 103, 87]]
    for (index, colour) in expected.enumerated() {
      for channel in 0..<3 {
        #expect(abs(Int(image[3 + 8 * (index / 2), 3 + 8 * (index % 2), channel]) - colour[channel]) <= 1, "\(index)")
      }
    }
  }

  @Test func placesOfDamageAreTrue() throws {
    let file = try Self.bytes(Self.blocks)
    for length in [file.count / 2, file.count - 12, file.count - 3] {
      let error = #expect(throws: PNGError.self) { try PixelImage(jpeg: Array(file.prefix(length)), path: "x.jpg") }
      let place = try #require(error?.description.firstMatch(of: /byte (\d+):/)?.1)
      let byte = try #require(Int(place))
      #expect(byte <= length && byte >= length - 16, "\(length): \(error as Any)")
    }
  }

  @Test func bytesBetweenSegmentsArePassedOverAndSaid() throws {
    let file = try Self.bytes(Self.blocks)
    let padded = Array(file.dropLast(2)) + [UInt8](repeating: 0, count: 40) + Array(file.suffix(2))
    let folder = try TemporaryFolder()
    let path = try folder.write(padded, "padded.jpg")
    var note: String?
    let image = try PixelImage(file: path, limits: PNGLimits(), background: 255, note: &note)
    #expect(try image == PixelImage(jpeg: file, path: "whole"))
    // The decoder itself takes some of them.
    #expect(note?.contains("bytes that belong to nothing") == true, "\(note as Any)")
  }

  @Test func otherFormatsAreNamedWhateverTheirNames() throws {
    let folder = try TemporaryFolder()
    func text(_ text: String) -> [UInt8] { Array(text.utf8) + [UInt8](repeating: 0, count: 40) }
    for (content, name) in [
      (text("RIFF....WEBPVP8 "), "WebP"), (text("GIF89a"), "GIF"), (text("BM"), "BMP"), (text("II*\0"), "TIFF"),
      (text("MM\0*"), "TIFF"), (text("\0\0\0\u{18}ftypheic"), "HEIC"), (text("\0\0\0\u{18}ftypmif1\0\0\0\0avif"), "AVIF"),
      (text("8BPS"), "Photoshop"), (text("<?xml version=\"1.0\"?>\n<svg xmlns="), "SVG"), (text("<!DOCTYPE html>"), "web page"),
      (text("\0\0\0\u{0C}jP  "), "JPEG 2000"), ([0xFF, 0x0A] + text(""), "JPEG XL"), (text("%PDF-1.4"), "PDF"),
    ] {
      let path = try folder.write(content, "x.jpg")
      let error = #expect(throws: PNGError.self) { try PixelImage(file: path) }
      let said = error?.description ?? ""
      #expect(said.hasPrefix("\(path): ") && said.contains(name) && said.hasSuffix("; save it as PNG or JPEG"), "\(said)")
    }
    // A picture that is read is read under any name.
    let path = try folder.write(Self.png(Self.exif(1, little: true)), "x.jpg")
    #expect(try PixelImage(file: path).pixels == [0, 40, 80, 120, 160, 200])
    #expect(try PixelImage(file: folder.write(Self.bytes(Self.blocks), "y.png")).width == 24)
    for name in ["a.jpe", "a.JFIF", "a.JPEG", "a.Jpg", "a.PNG"] { #expect(PixelImage.isPicture(named: name)) }
  }

  @Test func oneBadPictureStopsNoImport() throws {
    let folder = try TemporaryFolder()
    let good = Self.png(Self.exif(1, little: true))
    let rule = try #require(ImageFormat(height: 2, width: 3, channels: 1))
    for index in 0..<30 { _ = try folder.write(good, "in/a/\(index).png") }
    for index in 0..<12 { _ = try folder.write([1, 2, 3], "in/a/bad\(index).png") }
    _ = try folder.write(Array("RIFF....WEBP".utf8), "in/b/only.webp")
    _ = try folder.write(try PixelImage(height: 4, width: 4, filledWith: 7).pngBytes(), "in/c/blank.png")
    let source = folder.url.appendingPathComponent("in").path
    var job = DatasetImport(source: source, format: .folder, name: "mine", rule: rule)
    var report = ImportReport()
    let dataset = try job.pack(report: &report).dataset
    #expect(dataset.classes.map(\.name) == ["a", "c"] && dataset.classes.map(\.count) == [30, 1])
    #expect(report.unreadable.count == 13 && report.emptyClasses == ["b"] && report.count == 44)
    // Padded with 0 it would not be blank, but for the shape that fits.
    let lines = report.lines
    #expect(lines.first == "13 of 44 pictures cannot be read and are left out (--strict makes that an error):")
    #expect(lines.contains("  and 3 more") && lines.count { $0.hasPrefix("  \(source)") } >= 10)
    job.isStrict = true
    let error = #expect(throws: ReaderError.self) { try job.pack() }
    #expect(error?.description.hasPrefix("\(source)/a/bad0.png: ") == true, "\(error as Any)")
  }

  @Test func blankPicturesAreCounted() throws {
    let folder = try TemporaryFolder()
    // Black ink that lies in the opacity only: blank on black, a drawing on white.
    let file = HandmadePNG.file(width: 2, height: 1, bits: 8, colourType: 4, rows: [[0, 255, 0, 0]])
    for name in ["a/1", "a/2", "b/1"] { _ = try folder.write(file, "in/\(name).png") }
    let source = folder.url.appendingPathComponent("in").path
    for (paper, blank) in [(UInt8(0), 3), (255, 0)] {
      let rule = try #require(ImageFormat(height: 1, width: 2, channels: 1, paper: paper))
      var report = ImportReport()
      _ = try DatasetImport(source: source, format: .folder, name: "mine", rule: rule).pack(report: &report)
      #expect(report.blank.count == blank && report.lines.isEmpty == (blank == 0), "\(paper)")
    }
  }
}
