import CZlib
import Datasets
import Foundation
import Testing

/// PNG files put together by hand from the specification (PNG, third edition, sections 5 and 7), without libpng.
enum HandmadePNG {
  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  static func bigEndian(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }

  static func chunk(_ type: String, _ body: [UInt8]) -> [UInt8] {
    let covered = Array(type.utf8) + body
    let checksum = covered.withUnsafeBufferPointer { crc32(0, $0.baseAddress, UInt32($0.count)) }
    return bigEndian(UInt32(body.count)) + covered + bigEndian(UInt32(checksum))
  }

  static func deflated(_ bytes: [UInt8]) -> [UInt8] {
    var count = compressBound(UInt(bytes.count))
    var result = [UInt8](repeating: 0, count: Int(count))
    compress2(&result, &count, bytes, UInt(bytes.count), 9)
    return Array(result.prefix(Int(count)))
  }

  /// `rows` are packed scan lines without their filter byte.
  static func file(
    width: Int, height: Int, bits: UInt8, colourType: UInt8, rows: [[UInt8]], between: [UInt8] = []
  ) -> [UInt8] {
    let header = bigEndian(UInt32(width)) + bigEndian(UInt32(height)) + [bits, colourType, 0, 0, 0]
    return signature + chunk("IHDR", header) + between + chunk("IDAT", deflated(rows.flatMap { [0] + $0 })) + chunk("IEND", [])
  }
}

