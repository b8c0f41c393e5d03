import Basics
import Foundation
import TestSupport
import Testing

@testable import Datasets

/// What lies in a folder of pictures and cannot be read: it ends no import, is named and counted, and is an error under `--strict`.
@Suite struct LeftOutTests {
  /// Makes an empty file or a folder whose name is any bytes.
  static func make(_ name: [UInt8], in folder: String, isFolder: Bool = false) throws {
    let result = (Array(folder.utf8) + [UInt8(ascii: "/")] + name + [0]).withUnsafeBytes { bytes -> Int32 in
      guard let path = bytes.assumingMemoryBound(to: CChar.self).baseAddress else { return -1 }
      return isFolder ? mkdir(path, 0o700) : open(path, O_WRONLY | O_CREAT, 0o600)
    }
    try #require(result >= 0)
    if !isFolder { close(result) }
  }

  /// Two classes of one picture each, in `in`.
  static func folder() throws -> (folder: TemporaryFolder, source: String) {
    let folder = try TemporaryFolder()
    for (name, level) in [("a", 1), ("b", 2)] { _ = try folder.write(FamilyTests.png(UInt8(level)), "in/\(name)/1.png") }
    return (folder, folder.url.path + "/in")
  }

  static func read(_ source: String, strict: Bool = false) throws -> (classes: [String], report: ImportReport) {
    var job = DatasetImport(
      source: source, format: .folder, name: "x", rule: ImageFormat(height: 2, width: 2, channels: 1))
    job.isStrict = strict
    var report = ImportReport()
    let dataset = try job.dataset(report: &report)
    return (dataset.classes.map(\.name), report)
  }

  @Test(arguments: [
    ("a/link", "../b", "a: link: a symbolic link to a folder among pictures; take it out"),
    ("a/loop", "..", "a: loop: a symbolic link to a folder above it; take it out"),
    ("loop", ".", "in: loop: a symbolic link to a folder above it; take it out"),
    ("c", "nowhere", "c: cannot be read: a symbolic link that leads nowhere: No such file or directory; check the path"),
  ]) func linksAreLeftOut(link: String, target: String, line: String) throws {
    let (folder, source) = try Self.folder()
    defer { withExtendedLifetime(folder) {} }
    try FileManager.default.createSymbolicLink(atPath: "\(source)/\(link)", withDestinationPath: target)
    let (classes, report) = try Self.read(source)
    #expect(classes == ["a", "b"] && report.leftOut.count == 1 && report.leftOut[0].hasSuffix("/" + line), "\(report.leftOut)")
    #expect(report.lines.first == "1 file or folder is left out (--strict makes that an error):", "\(report.lines)")
    let error = #expect(throws: ReaderError.self) { try Self.read(source, strict: true) }
    #expect(error?.description == report.leftOut[0])
  }

  @Test func aLinkThatIsAClassIsOne() throws {
    let (folder, source) = try Self.folder()
    _ = try folder.write(FamilyTests.png(3), "elsewhere/1.png")
    try FileManager.default.createSymbolicLink(atPath: source + "/c", withDestinationPath: "../elsewhere")
    let (classes, report) = try Self.read(source)
    #expect(classes == ["a", "b", "c"] && report.leftOut.isEmpty)
  }

