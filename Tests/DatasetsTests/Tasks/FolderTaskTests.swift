import Basics
import Datasets
import Foundation
import TestSupport
import Testing

@Suite struct FolderTaskTests {
  /// An image of `side`×`side` pixels of `paper` with one pixel of `ink` in the middle.
  static func png(ink: UInt8, paper: UInt8, side: Int = 3, channels: Int = 1) throws -> [UInt8] {
    var image = PixelImage(height: side, width: side, channels: channels, filledWith: paper)
    for channel in 0..<channels { image[side / 2, side / 2, channel] = ink }
    return try image.pngBytes()
  }

  /// Two classes with two and one support images, one query image with a label and one without.
  static func folder(ink: UInt8 = 0, paper: UInt8 = 255) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for name in ["support/b/2.png", "support/b/1.PNG", "support/a/x.png", "query/z.png", "query/b/y.png"] {
      try folder.write(png(ink: ink, paper: paper), name)
    }
    try folder.write([1], "support/.hidden")
    return folder
  }

  static func bytes(_ batch: ImageBatch) -> [Int] { batch.pixels.map { Int(($0 * 255).rounded()) } }

  @Test(arguments: [(UInt8(0), UInt8(255), true), (255, 0, false)])
  func inkEndsUpHigh(ink: UInt8, paper: UInt8, inverted: Bool) throws {
    let folder = try Self.folder(ink: ink, paper: paper)
    let task = try FolderTask(folder: folder.url.path, height: 3, width: 3, channels: 1)
    #expect(task.inverted == inverted)
    #expect(task.unlikeTheOthers == [])
    #expect(task.classNames == ["a", "b"])
    #expect(task.support.shape == [3, 3, 3, 1] && task.query.shape == [2, 3, 3, 1])
    #expect(task.supportLabels == [0, 1, 1])
    #expect(task.queryLabels == [1, nil])
    let root = folder.url.path
    #expect(task.supportFiles == ["a/x.png", "b/1.PNG", "b/2.png"].map { "\(root)/support/\($0)" })
    #expect(task.queryFiles == ["b/y.png", "z.png"].map { "\(root)/query/\($0)" })
    for image in Self.bytes(task.support).chunks(of: 9) { #expect(image == [0, 0, 0, 0, 255, 0, 0, 0, 0]) }
    let asked = try FolderTask(folder: root, height: 3, width: 3, channels: 1, ink: inverted ? .keep : .dark)
    #expect(Self.bytes(asked.support)[0..<9] == [255, 255, 255, 255, 0, 255, 255, 255, 255])
    #expect(asked.inverted != inverted)
  }

  @Test func anImageUnlikeTheOthersIsNamed() throws {
    let folder = try Self.folder()
    let path = try folder.write(Self.png(ink: 255, paper: 0), "support/a/w.png")
    let task = try FolderTask(folder: folder.url.path, height: 3, width: 3, channels: 1)
    #expect(task.inverted)
    #expect(task.unlikeTheOthers == [path])
    let note = "\(path) has dark paper, most of the support light; --ink turns all pictures or none, so invert this file"
    #expect(task.notes.contains(note), "\(task.notes)")
    // Of many there is one line.
    let (light, dark) = (try Self.png(ink: 0, paper: 255), try Self.png(ink: 255, paper: 0))
    let mixed = try TemporaryFolder()
    for name in ["a/1", "b/1"] { try mixed.write(light, "support/\(name).png") }
    for name in ["a/1", "a/2", "b/3", "4"] { try mixed.write(dark, "query/\(name).png") }
    let notes = try FolderTask(folder: mixed.url.path, height: 3, width: 3, channels: 1).notes
    #expect(notes.count == 2, "\(notes)")
    #expect(
      notes.last == "4 of 4 query pictures have dark paper, those of support light (such as \(mixed.url.path)/query/4.png); "
        + "--ink turns all pictures or none, so invert these files")
  }

  /// White ink on transparent pixels is gone on white paper.
  @Test func blankPicturesAndPicturesOfTwoClassesAreNamed() throws {
    // 3×3 pixels, grey with alpha, transparent but for a white one in the middle; written by Python's zlib.
    let base64 =
      "iVBORw0KGgoAAAANSUhEUgAAAAMAAAADCAQAAAD8IX00AAAAD0lEQVR4nGNggIH//+FMABUAAf881fhgAAAAAElFTkSuQmCC"
    let bytes = [UInt8](try #require(Data(base64Encoded: base64)))
    let folder = try TemporaryFolder()
    for name in ["support/a/1", "support/b/2", "query/3"] { try folder.write(bytes, "\(name).png") }
    let root = folder.url.path
    func notes(paper: UInt8) throws -> [String] {
      let format = try #require(ImageFormat(height: 3, width: 3, channels: 1, paper: paper))
      return try FolderTask(folder: root, reading: PictureReading(format: format)).notes
    }
    #expect(
      try notes(paper: 255) == [
        "2 of 2 support pictures are blank as read, such as \(root)/support/a/1.png (transparent pixels over --paper 255): try --paper black",
        "1 of 1 query picture is blank as read, such as \(root)/query/3.png (transparent pixels over --paper 255): try --paper black",
      ])
    #expect(
      try notes(paper: 0) == ["\(root)/support/a/1.png and \(root)/support/b/2.png are the same picture, in two classes"])
    // What has no ink at all is not a matter of paper.
    let plain = try PixelImage(height: 3, width: 3, channels: 1, filledWith: 7).pngBytes()
    try folder.write(plain, "query/4.png")
    #expect(
      try notes(paper: 0).first
        == "1 of 2 query pictures is blank as read, such as \(root)/query/4.png: all its pixels have one value")
  }

  @Test func sizesAndChannelsAreMadeToFit() throws {
    let folder = try Self.folder(ink: 255, paper: 0)
    // 2 rows of 6 pixels, all light inside a 6×6 model: scaled to nothing, centred with two rows of paper on either side.
    try folder.write(PixelImage(height: 2, width: 6, channels: 3, filledWith: 90).pngBytes(), "support/a/wide.png")
    let grey = try FolderTask(folder: folder.url.path, height: 6, width: 6, channels: 1)
    #expect(grey.support.shape == [4, 6, 6, 1])
    #expect(Self.bytes(grey.support).chunks(of: 36)[0] == (0..<36).map { (12..<24).contains($0) ? 90 : 0 })
    let colour = try FolderTask(folder: folder.url.path, height: 6, width: 6, channels: 3)
    #expect(colour.support.shape == [4, 6, 6, 3])
    #expect(!colour.inverted)
    let scaled = try FolderTask(
      folder: folder.url.path, height: 6, width: 6, channels: 1, scaling: .standardised(mean: 0.5, deviation: 0.5))
    #expect(scaled.support.pixels[0] == -1)
  }

  /// A mistake in a folder, and the error that names it.
  @Test func mistakesAreNamed() throws {
    func check(
      after change: (TemporaryFolder) throws -> Void, _ expected: (String) -> FolderTaskError, line: Int = #line
    ) throws {
      let folder = try Self.folder()
      try change(folder)
      let error = #expect(throws: FolderTaskError.self, "line \(line)") {
        try FolderTask(folder: folder.url.path, height: 3, width: 3, channels: 1)
      }
      #expect(error == expected(folder.url.path), "line \(line)")
    }
    func remove(_ name: String) -> (TemporaryFolder) throws -> Void {
      { try FileManager.default.removeItem(at: $0.url.appendingPathComponent(name)) }
    }
    try check(after: remove(""), { .noSuchFolder(path: $0) })
    try check(
      after: {
        try remove("")($0)
        try Data().write(to: $0.url)
      }, { .notAFolder(path: $0) })
    try check(
      after: {
        try remove("query")($0)
        try $0.write([], "query")
      }, { .notAFolder(path: $0 + "/query") })
    try check(after: remove("support"), { .noSuchFolder(path: $0 + "/support") })
    try check(after: remove("query"), { .noSuchFolder(path: $0 + "/query") })
    try check(after: remove("support/a"), { .tooFewClasses(path: $0 + "/support", found: ["b"]) })
    try check(after: { _ = try $0.make("support/b2") }, { .emptyClass(path: $0 + "/support/b2") })
    try check(after: { try $0.write([], "support/i.png") }, { .imageWithoutClass(path: $0 + "/support/i.png") })
    try check(after: { try $0.write([], "support/a/i.txt") }, { .unsupportedFile(path: $0 + "/support/a/i.txt") })
    try check(
      after: { try FolderTaskTests.make(Array("caf".utf8) + [0xE9], in: $0.make("support/a")) },
      { .nameNotUTF8(path: $0 + "/support/a/caf\\xe9") })
    try check(after: { _ = try $0.make("support/a/deep") }, { .unexpectedFolder(path: $0 + "/support/a/deep") })
    try check(after: { _ = try $0.make("query/c") }, { .unknownQueryClass(path: $0 + "/query/c", classes: ["a", "b"]) })
    try check(
      after: {
        try remove("query/b/y.png")($0)
        try remove("query/z.png")($0)
      }, { .noQueryImages(path: $0 + "/query") })
    let reason = Fault("not a whole picture: byte 0: the file is empty", help: "replace the file")
    try check(after: { try $0.write([], "support/a/e.png") }, { .unreadableImage(path: $0 + "/support/a/e.png", reason: reason) })
    let whole = try Self.png(ink: 0, paper: 255)
    let folder = try Self.folder()
    let cut = try folder.write(Array(whole[..<(whole.count / 2)]), "support/a/cut.png")
    let error = #expect(throws: FolderTaskError.self) {
      try FolderTask(folder: folder.url.path, height: 3, width: 3, channels: 1)
    }
    #expect(error?.localizedDescription.hasPrefix(cut) == true)
  }

  @Test func aQueryThatCannotBeReadIsLeftOutAndNamed() throws {
    let folder = try Self.folder()
    let broken = try folder.write([1, 2, 3], "query/b/broken.png")
    let task = try FolderTask(folder: folder.url.path, height: 3, width: 3, channels: 1)
    #expect(task.leftOut.count == 1 && task.leftOut.first?.description.hasPrefix(broken) == true)
    #expect(task.query.count == 2 && task.queryLabels == [1, nil] && !task.queryFiles.contains(broken))
    for name in ["query/b/y.png", "query/z.png"] { try folder.write([], name) }
    #expect(throws: FolderTaskError.self) { try FolderTask(folder: folder.url.path, height: 3, width: 3, channels: 1) }
  }

  /// Makes an empty file whose name is any bytes.
  static func make(_ name: [UInt8], in folder: String) throws {
    let descriptor = (Array(folder.utf8) + [UInt8(ascii: "/")] + name + [0]).withUnsafeBytes {
      open($0.assumingMemoryBound(to: CChar.self).baseAddress!, O_WRONLY | O_CREAT, 0o600)
    }
    try #require(descriptor >= 0)
    close(descriptor)
  }

  @Test func whatCannotBeClassifiedIsLeftOutAndNamed() throws {
    let folder = try Self.folder()
    let root = folder.url.path
    let manager = FileManager.default
    var expected: Set<FolderTaskError> = []
    for name in ["query/noext", "query/notes.txt", "query/b/noext"] {
      expected.insert(.unsupportedFile(path: try folder.write([1], name)))
    }
    try Self.make([0xFF, UInt8(ascii: "x")], in: root + "/query")
    expected.insert(.nameNotUTF8(path: root + "/query/\\xffx"))
    for name in ["query/b/link", "support/a/link"] {
      try manager.createSymbolicLink(atPath: root + "/" + name, withDestinationPath: root + "/support/b")
      expected.insert(.linkedFolder(path: root + "/" + name))
    }
    try manager.createSymbolicLink(atPath: root + "/support/a/up", withDestinationPath: "..")
    expected.insert(.linkedFolder(path: root + "/support/a/up"))
    let task = try FolderTask(folder: root, height: 3, width: 3, channels: 1)
    #expect(Set(task.leftOut) == expected && task.leftOut.count == expected.count, "\(task.leftOut)")
    #expect(task.queryLabels == [1, nil] && task.supportLabels == [0, 1, 1])
    // A link that leads nowhere is a picture that cannot be read.
    try manager.createSymbolicLink(atPath: root + "/query/dead.png", withDestinationPath: "nowhere.png")
    let dead = try FolderTask(folder: root, height: 3, width: 3, channels: 1).leftOut.filter { !expected.contains($0) }
    #expect(dead.count == 1 && dead[0].description.contains("query/dead.png: cannot be read: No such file"), "\(dead)")
    // With nothing else to classify, what was left out says why.
    for name in ["query/b/y.png", "query/z.png", "query/dead.png"] { try manager.removeItem(atPath: root + "/" + name) }
    let error = #expect(throws: FolderTaskError.self) { try FolderTask(folder: root, height: 3, width: 3, channels: 1) }
    #expect(error.map(expected.contains) == true, "\(error as Any)")
  }

  @Test func messagesSayWhatToDo() {
    #expect(FolderTaskError.tooFewClasses(path: "t/support", found: ["a"]).description.contains("at least two"))
    #expect(FolderTaskError.emptyClass(path: "t/support/a").description.contains("at least one PNG"))
    #expect(FolderTaskError.noSuchFolder(path: "t").description.contains("support/<class>/ and query/"))
  }
}
