import Datasets
import Foundation
import TestSupport
import Testing

/// Pictures that two sets have: of a run and of a further data set, of support and query.
@Suite struct UnseenTests {
  @Test func picturesOfTheRunAreFoundUnderAnotherName() throws {
    let own = try sampleDataset("a", classes: 8, images: 3)
    let split = try ClassSplit.random(of: own, metaValidation: 2, metaTest: 2, seed: 0)
    let datasets = try SplitDatasets([.init(dataset: own, split: split)])
    // The same pictures, and the classes called as before: only those that were not trained or selected on are left.
    let copy = try sampleDataset("a", classes: 8, images: 3).named("b")
    let unseen = try datasets.unseen(of: copy)
    #expect(unseen.datasets.pools(MetaTest.self).map(\.classes) == [split.metaTest])
    #expect(unseen.leftOut == (0..<8).filter { !split.metaTest.contains($0) }.map { own.classes[$0].name })
    guard case .sharedImage(let first, let second) = unseen.leak else {
      Issue.record("no leak found")
      return
    }
    #expect(first.dataset == "a" && first.split != .metaTest && second.dataset == "b" && first.name == second.name)
    // One picture among others is enough, and others are not touched.
    let other = try sampleDataset("c", classes: 4, images: 3, salt: 1)
    let clean = try datasets.unseen(of: other)
    #expect(clean.leak == nil && clean.leftOut.isEmpty && clean.datasets.pools(MetaTest.self).map(\.classes) == [[0, 1, 2, 3]])
    let planted = try DisjointnessTests.planting(own.image(2, ofClass: split.metaTrain[0]), in: other, classIndex: 3)
    #expect(try datasets.unseen(of: planted).leftOut == ["c3"])
    let tested = try DisjointnessTests.planting(own.image(2, ofClass: split.metaTest[0]), in: other, classIndex: 3)
    #expect(try datasets.unseen(of: tested).leak == nil)
  }

  /// Drawings of light paper with grey edges, some of them not square.
  private static func drawings(_ height: Int, _ width: Int) -> [PixelImage] {
    (0..<12).map { number in
      var picture = PixelImage(height: height, width: width, channels: 1, filledWith: 255)
      for row in 1..<height - 1 {
        for column in 1..<width - 1 {
          let noise = UInt32((number * 64 + row) * 64 + column + 1) &* 2_654_435_761
          if noise >> 30 == 0 { picture[row, column] = UInt8(noise >> 16 & 255) }
        }
      }
      return picture
    }
  }