struct PNGTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var file: [UInt8]
    var channels: Int
    var pixels: [UInt8]
  }

  static let cases: [Case] = [
    Case(
      testDescription: "grey, 1 bit",
      file: HandmadePNG.file(width: 3, height: 2, bits: 1, colourType: 0, rows: [[0b1010_0000], [0b0110_0000]]),
      channels: 1, pixels: [255, 0, 255, 0, 255, 255]),
    Case(
      testDescription: "grey, 2 bits",
      file: HandmadePNG.file(width: 4, height: 1, bits: 2, colourType: 0, rows: [[0b0001_1011]]),
      channels: 1, pixels: [0, 85, 170, 255]),
    Case(
      testDescription: "grey, 4 bits",
      file: HandmadePNG.file(width: 2, height: 1, bits: 4, colourType: 0, rows: [[0x3F]]),
      channels: 1, pixels: [51, 255]),
    Case(
      testDescription: "grey, 8 bits",
      file: HandmadePNG.file(width: 2, height: 2, bits: 8, colourType: 0, rows: [[0, 1], [128, 255]]),
      channels: 1, pixels: [0, 1, 128, 255]),
    Case(
      testDescription: "grey, 16 bits",
      file: HandmadePNG.file(width: 3, height: 1, bits: 16, colourType: 0, rows: [[0, 0, 0x40, 0x40, 0xFF, 0xFF]]),
      channels: 1, pixels: [0, 0x40, 255]),
    Case(
      testDescription: "colour, 8 bits",
      file: HandmadePNG.file(width: 2, height: 1, bits: 8, colourType: 2, rows: [[10, 20, 30, 200, 100, 50]]),
      channels: 3, pixels: [10, 20, 30, 200, 100, 50]),
    Case(
      testDescription: "palette, 2 bits",
      file: HandmadePNG.file(
        width: 3, height: 1, bits: 2, colourType: 3, rows: [[0b0110_0000]],
        between: HandmadePNG.chunk("PLTE", [1, 2, 3, 40, 50, 60, 7, 8, 9])),
      channels: 3, pixels: [40, 50, 60, 7, 8, 9, 1, 2, 3]),
    Case(
      testDescription: "grey with alpha, over white",
      file: HandmadePNG.file(width: 2, height: 1, bits: 8, colourType: 4, rows: [[17, 255, 17, 0]]),
      channels: 1, pixels: [17, 255]),
    Case(
      testDescription: "colour with alpha, over white",
      file: HandmadePNG.file(width: 2, height: 1, bits: 8, colourType: 6, rows: [[9, 8, 7, 255, 9, 8, 7, 0]]),
      channels: 3, pixels: [9, 8, 7, 255, 255, 255]),
  ]

  @Test(arguments: cases)
  func decodesEveryColourType(_ example: Case) throws {
    let image = try PixelImage(png: example.file, path: "case")
    #expect(image.channels == example.channels)
    #expect(image.pixels == example.pixels)
  }

  @Test(arguments: [1, 3])
  func encodingAndDecodingAgree(channels: Int) throws {
    let pixels = (0..<7 * 5 * channels).map { UInt8(truncatingIfNeeded: $0 * 37 + 11) }
    let image = try #require(PixelImage(height: 7, width: 5, channels: channels, pixels: pixels))
    #expect(try PixelImage(png: image.pngBytes(), path: "memory") == image)
    #expect(try image.pngBytes() == image.pngBytes())
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("picture.png").path
    try image.writePNG(to: path)
    #expect(try PixelImage(pngFile: path) == image)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["picture.png"])
  }

  @Test func everyTruncationIsATypedError() throws {
    let file = Self.cases[5].file
    // The last chunk (IEND, 12 bytes) adds nothing to the pixels; up to it, every missing byte counts.
    for count in 0..<file.count - 12 {
      #expect(throws: PNGError.self, "cut to \(count) bytes") { try PixelImage(png: Array(file.prefix(count)), path: "cut") }
    }
  }

  @Test func flippedBytesNeverCrash() {
    let file = Self.cases[6].file
    for position in file.indices {
      for flip: UInt8 in [0x01, 0x80, 0xFF] {
        var damaged = file
        damaged[position] ^= flip
        do throws(PNGError) {
          _ = try PixelImage(png: damaged, path: "flipped.png")
        } catch {
          #expect(error.description.contains("flipped.png"))
        }
      }
    }
  }

  @Test func sizeIsCheckedBeforeMemoryIsTaken() {
    let file = HandmadePNG.file(width: 100_000, height: 100_000, bits: 1, colourType: 0, rows: [[0]])
    #expect(
      throws: PNGError.tooLarge(path: "bomb.png", height: 100_000, width: 100_000, limits: PNGLimits())
    ) { try PixelImage(png: file, path: "bomb.png") }
    let small = Self.cases[3].file
    #expect(throws: PNGError.tooLarge(path: "a", height: 2, width: 2, limits: PNGLimits(pixels: 3))) {
      try PixelImage(png: small, path: "a", limits: PNGLimits(pixels: 3))
    }
  }

  @Test func unreadableFilesAreNamed() {
    for path in ["/nonexistent/picture.png", "/"] {
      #expect {
        try PixelImage(pngFile: path)
      } throws: { error in
        if case PNGError.unreadable(path, _) = error { true } else { false }
      }
    }
    #expect {
      try PixelImage(height: 1, width: 1).writePNG(to: "/nonexistent/picture.png")
    } throws: { error in
      if case PNGError.unwritable("/nonexistent/picture.png", _) = error { true } else { false }
    }
  }
}

struct PNGPixelTests {
  @Test func aMarkedPictureIsKnownAgain() throws {
    let image = PixelImage(height: 3, width: 5, channels: 3, filledWith: 100)
    let bytes = try image.markedPNG()
    let plain = try image.pngBytes()
    #expect(PixelImage.isMarked(png: bytes) && !PixelImage.isMarked(png: plain) && !PixelImage.isMarked(png: []))
    // libpng checks the chunk's checksum.
    #expect(try PixelImage(png: bytes, path: "x") == image)
  }

  @Test func areaAveragingHalves() throws {
    let image = try #require(PixelImage(height: 2, width: 4, channels: 1, pixels: [0, 10, 100, 200, 20, 30, 0, 100]))
    #expect(image.resized(height: 1, width: 2).pixels == [15, 100])
  }

  @Test func areaAveragingWeighsPartsOfPixels() throws {
    // Three columns to two: (2a + b)/3 and (b + 2c)/3.
    let image = try #require(PixelImage(height: 1, width: 3, channels: 1, pixels: [30, 60, 240]))
    #expect(image.resized(height: 1, width: 2).pixels == [40, 180])
    // Two to three: a, (a + b)/2, b.
    let wide = try #require(PixelImage(height: 1, width: 2, channels: 1, pixels: [10, 200]))
    #expect(wide.resized(height: 1, width: 3).pixels == [10, 105, 200])
  }

