import Basics
import Foundation
import TestSupport
import Testing

@testable import Datasets

/// Members of the formats' families, and what systems leave beside the data.
@Suite struct FamilyTests {
  static let images = IDXTests.idx([3, 1, 1], [10, 20, 30])
  static func labels(_ values: [UInt8]) -> [UInt8] { IDXTests.idx([UInt32(values.count)], values) }

  static func idx(_ files: [String: [UInt8]], folder name: String = "d", file: String? = nil, names: ClassNames? = nil) throws
    -> (
      dataset: ImageDataset, notes: [String]
    )
  {
    let folder = try TemporaryFolder()
    for (file, bytes) in files { _ = try folder.write(bytes, "\(name)/\(file)") }
    let source = folder.url.path + "/" + name + (file.map { "/" + $0 } ?? "")
    #expect(DatasetImport.Format.detect(source) == .idx)
    var report = ImportReport()
    let meaning = DatasetImport.Meaning(classNames: names)
    let dataset = try DatasetImport(source: source, format: .idx, name: "x", meaning: meaning).dataset(report: &report)
    return (dataset, report.notes)
  }

  @Test(
    arguments: [
      ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"), ("train-images.idx3-ubyte", "train-labels.idx1-ubyte"),
      ("emnist-letters-train-images-idx3-ubyte", "emnist-letters-train-labels-idx1-ubyte"),
      ("kmnist-t10k-images-idx3-ubyte", "kmnist-t10k-labels-idx1-ubyte"), ("images.idx3-ubyte", "labels.idx1-ubyte"),
      ("Train_Images.IDX3", "Train_Labels.IDX1"), ("mnist-test-images_idx3_ubyte", "mnist-test-labels_idx1_ubyte"),
    ]) func namesOfTheFamily(images: String, labels: String) throws
  {
    for compressed in [false, true] {
      let files = [
        images + (compressed ? ".gz" : ""): compressed ? gzipped(Self.images) : Self.images, labels: Self.labels([0, 1, 0]),
        "readme.txt": [1], ".DS_Store": [1],
      ]
      #expect(try Self.idx(files).dataset.pixels == [10, 30, 20])
    }
    #expect(try Self.idx([images: Self.images, labels: Self.labels([0, 1, 0])], file: images).dataset.classes.count == 2)
  }

  @Test func labelsFromOneAndGaps() throws {
    let (dataset, notes) = try Self.idx(["images-idx3-ubyte": Self.images, "labels-idx1-ubyte": Self.labels([1, 3, 1])])
    #expect(dataset.classes.map(\.name) == ["1", "3"] && notes == ["no image has label 0, 2"])
    let named = try Self.idx(
      ["images-idx3-ubyte": Self.images, "labels-idx1-ubyte": Self.labels([1, 2, 1])], names: ClassNames(["a", "b"], origin: "o"))
    #expect(named.dataset.classes.map(\.name) == ["a", "b"] && named.notes.contains { $0.contains("label 1 is “a”") })
  }

  @Test func partsAndFamilies() throws {
    let pair = { (name: String) in
      ["\(name)-images-idx3-ubyte": Self.images, "\(name)-labels-idx1-ubyte": Self.labels([0, 1, 0])]
    }
    let both = try Self.idx(pair("a-test").merging(pair("a-train")) { $1 })
    #expect(both.dataset.imageCount == 6 && both.notes[0].hasPrefix("the parts a-train-images-idx3-ubyte, a-test-images"))
    let error = #expect(throws: ReaderError.self) { try Self.idx(pair("a-train").merging(pair("b-train")) { $1 }) }
    #expect(error?.description.contains("files of 2 data sets: a, b") == true, "\(error as Any)")
    // Asked for by a file, the other is not in the way.
    let one = try Self.idx(pair("a-train").merging(pair("b-train")) { $1 }, file: "b-train-images-idx3-ubyte")
    #expect(one.dataset.imageCount == 3)
    let alone = #expect(throws: ReaderError.self) { try Self.idx(["a-train.images.idx3-ubyte": Self.images]) }
    #expect(alone?.description.contains("a-train.labels.idx1-ubyte") == true, "\(alone as Any)")
    let twice = [
      "train-images-idx3-ubyte": Self.images, "train-images.idx3-ubyte": Self.images,
      "train-labels-idx1-ubyte": Self.labels([0, 1, 0]),
    ]
    #expect(throws: ReaderError.self) { try Self.idx(twice) }
  }

