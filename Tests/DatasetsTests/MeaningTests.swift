import Basics
import Foundation
import TestSupport
import Testing

@testable import Datasets

/// What numbers and names of a source mean: said, asked for, or refused, and never decided by one value.
@Suite struct MeaningTests {
  static func npz(
    _ type: String, _ data: [UInt8], count: Int, scale: String? = nil
  ) throws -> (pixels: [UInt8], notes: [String]) {
    let images = NPZTests.npy(type, "(\(count), 1, 1)", data)
    let labels = NPZTests.npy("|u1", "(\(count),)", [UInt8](repeating: 0, count: count))
    var notes: [String] = []
    let archive = try ZipArchive(storedZip([("images.npy", images), ("label.npy", labels)]), path: "x.npz")
    let dataset = try NPZReader.dataset(
      name: "x", archive: archive, scale: scale.flatMap(PixelScale.init(parsing:)), names: nil, notes: &notes)
    return (dataset.pixels, notes)
  }

  static func little<Value: FixedWidthInteger>(_ values: [Value]) -> [UInt8] {
    values.flatMap { withUnsafeBytes(of: $0.littleEndian, Array.init) }
  }

  struct Scaled: CustomTestStringConvertible {
    var type: String
    var data: [UInt8]
    var scale: String?
    /// The bytes by hand; `nil` where there must be an error.
    var pixels: [UInt8]?
    /// Part of the note or of the error.
    var part: String
    var count: Int { data.count / (Int(type.dropFirst(2)) ?? 1) }
    var testDescription: String { "\(type) \(scale ?? "-") \(part)" }
  }

  static let scaled: [Scaled] = [
    // One value a hair above 1 does not decide about all.
    .init(type: "<f4", data: NPZTests.floats([0, 0.5, 1.000_000_1]), pixels: [0, 128, 255], part: "taken as 0…1"),
    .init(type: "<f4", data: NPZTests.floats([-0.000_1, 0.2, 1.001]), pixels: [0, 51, 255], part: "taken as 0…1"),
    .init(type: "<f4", data: NPZTests.floats([0, 0.5, 1.01]), part: "1.0099"),
    .init(type: "<f4", data: NPZTests.floats([0.1, 0.5, 0.9, 200]), part: "200.0 is of the scale 0…255"),
    .init(type: "<f4", data: NPZTests.floats([0, 3, 16]), part: "16.0 is the largest"),
    .init(type: "<f4", data: NPZTests.floats([0, 3, 16]), scale: "16", pixels: [0, 48, 255], part: ""),
    .init(type: "<f4", data: NPZTests.floats([0, 100.4, 255]), pixels: [0, 100, 255], part: "taken as 0…255"),
    .init(type: "<f4", data: NPZTests.floats([0, 100, 256]), part: "256.0 is the largest"),
    .init(type: "<f4", data: NPZTests.floats([-1, 0, 1]), part: "-1.0 is no brightness"),
    .init(type: "<f4", data: NPZTests.floats([-1, 0, 1]), scale: "signed", pixels: [0, 128, 255], part: ""),
    .init(type: "<f4", data: NPZTests.floats([-1, 0, 1.1]), scale: "signed", part: "1.1"),
    .init(type: "<f4", data: NPZTests.floats([0, .nan, 1]), scale: "unit", part: "nan is no brightness"),
    .init(type: "<f4", data: NPZTests.floats([0, .infinity, 1]), scale: "byte", part: "inf is no brightness"),
    .init(type: "<f4", data: NPZTests.floats([0, 0.5, 2]), scale: "unit", part: "2.0 does not lie in 0…1"),
    .init(type: "<f4", data: NPZTests.floats([0, 0.5, 1]), scale: "byte", pixels: [0, 1, 1], part: "nearly black"),
    .init(type: "|u1", data: [0, 1, 1], pixels: [0, 255, 255], part: "taken as black and white"),
    .init(type: "|u1", data: [0, 1, 1], scale: "byte", pixels: [0, 1, 1], part: ""),
    .init(type: "|u1", data: [0, 1, 2], pixels: [0, 1, 2], part: "--scale 2 makes it white"),
    .init(type: "|u1", data: [0, 1, 2], scale: "2", pixels: [0, 128, 255], part: ""),
    .init(type: "|u1", data: [0, 1, 2], scale: "unit", part: "2.0 does not lie in 0…1"),
    .init(type: "|u1", data: [0, 17, 255], pixels: [0, 17, 255], part: ""),
    .init(type: "|b1", data: [0, 1, 1], pixels: [0, 255, 255], part: ""),
    .init(type: "|b1", data: [0, 1, 1], scale: "byte", part: "truth values"),
    .init(type: "<u2", data: little([UInt16(0), 257, 65_535]), part: "elements of type u2"),
    .init(type: "<u2", data: little([UInt16(0), 257, 65_535]), scale: "word", pixels: [0, 1, 255], part: ""),
    .init(type: "<u2", data: little([UInt16(0), 2048, 4095]), scale: "4095", pixels: [0, 128, 255], part: ""),
    .init(type: "<i8", data: little([0, 17, 255]), scale: "byte", pixels: [0, 17, 255], part: ""),
    .init(type: "<i8", data: little([0, Int.max, 255]), scale: "byte", part: "does not lie in 0…255"),
    .init(type: "<i2", data: little([Int16(0), -1, 255]), scale: "byte", part: "-1.0 does not lie in 0…255"),
  ]

