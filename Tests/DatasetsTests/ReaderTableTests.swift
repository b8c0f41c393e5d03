import Basics
import Foundation
import TestSupport
import Testing

@testable import Datasets

/// Every registered reader: what it takes for its own, what it reads, and what it says of damage.
@Suite struct ReaderTableTests {
  /// A registered reader with a small source of it, and what that holds.
  struct Row: Sendable {
    let name: String
    /// The files of a folder.
    let files: [(name: String, bytes: [UInt8])]
    /// The file that is imported; the folder where it is `nil`.
    var source: String?
    let classes: [String]
    /// Height, width and channels.
    let shape: [Int]
    /// The first bytes of the first image, height × width × channels.
    let pixels: [UInt8]
  }

  private static let gradient = (0..<1024).map { UInt8($0 / 32) }
  private static let planes = gradient + [UInt8](repeating: 7, count: 2048)
  private static let idxImages: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 10, 20, 30, 40]
  private static let idxLabels: [UInt8] = [0, 0, 8, 1, 0, 0, 0, 2, 1, 0]
  private static let npz = storedZip([
    ("label.npy", NPZTests.npy("|u1", "(2,)", [1, 0])), ("images.npy", NPZTests.npy("|u1", "(2, 1, 2)", [10, 20, 30, 40])),
  ])
  private static let drawings =
    (try? OmniglotReaderTests.files("A", "character01", rows: Array(0..<20)).map { ($0.name, $0.bytes) }) ?? []
  private static let picture = (try? PixelImage(height: 1, width: 2, channels: 1, pixels: [30, 40])?.pngBytes()) ?? []

  /// A row for every registered reader, without which the suite fails.
  static let rows = [
    Row(
      name: "omniglot", files: [("images_background.zip", storedZip(drawings))], classes: ["A/character01"], shape: [28, 28, 1],
      // Row 0 of 105, black on white, is 1 of the 3.75 rows of the image's row 0.
      pixels: [68, 68, 68]),
    Row(
      name: "idx", files: [("train-images-idx3-ubyte", idxImages), ("train-labels-idx1-ubyte", idxLabels)], classes: ["0", "1"],
      shape: [1, 2, 1], pixels: [30, 40]),
    Row(
      name: "cifar-10", files: [("test_batch.bin", [3] + planes)], source: "test_batch.bin", classes: ["cat"],
      shape: [32, 32, 3], pixels: [0, 7, 7]),
    Row(name: "cifar-100", files: [("test.bin", [4, 0] + planes)], classes: ["apple"], shape: [32, 32, 3], pixels: [0, 7, 7]),
    Row(name: "npz", files: [("mine.npz", npz)], source: "mine.npz", classes: ["0", "1"], shape: [1, 2, 1], pixels: [30, 40]),
    Row(name: "folder", files: [("a/1.png", picture)], classes: ["a"], shape: [1, 2, 1], pixels: [30, 40]),
  ]

  @Test func everyReaderHasARow() { #expect(Self.rows.map(\.name) == DatasetReaderRegistry.names) }

  private func write(_ row: Row, _ change: ([UInt8]) -> [UInt8] = { $0 }) throws -> (folder: TemporaryFolder, source: String) {
    let folder = try TemporaryFolder()
    for file in row.files { _ = try folder.write(change(file.bytes), "x/\(file.name)") }
    return (folder, folder.url.path + "/x" + (row.source.map { "/\($0)" } ?? ""))
  }

  private func job(_ row: Row, _ source: String) throws -> DatasetImport {
    let format = try #require(DatasetImport.Format(rawValue: row.name))
    var rule: ImageFormat?
    if try #require(format.reader).appliesRule {
      rule = ImageFormat(height: row.shape[0], width: row.shape[1], channels: row.shape[2])
    }
    var job = DatasetImport(source: source, format: format, name: "mine", rule: rule)
    job.isStrict = true
    return job
  }

  @Test(arguments: rows.map(\.name)) func holds(name: String) throws {
    let row = try #require(Self.rows.first { $0.name == name })
    let (folder, source) = try write(row)
    defer { _ = folder }
    #expect(DatasetImport.Format.detect(source)?.rawValue == name)
    let dataset = try job(row, source).dataset()
    #expect(dataset.name == "mine")
    #expect(dataset.classes.map(\.name) == row.classes)
    #expect([dataset.height, dataset.width, dataset.channels] == row.shape)
    #expect(Array(dataset.image(0, ofClass: 0).prefix(row.pixels.count)) == row.pixels)
    #expect(try job(row, source).pack().dataset.pixels == dataset.pixels)
  }

  /// Truncated files end in an error with the path, and so do sources that are not there.
  @Test(arguments: rows.map(\.name)) func damageIsNamed(name: String) throws {
    let row = try #require(Self.rows.first { $0.name == name })
    for keep in [0.0, 0.5] {
      let (folder, source) = try write(row) { Array($0.prefix(Int(Double($0.count) * keep))) }
      let error = #expect(throws: ReaderError.self, "\(keep) of the files") { try job(row, source).dataset() }
      #expect(error?.description.contains(folder.url.path) == true, "\(error as Any)")
    }
    let error = #expect(throws: ReaderError.self) { try job(row, "/nonexistent/data").dataset() }
    #expect(error?.description.contains("/nonexistent/data") == true)
  }

  @Test func formatsAreThoseThatAreRead() {
    #expect(DatasetImport.Format.allCases.map(\.rawValue) == DatasetReaderRegistry.names)
    #expect(DatasetImport.Format(rawValue: "tiff") == nil)
    #expect(DatasetImport.Format.detect("/nonexistent/data") == nil)
    for format in DatasetImport.Format.allCases { #expect(format.reader?.name == format.rawValue) }
  }
}