  @Test func namesThatAreNotUTF8AreNamed() throws {
    let (folder, source) = try Self.folder()
    defer { withExtendedLifetime(folder) {} }
    try Self.make(Array("caf".utf8) + [0xE9] + Array(".png".utf8), in: source + "/a")
    try Self.make([0xC3] + Array("x é".utf8), in: source, isFolder: true)
    let (classes, report) = try Self.read(source)
    #expect(classes == ["a", "b"])
    #expect(
      report.leftOut == [
        "\(source): \\xc3x é: its name is not UTF-8; rename it", "\(source)/a: caf\\xe9.png: its name is not UTF-8; rename it",
      ])
    #expect(throws: ReaderError.self) { try Self.read(source, strict: true) }
  }

  @Test func otherFilesAreLeftOutAndEmptyClassesSaid() throws {
    let (folder, source) = try Self.folder()
    _ = try folder.write([1], "in/a/notes.txt")
    _ = try folder.write([1], "in/c/noext")
    let (classes, report) = try Self.read(source)
    #expect(classes == ["a", "b"] && report.emptyClasses == ["c"] && report.count == 2 && report.unreadable.isEmpty)
    #expect(
      report.leftOut.map { $0.dropFirst(source.count) } == [
        "/a: notes.txt: neither PNG nor JPEG by its name; convert it or take it out",
        "/c: noext: neither PNG nor JPEG by its name; convert it or take it out",
      ])
    // With nothing left, the first of them says why.
    for name in ["a/1.png", "b"] { try FileManager.default.removeItem(atPath: "\(source)/\(name)") }
    let error = #expect(throws: ReaderError.self) { try Self.read(source) }
    #expect(error?.description.contains("none of its pictures can be read, such as \(source)/a: notes.txt") == true)
  }

  @Test func fewClassesAndTaskFoldersAreSaid() throws {
    let (folder, source) = try Self.folder()
    for name in ["support/a", "support/b", "query/a"] { _ = try folder.write(FamilyTests.png(9), "task/\(name)/1.png") }
    // A class of both is one class.
    let task = try Self.read(folder.url.path + "/task")
    #expect(task.classes == ["a", "b"] && task.report.count == 3)
    #expect(
      task.report.notes == [
        "support and query are as in the folder of a task, which adapt --task reads; here what they hold of a class is put together",
        "support, query look like parts of one data set: 2 classes are put together from them, 1 of which is not in all; "
          + "runs divide classes, not images (--splits keep takes them for groups)",
      ])
    var kept = ImportReport()
    let groups = try DatasetImport(
      source: folder.url.path + "/task", format: .folder, name: "x", rule: ImageFormat(height: 2, width: 2, channels: 1),
      meaning: .init(splits: .keep)
    ).dataset(report: &kept)
    #expect(groups.classes.map(\.name) == ["query/a", "support/a", "support/b"])
    #expect(kept.notes.count == 1 && kept.notes[0].hasSuffix("here they are groups of classes"), "\(kept.notes)")
    #expect(try Self.read(source).report.notes.isEmpty)
    try FileManager.default.removeItem(atPath: source + "/b")
    var report = ImportReport()
    let rule = ImageFormat(height: 2, width: 2, channels: 1)
    _ = try DatasetImport(source: source, format: .folder, name: "x", rule: rule).pack(report: &report)
    #expect(report.notes == ["there is one class only (a), and tasks need several"])
  }

  @Test func aScaleThatLeavesNothingIsSaid() throws {
    let bytes = NPZTests.npy("|u1", "(2, 1, 2)", [0, 255, 100, 30])
    let labels = NPZTests.npy("|u1", "(2,)", [0, 1])
    for (scale, part) in [
      (PixelScale.word, "no number is above 255.0, so that pictures of 0…65535 are nearly black"), (.white(255), nil), (nil, nil),
    ] as [(PixelScale?, String?)] {
      var notes: [String] = []
      _ = try NPZReader.dataset(
        name: "x", archive: ZipArchive(storedZip([("images.npy", bytes), ("label.npy", labels)]), path: "x.npz"), scale: scale,
        names: nil, notes: &notes)
      #expect(notes.count == (part == nil ? 0 : 1) && part.map { notes[0].contains($0) } != false, "\(notes)")
    }
  }

  @Test func tooFewClassNamesAreTheNamesFault() throws {
    let images = NPZTests.npy("|u1", "(4, 1, 1)", [1, 2, 3, 40])
    for first in [UInt8(0), 1] {
      let labels = NPZTests.npy("|u1", "(4,)", [first, first + 1, first + 2, first + 3])
      let archive = try ZipArchive(storedZip([("images.npy", images), ("label.npy", labels)]), path: "x.npz")
      var notes: [String] = []
      let names = try ClassNames(argument: "a,b", origin: "--class-names")
      let error = #expect(throws: ReaderError.self) {
        try NPZReader.dataset(name: "x", archive: archive, scale: nil, names: names, notes: &notes)
      }
      #expect(error?.description.hasPrefix("--class-names: there is no name for label ") == true, "\(error as Any)")
    }
  }
}