  /// Against the defining integral, in floating point, for many pairs of sizes.
  @Test(arguments: [(5, 7, 3, 2), (7, 5, 7, 3), (4, 4, 6, 9), (1, 9, 1, 4), (35, 31, 10, 8)])
  func areaAveragingIsTheIntegral(height: Int, width: Int, newHeight: Int, newWidth: Int) throws {
    let pixels = (0..<height * width * 3).map { UInt8(truncatingIfNeeded: $0 &* $0 &* 31 &+ $0 &* 17) }
    let image = try #require(PixelImage(height: height, width: width, channels: 3, pixels: pixels))
    let result = image.resized(height: newHeight, width: newWidth)
    func overlap(_ old: Int, _ oldCount: Int, _ new: Int, _ newCount: Int) -> Double {
      let start = max(Double(old) / Double(oldCount), Double(new) / Double(newCount))
      let end = min(Double(old + 1) / Double(oldCount), Double(new + 1) / Double(newCount))
      return max(0, end - start) * Double(newCount)
    }
    for y in 0..<newHeight {
      for x in 0..<newWidth {
        for channel in 0..<3 {
          var mean = 0.0
          for row in 0..<height {
            for column in 0..<width {
              let weight = overlap(row, height, y, newHeight) * overlap(column, width, x, newWidth)
              mean += weight * Double(image[row, column, channel])
            }
          }
          #expect(abs(Double(result[y, x, channel]) - mean) <= 0.5 + 1e-9)
        }
      }
    }
  }

  @Test func fittingKeepsTheAspectRatio() {
    let tall = PixelImage(height: 40, width: 10, filledWith: 200).fitted(height: 20, width: 20, background: 3)
    for x in 0..<20 { #expect(tall[10, x] == ((7..<12).contains(x) ? 200 : 3)) }
    let wide = PixelImage(height: 1, width: 400, filledWith: 200).fitted(height: 8, width: 8, background: 0)
    #expect(wide.pixels.filter { $0 == 200 }.count == 8)
  }

  @Test func greyInversionAndPasting() throws {
    let image = try #require(PixelImage(height: 1, width: 3, channels: 3, pixels: [255, 0, 0, 0, 255, 0, 0, 0, 255]))
    #expect(image.grey().pixels == [76, 150, 29])
    #expect(image.grey().inverted().pixels == [179, 105, 226])
    #expect(image.grey().colour().grey() == image.grey())
    var paper = PixelImage(height: 2, width: 2)
    paper.paste(PixelImage(height: 3, width: 3, filledWith: 9), row: -2, column: 1)
    #expect(paper.pixels == [0, 9, 0, 0])
    paper.paste(PixelImage(height: 1, width: 1, filledWith: 7), row: 5, column: -9)
    #expect(paper.pixels == [0, 9, 0, 0])
  }

  @Test func shapesThatDoNotFitAreRefused() {
    #expect(PixelImage(height: 2, width: 2, channels: 1, pixels: [0, 0, 0]) == nil)
    #expect(PixelImage(height: 0, width: 2, channels: 1, pixels: []) == nil)
    #expect(PixelImage(height: 1, width: 1, channels: 2, pixels: [0, 0]) == nil)
    #expect(PixelImage(height: .max, width: .max, channels: 3, pixels: []) == nil)
  }

  @Test func contactSheetsPlaceEveryPicture() throws {
    let pictures = (1...3).map { PixelImage(height: 2, width: 2, filledWith: UInt8($0)) }
    let sheet = ContactSheet.compose(pictures, columns: 2, gap: 1, background: 0)
    #expect(sheet.height == 7 && sheet.width == 7)
    #expect(sheet[1, 1] == 1 && sheet[2, 5] == 2 && sheet[4, 2] == 3 && sheet[5, 5] == 0)
  }
}
