import Foundation
import Testing

@testable import Datasets

struct PackCatalogTests {
  static let bundled = DatasetCatalog(folders: [
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("datasets").path
  ])

  @Test func bundledPacksAreThere() throws {
    let names = Self.bundled.list().map(\.name)
    #expect(names.contains("glyphs-latin") && names.contains("glyphs-greek") && names.contains("glyphs-hebrew"))
    #expect(names.count { $0.hasPrefix("glyphs-") } >= 19 && names.contains("icons-actions"))
    let classes = try Self.bundled.list().map { try DatasetPack.verify($0.path).classes }
    #expect(classes.reduce(0, +) >= 600)
    #expect(try DatasetCatalog.load("glyphs-greek").dataset.name == "glyphs-greek")
  }

  @Test(arguments: PackCatalogTests.bundled.list().filter { $0.name.hasPrefix("glyphs-") }.map(\.name))
  func bundledGlyphsKeepTheirPromises(name: String) throws {
    let pack = try Self.bundled.load(name)
    let dataset = pack.dataset
    #expect(dataset.name == name && dataset.height == 28 && dataset.width == 28 && dataset.channels == 1)
    #expect(dataset.classes.count >= 20)
    let codes = dataset.classes.compactMap { UInt32($0.name.dropFirst(2), radix: 16) }
    #expect(codes.count == dataset.classes.count && codes == codes.sorted())
    for (index, entry) in dataset.classes.enumerated() {
      #expect(entry.count == 20 || entry.count == 16)
      let images = (0..<entry.count).map { Array(dataset.image($0, ofClass: index)) }
      #expect(Set(images).count == entry.count, "\(entry.name) has equal drawings")
      for (position, image) in images.enumerated() {
        // No blanks, no full boxes, ink at full strength, in 16 levels.
        let ink = image.count { $0 >= 128 }
        #expect(
          image.max() == 255 && image.allSatisfy { $0 % 17 == 0 } && (4..<560).contains(ink), "\(entry.name), image \(position)")
      }
      // As many typefaces, each once.
      #expect(Set(pack.provenance.originOfImage[index]).count == entry.count)
    }
    let sizes = Dictionary(grouping: dataset.classes.compactMap(\.lookalike)) { $0 }.mapValues(\.count)
    #expect(sizes.allSatisfy { key, count in count >= 2 && dataset.classes.contains { $0.name == key && $0.lookalike == key } })
    #expect(pack.provenance.origins.allSatisfy { !$0.licence.isEmpty && $0.file.hasPrefix("/usr/share/") })
  }

  @Test(arguments: PackCatalogTests.bundled.list().filter { $0.name.hasPrefix("icons-") }.map(\.name))
  func bundledIconsKeepTheirPromises(name: String) throws {
    let pack = try Self.bundled.load(name)
    let dataset = pack.dataset
    #expect(dataset.name == name && dataset.height == 32 && dataset.width == 32 && dataset.channels == 3)
    #expect(dataset.classes.count >= IconBuilder.fewestClasses)
    #expect(Set(dataset.classes.map(\.name)).count == dataset.classes.count)
    var seen: Set<[UInt8]> = []
    for (index, entry) in dataset.classes.enumerated() {
      #expect(IconBuilder.instances.contains(entry.count), "\(entry.name)")
      for position in 0..<entry.count {
        let image = Array(dataset.image(position, ofClass: index))
        // One picture is not there twice, under no name; none is blank.
        #expect(seen.insert(image).inserted, "\(entry.name), image \(position)")
        #expect(image.count { $0 < 215 } >= 16, "\(entry.name), image \(position)")
      }
      #expect(Set(pack.provenance.originOfImage[index]).count == entry.count)
    }
    #expect(pack.provenance.origins.allSatisfy { !$0.licence.isEmpty })
    // Colour is there to be used.
    let pixels = dataset.pixels
    let coloured = stride(from: 0, to: pixels.count, by: 3).count { (start: Int) -> Bool in
      let pixel = pixels[start..<start + 3]
      return (pixel.max() ?? 0) - (pixel.min() ?? 0) > 60
    }
    #expect(coloured * 30 > pixels.count / 3)
  }

  @Test(arguments: ["Cc", "O0", "Oo", "Ss", "Vv", "Xx", "Zz", "Il"])
  func letterThatCoincideShareAKey(pair: String) throws {
    let classes = try Self.bundled.load("glyphs-latin").dataset.classes
    let keys = try pair.unicodeScalars.map { scalar in
      try #require(classes.first { $0.name == GlyphBuilder.className(scalar.value) }).lookalike
    }
    #expect(keys[0] != nil && keys[0] == keys[1])
  }

  @Test(arguments: ["Aa", "Gg", "Rr", "17", "AH"])
  func lettersThatDifferDoNot(pair: String) throws {
    let classes = try Self.bundled.load("glyphs-latin").dataset.classes
    let keys = try pair.unicodeScalars.map { scalar in
      try #require(classes.first { $0.name == GlyphBuilder.className(scalar.value) }).lookalike
    }
    #expect(keys[0] == nil || keys[0] != keys[1])
  }

  @Test func namesComeFromFoldersAndTheFirstWins() throws {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: root) }
    let (mine, shipped) = (root.appendingPathComponent("mine"), root.appendingPathComponent("shipped"))
    for folder in [mine, shipped.appendingPathComponent("glyphs")] {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }
    let pack = try PackTests.small()
    try pack.write(to: mine.appendingPathComponent("glyphs-greek.archpack").path)
    try pack.write(to: shipped.appendingPathComponent("glyphs/greek.archpack").path)
    try pack.write(to: shipped.appendingPathComponent("glyphs/latin.archpack").path)
    try Data("x".utf8).write(to: shipped.appendingPathComponent("glyphs/README.md"))
    let catalog = DatasetCatalog(folders: [mine.path, "/nonexistent", shipped.path])
    #expect(catalog.folders == [mine.path, shipped.path])
    #expect(catalog.list().map(\.name) == ["glyphs-greek", "glyphs-latin"])
    #expect(catalog.list().first?.path == mine.appendingPathComponent("glyphs-greek.archpack").path)
    #expect(try catalog.load("glyphs-latin").dataset.classes.count == 3)
    #expect(try catalog.load(mine.appendingPathComponent("glyphs-greek.archpack").path).dataset.name == "small")
    #expect {
      try catalog.load("glyphs-klingon")
    } throws: { error in
      "\(error)".contains("glyphs-klingon") && "\(error)".contains("glyphs-greek, glyphs-latin")
    }
    #expect(DatasetCatalog(environment: ["ARCHPRIOR_DATASETS": mine.path]).folders.first == mine.path)
    #expect(throws: CatalogError.self) { try DatasetCatalog(folders: []).load("x") }
    // Where none of those that come with ArchPrior is at hand, it is said where they are looked for.
    for (known, isSaid) in [([], true), (["mine"], true), (["mine", "glyphs-greek"], false), (["icons-apps"], false)] {
      let error = CatalogError.unknown(name: "x", known: known, folders: [])
      #expect((error.placeOfBundled != nil) == isSaid && error.description.contains("ARCHPRIOR_DATASETS") == isSaid)
    }
    for (path, isBundled) in [("/d/glyphs/greek.archpack", true), ("/d/icons/apps.archpack", true), ("/d/mine.archpack", false)] {
      #expect(DatasetCatalog.isBundled(.init(name: "x", path: path)) == isBundled)
    }
  }
}