  /// Only a folder that is itself called so has Fashion-MNIST's names, and that is said.
  @Test(
    arguments: [
      ("fashion-mnist", true), ("FashionMNIST", true), ("fashion", true), ("old-fashioned", false), ("fashion/digits", false),
      ("my-fashion-mnist-copy", false),
    ]) func fashionNames(folder: String, named: Bool) throws
  {
    let files = ["train-images-idx3-ubyte": Self.images, "train-labels-idx1-ubyte": Self.labels([0, 1, 9])]
    let (dataset, notes) = try Self.idx(files, folder: folder)
    #expect(dataset.classes.map(\.name) == (named ? ["T-shirt/top", "Trouser", "Ankle boot"] : ["0", "1", "9"]))
    #expect(notes.contains { $0.contains("called as Fashion-MNIST's") } == named)
    let other = try Self.idx(files, folder: folder, names: ClassNames((0..<10).map { "c\($0)" }, origin: "o"))
    #expect(other.dataset.classes.map(\.name) == ["c0", "c1", "c9"])
  }

  @Test func oddNamesOfIDXFilesAreNamed() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write([1], "kmnist-train-labels.idx1-ubyte")
    _ = try folder.write([1], "kmnist-train-imgs.idx3-ubyte")
    for (name, wanted) in [
      ("", "call it kmnist-train-images.idx3-ubyte"), ("/kmnist-train-imgs.idx3-ubyte", "call it train-images-idx3-ubyte or"),
    ] {
      let source = folder.url.path + name
      #expect(DatasetImport.Format.detect(source) == .idx)
      let error = #expect(throws: ReaderError.self) { try DatasetImport(source: source, format: .idx, name: "k").dataset() }
      #expect(error?.description.contains("kmnist-train-imgs.idx3-ubyte: an IDX file whose name") == true, "\(error as Any)")
      #expect(error?.description.contains(wanted) == true, "\(error as Any)")
    }
  }

  @Test func picklesOfCIFARAreNamed() throws {
    for start in [[0x80, 2, 0x7D], [0x80, 3, 0x7D], [0x80, 4, 0x95], [0x80, 5, 0x95], Array("(dp1\n".utf8)] as [[UInt8]] {
      let bytes = start + [UInt8](repeating: 7, count: 5000)
      for variant in CIFARReader.Variant.allCases {
        let error = #expect(throws: ReaderError.self) { try CIFARReader.dataset(variant, contents: [(bytes, "data_batch_1")]) }
        #expect(error?.description.contains("a Python pickle; the binary version is read") == true, "\(error as Any)")
      }
      let folder = try TemporaryFolder()
      for name in ["train", "test", "meta"] { _ = try folder.write(bytes, "hundred/" + name) }
      _ = try folder.write(bytes, "ten/data_batch_1")
      #expect(DatasetImport.Format.detect(folder.url.path + "/hundred/train") == .cifar100)
      for (name, format) in [("hundred", DatasetImport.Format.cifar100), ("ten", .cifar10)] {
        let source = folder.url.path + "/" + name
        #expect(DatasetImport.Format.detect(source) == format)
        let error = #expect(throws: ReaderError.self) { try DatasetImport(source: source, format: format, name: "c").dataset() }
        #expect(error?.description.contains("a Python pickle") == true, "\(error as Any)")
      }
    }
  }

  // MARK: Folders of pictures

  static func png(_ level: UInt8) throws -> [UInt8] { try PixelImage(height: 2, width: 2, filledWith: level).pngBytes() }

  /// The classes and first pixels of a folder with files at these paths, a level each.
  static func folder(
    _ files: [String], splits: PictureFolderReader.Splits? = nil
  ) throws -> (classes: [String], counts: [Int], notes: [String]) {
    let folder = try TemporaryFolder()
    for (index, file) in files.enumerated() { _ = try folder.write(png(UInt8(index + 1)), file) }
    return try read(folder.url.path, splits: splits)
  }

  static func read(_ path: String, splits: PictureFolderReader.Splits? = nil) throws -> (
    classes: [String], counts: [Int], notes: [String]
  ) {
    let rule = try #require(ImageFormat(height: 2, width: 2, channels: 1))
    var report = ImportReport()
    let wanted = DatasetImport(
      source: path, format: .folder, name: "x", rule: rule, meaning: .init(splits: splits))
    let dataset = try wanted.dataset(report: &report)
    return (dataset.classes.map(\.name), dataset.classes.map(\.count), report.notes)
  }

  @Test(
    arguments: [
      (["train/a/1.png", "train/b/1.png", "test/a/1.png", "test/b/1.png"], ["a", "b"], true),
      (["training/a/1.png", "validation/a/1.png", "testing/b/1.png"], ["a", "b"], true),
      (["TRAIN/a/1.png", "Dev/a/1.png", "TEST/b/1.png"], ["a", "b"], true),
      (["train/G/a/1.png", "test/G/a/1.png", "test/H/b/1.png"], ["G/a", "H/b"], true),
      (["G/train/a/1.png", "G/test/a/1.png", "H/train/b/1.png", "H/val/b/1.png"], ["G/a", "H/b"], true),
      (["a/train/1.png", "a/test/1.png", "b/train/1.png", "b/test/2.png"], ["a", "b"], true),
      (["train/a/1.png", "train/b/1.png"], ["a", "b"], true),
      (["train/a/1.png", "test/a/1.png", "extra/c/1.png"], ["a", "extra/c"], true),
      (
        ["images_background/G/character01/1.png", "images_evaluation/H/character01/1.png"], ["G/character01", "H/character01"],
        true
      ),
      // Trains among other vehicles are a class, and a group.
      (["training_set/a/1.png", "test_set/a/1.png"], ["a"], true), (["train2017/a/1.png", "val2017/a/1.png"], ["a"], true),
      (["seg_train/a/1.png", "seg_test/a/1.png"], ["a"], true), (["x-train/a/1.png", "x-test/a/1.png"], ["a"], true),
      (["dev/a/1.png", "eval/a/1.png"], ["a"], true),
      (["car/1.png", "test_tube/1.png", "toy_train/1.png"], ["car", "test_tube", "toy_train"], false),
      (["car/1.png", "train/1.png"], ["car", "train"], false), (["car/a/1.png", "train/b/1.png"], ["car/a", "train/b"], false),
    ]) func foldersOfParts(files: [String], classes: [String], isSaid: Bool) throws
  {
    let read = try Self.folder(files)
    #expect(read.classes == classes && read.counts.reduce(0, +) == files.count)
    #expect(read.notes.contains { $0.contains("of one data set") } == isSaid, "\(read.notes)")
  }

  /// Folders that nothing is known of, with classes of one name.
  @Test func repeatedNamesOfClassesAreSaid() throws {
    let files = ["fold1/a/1.png", "fold1/b/1.png", "fold2/a/1.png", "fold2/b/1.png"]
    let read = try Self.folder(files)
    #expect(read.classes == ["fold1/a", "fold1/b", "fold2/a", "fold2/b"] && read.notes.count == 1)
    #expect(read.notes.first?.hasPrefix("2 names of classes stand in several folders, such as a in fold1 and fold2") == true)
    #expect(read.notes.first?.contains("--splits merge") == true, "\(read.notes)")
    let merged = try Self.folder(files, splits: .merge)
    #expect(merged.classes == ["a", "b"] && merged.counts == [2, 2])
    #expect(merged.notes.first?.hasPrefix("fold1, fold2 look like parts of one data set: 2 classes") == true, "\(merged.notes)")
    let kept = try Self.folder(files, splits: .keep)
    #expect(kept.classes == read.classes && kept.notes.isEmpty)
    #expect(try Self.folder(["G/a/1.png", "H/b/1.png"]).notes.isEmpty)
  }

  @Test func partsCanBeKept() throws {
    let files = ["train/a/1.png", "test/a/1.png"]
    #expect(try Self.folder(files, splits: .keep).classes == ["test/a", "train/a"])
    #expect(try Self.folder(files, splits: .merge).classes == ["a"])
    #expect(try Self.folder(["train/1.png", "test/1.png"], splits: .keep).classes == ["test", "train"])
    for (files, splits, part) in [
      (["train/1.png", "test/1.png"], nil, "--splits keep"), (["train/a/1.png", "test/1.png"], nil, "test: is called as a part"),
      (["a/1.png", "b/1.png"], .merge, "there are no folders such as"),
      (["train/a/1.png", "test/a/1.png", "extra/a/1.png"], nil, "extra/a"),
      (["x/y/z/1.png", "x/y/w/1.png"], nil, "too deep"), (["a/1.png", "a/b/1.png"], nil, "a folder beside files"),
    ] as [([String], PictureFolderReader.Splits?, String)] {
      let error = #expect(throws: ReaderError.self, "\(files)") { try Self.folder(files, splits: splits) }
      #expect(error?.description.contains(part) == true, "\(error as Any)")
    }
  }

  /// At every level, in every spelling.
  static let systemNames = [
    ".DS_Store", "._1.png", ".Trash-1000", "Thumbs.db", "thumbs.db", "ehthumbs.db", "Desktop.ini", "desktop.ini", "Icon\r",
    "@eaDir",
    "__MACOSX", "$RECYCLE.BIN", "System Volume Information", "lost+found", "#recycle", "~$notes.docx",
  ]

  @Test func systemFilesAreNoClassesAndNoPictures() throws {
    let folder = try TemporaryFolder()
    for name in ["a/1.png", "b/1.png"] { _ = try folder.write(Self.png(3), name) }
    for name in Self.systemNames {
      for place in ["", "a/"] {
        // Some are files, some are folders: both must be passed over.
        if name.contains(".") || name == "Icon\r" {
          _ = try folder.write([1], place + name)
        } else {
          _ = try folder.write(Self.png(9), place + name + "/1.png")
        }
      }
    }
    let read = try Self.read(folder.url.path)
    #expect(read.classes == ["a", "b"] && read.counts == [1, 1])
    for name in ["a", "train", "icon", "Thumbs", "macosx", "recycle", "1.png"] { #expect(!SystemFiles.isOne(name)) }
  }

  @Test func twinsOfUnicodeAreRefused() throws {
    let error = #expect(throws: ReaderError.self) { try Self.folder(["cafe\u{301}/1.png", "caf\u{e9}/1.png", "b/1.png"]) }
    #expect(
      error?.description.contains("cafe<U+301>") == true && error?.description.contains("caf<U+E9>") == true, "\(error as Any)")
    // The same class, written so in one part and so in the other.
    #expect(try Self.folder(["train/cafe\u{301}/1.png", "test/caf\u{e9}/1.png"]).counts == [2])
  }

  @Test func unpackedOmniglotIsOmniglot() throws {
    let folder = try TemporaryFolder()
    var files: [(name: String, bytes: [UInt8])] = []
    for (half, alphabet) in [("images_background", "A"), ("images_evaluation", "B")] {
      for drawer in 1...20 {
        let drawing = PixelImage(height: 105, width: 105, filledWith: UInt8(10 * drawer))
        files.append((String(format: "%@/%@/character01/0001_%02d.png", half, alphabet, drawer), try drawing.pngBytes()))
      }
    }
    for file in files { _ = try folder.write(file.bytes, "o/" + file.name) }
    _ = try folder.write([1], "o/images_background/.DS_Store")
    let zip = try folder.write(storedZip(files), "images_background.zip")
    let expected = try OmniglotReader.dataset(archives: [zip])
    let root = folder.url.path + "/o"
    for (path, count) in [(root, 2), (root + "/images_evaluation", 1)] {
      #expect(DatasetImport.Format.detect(path) == .omniglot)
      let dataset = try DatasetImport(source: path, format: .omniglot, name: "o").dataset()
      #expect(dataset.classes.count == count && dataset.pixels == Array(expected.pixels.suffix(dataset.pixels.count)))
    }
    // A folder of alphabets that is not Omniglot's is a folder of groups.
    _ = try folder.write(Self.png(1), "mine/A/character01/x.png")
    #expect(DatasetImport.Format.detect(folder.url.path + "/mine") == .folder)
  }

  @Test func picturesThatAreThereTwiceAreSaid() throws {
    let folder = try TemporaryFolder()
    for (name, level) in [("a/1.png", 1), ("a/2.png", 1), ("b/1.png", 2), ("b/2.png", 1), ("b/3.png", 3)] {
      _ = try folder.write(Self.png(UInt8(level)), name)
    }
    var report = ImportReport()
    let wanted = DatasetImport(
      source: folder.url.path, format: .folder, name: "x", rule: ImageFormat(height: 2, width: 2, channels: 1))
    _ = try wanted.pack(report: &report)
    let notes = report.notes
    #expect(notes.count == 2 && notes[0].hasPrefix("1 of 5 images is the same picture as another of their class"), "\(notes)")
    #expect(
      notes[1].hasPrefix("1 of 5 images is the same picture as one of another class: image 1 of b is image 0 of a"), "\(notes)")
  }
}