  @Test(arguments: scaled) func scales(_ row: Scaled) throws {
    do {
      let read = try Self.npz(row.type, row.data, count: row.count, scale: row.scale)
      #expect(read.pixels == row.pixels)
      #expect(row.part.isEmpty ? read.notes.isEmpty : read.notes.count == 1 && read.notes[0].contains(row.part), "\(read.notes)")
    } catch let error as ReaderError {
      #expect(row.pixels == nil && error.description.contains(row.part), "\(error)")
      #expect(error.description.contains("byte ") && error.description.contains("; "), "\(error)")
    }
  }

  @Test func wordsOfTheScale() {
    #expect(PixelScale(parsing: "unit") == .white(1) && PixelScale(parsing: "word") == .white(65_535))
    #expect(PixelScale(parsing: "4095") == .white(4095) && PixelScale(parsing: "signed") == .signed)
    for text in ["", "0", "-1", "nan", "inf", "1e99", "Unit"] { #expect(PixelScale(parsing: text) == nil) }
  }

  // MARK: Labels

  static func labelled(_ labels: [UInt8], names: ClassNames? = nil) throws -> (dataset: ImageDataset, notes: [String]) {
    let count = 4
    var notes: [String] = []
    let files = [("images.npy", NPZTests.npy("|u1", "(\(count), 1, 1)", [10, 20, 30, 40])), ("label.npy", labels)]
    let dataset = try NPZReader.dataset(
      name: "x", archive: ZipArchive(storedZip(files), path: "x.npz"), scale: nil, names: names, notes: &notes)
    return (dataset, notes)
  }

  @Test func oneHotRowsAreLabels() throws {
    let rows: [UInt8] = [0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 1, 0]
    for (type, data) in [("|u1", rows), ("|b1", rows), ("<f4", NPZTests.floats(rows.map(Float.init)))] {
      let (dataset, notes) = try Self.labelled(NPZTests.npy(type, "(4, 3)", data))
      #expect(dataset.classes.map(\.name) == ["0", "1", "2"] && dataset.pixels == [20, 40, 10, 30])
      #expect(notes.count == 1 && notes[0].contains("one-hot rows of 3"))
    }
    for (data, part) in [
      ([0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 1, 0], "row 0 of the one-hot labels holds no 1"),
      ([0, 1, 1, 1, 0, 0, 0, 0, 1, 0, 1, 0], "row 0"), ([0, 0, 2, 1, 0, 0, 0, 0, 1, 0, 1, 0], "2.0 in row 0"),
    ] as [([UInt8], String)] {
      let error = #expect(throws: ReaderError.self) { try Self.labelled(NPZTests.npy("|u1", "(4, 3)", data)) }
      #expect(error?.description.contains(part) == true, "\(error as Any)")
    }
  }

  @Test func namesFitTheLabels() throws {
    let labels = NPZTests.npy("|u1", "(4,)", [1, 3, 3, 2])
    let three = try Self.labelled(labels, names: ClassNames(["a", "b", "c"], origin: "o"))
    #expect(three.dataset.classes.map(\.name) == ["a", "b", "c"] && three.notes[0].contains("label 1 is “a”"))
    let four = try Self.labelled(labels, names: ClassNames(["z", "a", "b", "c"], origin: "o"))
    #expect(four.dataset.classes.map(\.name) == ["a", "b", "c"] && four.notes[0].contains("1 class that has no image: z"))
    let dictionary = try Self.labelled(labels, names: ClassNames([1: "x", 2: "y", 3: "z"], origin: "o"))
    #expect(dictionary.dataset.classes.map(\.name) == ["x", "y", "z"] && dictionary.notes.isEmpty)
    for names in [["a", "b"], ["a", "a", "b", "c"], ["a", " ", "b", "c"]] {
      #expect(throws: ReaderError.self) { try Self.labelled(labels, names: ClassNames(names, origin: "o")) }
    }
    #expect(throws: ReaderError.self) { try Self.labelled(labels, names: ClassNames([1: "x", 3: "z"], origin: "o")) }
  }

  @Test func partsOfAnArchiveArePutTogether() throws {
    for (first, second) in [("x_train", "y_train"), ("train_images", "train_labels")] {
      let test = (first.replacingOccurrences(of: "train", with: "test"), second.replacingOccurrences(of: "train", with: "test"))
      let files = [
        (first + ".npy", NPZTests.npy("|u1", "(2, 1, 1)", [100, 20])), (second + ".npy", NPZTests.npy("|u1", "(2,)", [1, 0])),
        (test.0 + ".npy", NPZTests.npy("|u1", "(1, 1, 1)", [30])), (test.1 + ".npy", NPZTests.npy("|u1", "(1,)", [1])),
      ]
      var notes: [String] = []
      let dataset = try NPZReader.dataset(
        name: "x", archive: ZipArchive(storedZip(files), path: "x.npz"), scale: nil, names: nil, notes: &notes)
      #expect(dataset.pixels == [20, 100, 30] && notes.contains { $0.contains("train, test are put together") })
    }
  }

  // MARK: Side-cars

  static let sidecars: [(json: [UInt8], classes: [String]?, part: String)] = [
    (Array(#"{"class_names": {"0": "a", "1": "b"}, "licence": "CC0-1.0", "source": "lab"}"#.utf8), ["a", "b"], "CC0-1.0"),
    ([0xEF, 0xBB, 0xBF] + Array(#"{"class_names": ["a", "b"], "license": "MIT"}"#.utf8), ["a", "b"], "MIT"),
    (Array(#"{"licence": "MIT"}"#.utf8), ["0", "1"], "MIT"), (Array(#"{"class_names": null}"#.utf8), ["0", "1"], "not stated"),
    (Array(#"{"class_names": [10, 20]}"#.utf8), nil, "class_names[0] is the number"),
    (Array(#"{"class_names": {"zero": "a"}}"#.utf8), nil, "a key “zero”"),
    (Array(#"{"class_names": {"0": "a", "1": ["b"]}}"#.utf8), nil, "is a list"),
    (Array(#"{"class_names": "a, b"}"#.utf8), nil, "neither a list of names nor a dictionary"),
    (Array(#"{"class_names": ["a"]}"#.utf8), nil, "no name for label 1"),
    (Array(#"{"class_names": ["a", "a"]}"#.utf8), nil, "both called “a”"), (Array(#"["a", "b"]"#.utf8), nil, "holds no object"),
    (Array(#"{"class_names": ["a", "b"]"#.utf8), nil, "is no JSON"), ([], nil, "is no JSON"),
    (Array(#"{"class_names": ["caf"#.utf8) + [0xE9] + Array(#"", "b"]}"#.utf8), nil, "byte 21 is not UTF-8"),
    (Array(#"{"licence": 3}"#.utf8), nil, "licence is the number"),
  ]

  @Test(arguments: sidecars.indices) func aSidecarIsReadOrRefused(_ index: Int) throws {
    let (json, classes, part) = Self.sidecars[index]
    let folder = try TemporaryFolder()
    let files = [
      ("images.npy", NPZTests.npy("|u1", "(2, 1, 1)", [10, 200])), ("label.npy", NPZTests.npy("|u1", "(2,)", [0, 1])),
    ]
    let path = try folder.write(storedZip(files), "d.npz")
    let sidecar = try folder.write(json, "d.json")
    do {
      let pack = try DatasetImport(source: path, format: .npz, name: "d").pack()
      #expect(pack.dataset.classes.map(\.name) == classes && pack.provenance.licence == part)
    } catch let error as ReaderError {
      #expect(classes == nil && error.description.contains(part), "\(error)")
      #expect(error.description.hasPrefix(sidecar), "\(error)")
    }
  }

  @Test func aSidecarThatCannotBeOpenedIsAnError() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      storedZip([("images.npy", NPZTests.npy("|u1", "(1, 1, 1)", [9])), ("label.npy", NPZTests.npy("|u1", "(1,)", [0]))]), "d.npz"
    )
    mkfifo(folder.url.path + "/d.json", 0o600)
    let error = #expect(throws: ReaderError.self) { try NPZReader.dataset(name: "d", path: path) }
    #expect(error?.description.contains("d.json: cannot be read: not a regular file but a named pipe") == true, "\(error as Any)")
  }

  @Test func argumentsThatNameClasses() throws {
    let folder = try TemporaryFolder()
    #expect(try ClassNames(argument: "a, b ,c", origin: "o").byLabel == [0: "a", 1: "b", 2: "c"])
    let lines = try folder.write(Array("a\r\nb\n\n".utf8), "names.txt")
    #expect(try ClassNames(argument: lines, origin: "o").byLabel == [0: "a", 1: "b"])
    for json in [#"["a", "b"]"#, #"{"0": "a", "1": "b"}"#, #"{"class_names": ["a", "b"]}"#] {
      #expect(try ClassNames(argument: folder.write(Array(json.utf8), "n.json"), origin: "o").byLabel == [0: "a", 1: "b"])
    }
    for text in ["no-such-file", "a,,b", "a,a"] {
      #expect(throws: ReaderError.self, "\(text)") { try ClassNames(argument: text, origin: "o") }
    }
  }
}
