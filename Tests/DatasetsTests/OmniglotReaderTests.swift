import Basics
import Datasets
import Foundation
import TestSupport
import Testing

@Suite struct OmniglotReaderTests {
  /// A drawing of 105×105 pixels, white but for one black row.
  static func drawing(blackRow: Int) throws -> [UInt8] {
    var image = PixelImage(height: 105, width: 105, filledWith: 255)
    for column in 0..<105 { image[blackRow, column] = 0 }
    return try image.pngBytes()
  }

  static func files(_ alphabet: String, _ character: String, rows: [Int], root: String = "images_background") throws -> [(
    name: String, bytes: [UInt8]
  )] {
    try rows.enumerated().map { drawer, row in
      let number = drawer < 9 ? "0\(drawer + 1)" : "\(drawer + 1)"
      return ("\(root)/\(alphabet)/\(character)/0001_\(number).png", try drawing(blackRow: row))
    }
  }

  @Test func classesAreInTheOrderOfNamesWithInkHigh() throws {
    let folder = try TemporaryFolder()
    // Out of order in the archive, on purpose.
    let files =
      try Self.files("B", "character01", rows: Array(0..<20)) + Self.files("A", "character02", rows: Array(20..<40))
      + Self.files("A", "character01", rows: Array((40..<60).reversed())).reversed()
    let path = try folder.write(
      storedZip([("images_background/", []), ("__MACOSX/x.png", [1])] + files), "images_background.zip")
    let dataset = try OmniglotReader.dataset(archives: [path], side: 105)
    #expect(dataset.classes.map(\.name) == ["A/character01", "A/character02", "B/character01"])
    #expect(dataset.classes.map(\.group) == ["A", "A", "B"])
    #expect(try OmniglotReader.classNames(archives: [path]) == dataset.classes.map(\.name))
    for (index, first) in [59, 20, 0].enumerated() {
      for drawer in 0..<20 {
        let row = index == 0 ? first - drawer : first + drawer
        let image = Array(dataset.image(drawer, ofClass: index))
        #expect(image == (0..<105 * 105).map { $0 / 105 == row ? 255 : 0 }, "class \(index), drawer \(drawer)")
      }
    }
    // Row 59 of 105 covers rows 15.73… to 16 of 28: all of it lies in row 15, where it is 1 of 3.75 rows.
    let small = try OmniglotReader.dataset(archives: [path], side: 28, alphabets: ["A"])
    #expect(small.classes.count == 2)
    #expect(Array(small.image(0, ofClass: 0)) == (0..<784).map { $0 / 28 == 15 ? 68 : 0 })
  }

  @Test func badArchivesAreRefused() throws {
    let folder = try TemporaryFolder()
    let good = try Self.files("A", "character01", rows: Array(0..<20))
    func refuse(_ files: [(name: String, bytes: [UInt8])], _ part: String) throws {
      let path = try folder.write(storedZip(files), "x.zip")
      let error = #expect(throws: ReaderError.self) { try OmniglotReader.dataset(archives: [path]) }
      #expect(error?.description.contains(part) == true, "\(String(describing: error))")
      #expect(error?.description.contains("x.zip") == true)
    }
    try refuse([], "any drawing")
    try refuse(Array(good[..<19]), "drawer 20 of 20 is missing")
    try refuse(good + [("images_background/A/character01/0002_20.png", good[0].bytes)], "drawer 20 is there twice")
    try refuse(good + [("images_background/A/character01/0001_21.png", good[0].bytes)], "NNNN_DD.png")
    try refuse(good + [("a.png", good[0].bytes)], "NNNN_DD.png")
    var damaged = good
    damaged[3].bytes = Array(damaged[3].bytes[..<40])
    try refuse(damaged, "0001_04.png")
    var other = good
    other[4].bytes = try PixelImage(height: 104, width: 105, filledWith: 255).pngBytes()
    try refuse(other, "104×105")
    let path = try folder.write(storedZip(good), "x.zip")
    #expect(throws: ReaderError.self) { try OmniglotReader.dataset(archives: [path, path]) }
    #expect(throws: ReaderError.self) { try OmniglotReader.dataset(archives: [path], side: 0) }
    #expect(throws: ReaderError.self) { try OmniglotReader.dataset(archives: [path], alphabets: ["Z"]) }
  }

  static let official = ["images_background.zip", "images_evaluation.zip"]
  static let isHere = SharedData.has("images_background.zip", "images_evaluation.zip", "omniglot28.npz", "omniglot28.json")

  /// Class names and pixels against a pack that Pillow made from the same drawings (see `pillowBox`).
  @Test(.enabled(if: isHere, "skipped: no Omniglot at hand")) func officialArchives() throws {
    let archives = Self.official.map(SharedData.path)
    let names = try OmniglotReader.classNames(archives: archives)
    let json = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: SharedData.path("omniglot28.json"))))
    let expected = try #require((json as? [String: Any])?["class_names"] as? [String])
    #expect(names == expected)
    #expect(names.count == 1_623)

    let pack = try ZipArchive(path: SharedData.path("omniglot28.npz"))
    let entry = try #require(pack.entries.first { $0.name == "images.npy" })
    let array = try pack.contents(of: entry, limit: 1 << 26)
    let start = array.count - 1_623 * 20 * 784

    let alphabets: Set = ["Tagalog", "Angelic"]
    let full = try OmniglotReader.dataset(archives: archives, side: 105, alphabets: alphabets)
    let small = try OmniglotReader.dataset(archives: archives, alphabets: alphabets)
    #expect(full.classes.count == 37)
    for (index, entry) in full.classes.enumerated() {
      let position = try #require(names.firstIndex(of: entry.name))
      for drawer in [0, 7, 19] {
        let original = Array(full.image(drawer, ofClass: index))
        let offset = start + (position * 20 + drawer) * 784
        #expect(pillowBox(original) == Array(array[offset..<offset + 784]), "\(entry.name), drawer \(drawer + 1)")
        // An area average keeps the mean, up to half a unit of rounding.
        let mean = original.reduce(0.0) { $0 + Double($1) } / 11_025
        let smallMean = small.image(drawer, ofClass: index).reduce(0.0) { $0 + Double($1) } / 784
        #expect(abs(mean - smallMean) < 0.5)
      }
    }
  }
}