  private static func dataset(_ name: String, _ pictures: [PixelImage], _ format: ImageFormat) throws -> ImageDataset {
    try #require(
      ImageDataset(
        name: name, height: format.height, width: format.width, channels: format.channels,
        classes: pictures.indices.map { .init(name: "\(name)\($0)", group: "g", count: 1) },
        pixels: pictures.flatMap { format.apply(to: $0).pixels }))
  }

  /// The same drawings with the other rule of ink, both ways round, square and padded, scaled before or after, grey and as colour.
  @Test(arguments: [(16, 16), (24, 16), (16, 28)]) func drawingsAreFoundWithTheOtherInk(height: Int, width: Int) throws {
    let pictures = Self.drawings(height, width)
    func format(_ ink: ImageFormat.Ink, side: Int = 16, channels: Int = 1) throws -> ImageFormat {
      try #require(ImageFormat(height: side, width: side, channels: channels, ink: ink))
    }
    for (own, other) in [(ImageFormat.Ink.keep, ImageFormat.Ink.dark), (.dark, .keep)] {
      // Scaling mixes the edge of what was padded with the picture.
      for side in height == width ? [16, 8] : [16] {
        // Every other picture is also drawn by the further data set; a run scales both to its size.
        let trained = try Self.dataset("a", pictures.enumerated().filter { $0.0 % 2 == 0 }.map(\.1), format(own))
          .uniform(height: side, width: side, channels: 1)
        let further = try Self.dataset("b", pictures, format(other, channels: 3)).uniform(height: side, width: side, channels: 1)
        let datasets = try SplitDatasets([.init(dataset: trained, split: .whole(trained, as: .metaTrain))])
        let unseen = try datasets.unseen(of: further)
        #expect(unseen.leftOut == (0..<6).map { "b\(2 * $0)" }, "\(own) \(side)")

        let members: [SplitDatasets.Member] = [
          .init(dataset: trained, split: .whole(trained, as: .metaTrain)),
          .init(dataset: further, split: .whole(further, as: .metaTest)),
        ]
        let leak = #expect(throws: Leak.self) { _ = try SplitDatasets(members) }
        #expect(
          leak
            == .sharedImage(
              first: .init(split: .metaTrain, dataset: "a", name: "a0", image: 0),
              second: .init(split: .metaTest, dataset: "b", name: "b0", image: 0)))
        #expect(try SplitDatasets.droppingSharedClasses(members).dropped.count == 6)
      }
    }
  }

  @Test func supportPicturesAmongThoseToClassify() throws {
    let folder = try TemporaryFolder()
    for (name, ink) in [
      ("support/a/1.png", 10), ("support/a/2.png", 20), ("support/b/1.png", 30), ("query/copy.png", 30), ("query/a/new.png", 40),
      ("query/a/again.png", 20),
    ] { try folder.write(FolderTaskTests.png(ink: UInt8(ink), paper: 255), name) }
    let task = try FolderTask(folder: folder.url.path, height: 3, width: 3, channels: 1)
    let names = task.repeated.map { [$0.query, $0.support].map { String($0.dropFirst(folder.url.path.count + 1)) } }
    #expect(
      names.sorted { $0[0] < $1[0] } == [["query/a/again.png", "support/a/2.png"], ["query/copy.png", "support/b/1.png"]])
    #expect(task.repeatedLine?.hasPrefix("2 of 3 pictures to classify are also among those to learn from: ") == true)
    let clean = try FolderTaskTests.folder()
    try clean.write(FolderTaskTests.png(ink: 9, paper: 200), "query/b/y.png")
    try clean.write(FolderTaskTests.png(ink: 9, paper: 210), "query/z.png")
    #expect(try FolderTask(folder: clean.url.path, height: 3, width: 3, channels: 1).repeatedLine == nil)
  }

  @Test func systemFilesAndTwinsOfATask() throws {
    let folder = try FolderTaskTests.folder()
    for name in ["Thumbs.db", "Desktop.ini", "Icon\r", ".DS_Store"] {
      for place in ["support", "support/a", "query", "query/b"] { try folder.write([1], "\(place)/\(name)") }
    }
    for name in ["@eaDir", "__MACOSX", "$RECYCLE.BIN", "lost+found"] {
      for place in ["support", "support/a", "query"] { try folder.write([1], "\(place)/\(name)/x.png") }
    }
    let task = try FolderTask(folder: folder.url.path, height: 3, width: 3, channels: 1)
    #expect(task.classNames == ["a", "b"] && task.supportFiles.count == 3 && task.queryFiles.count == 2)
    for part in ["support", "query"] {
      let folder = try FolderTaskTests.folder()
      for name in ["cafe\u{301}", "caf\u{e9}"] {
        try folder.write(FolderTaskTests.png(ink: 0, paper: 255), "\(part)/\(name)/1.png")
      }
      if part == "query" { try folder.write(FolderTaskTests.png(ink: 0, paper: 255), "support/cafe\u{301}/1.png") }
      let error = #expect(throws: FolderTaskError.self) {
        try FolderTask(folder: folder.url.path, height: 3, width: 3, channels: 1)
      }
      #expect(
        error?.description.contains("cafe<U+301> and as caf<U+E9>") == true
          || error?.description.contains("caf<U+E9> and as cafe<U+301>") == true, "\(error as Any)")
    }
    // Decomposed in one folder and composed in the other, as a Mac's archive and a keyboard make them, is one class.
    let mixed = try FolderTaskTests.folder()
    try mixed.write(FolderTaskTests.png(ink: 0, paper: 255), "support/cafe\u{301}/1.png")
    try mixed.write(FolderTaskTests.png(ink: 0, paper: 255), "query/caf\u{e9}/1.png")
    let both = try FolderTask(folder: mixed.url.path, height: 3, width: 3, channels: 1)
    #expect(both.classNames.count == 3 && both.queryLabels.compactMap { $0 }.sorted() == [1, 2])
  }
}
