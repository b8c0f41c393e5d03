import Foundation
import Testing

@testable import Datasets

/// Real typefaces: whatever of these Debian packages is installed.
enum InstalledFonts {
  static let packages = ["fonts-dejavu-core", "fonts-liberation", "fonts-freefont-ttf"]
  static let catalog =
    packages.map { FontCatalog(packages: [$0]) }.first { $0.typefaces.count >= 2 } ?? FontCatalog(packages: packages)
  static let note: Comment = "skipped: none of fonts-dejavu-core, fonts-liberation and fonts-freefont-ttf is installed"
}

struct GlyphFontTests {
  @Test(.enabled(if: !InstalledFonts.catalog.typefaces.isEmpty, InstalledFonts.note))
  func drawingsAreCentredAndOfTheSizeAskedFor() throws {
    let typeface = try #require(InstalledFonts.catalog.typefaces.first)
    let face = try #require(FontFace(path: typeface.path, index: typeface.index))
    for (character, side) in [("H", 20.0), ("l", 20), ("—", 12), ("ω", 10)] {
      let scalar = try #require(character.unicodeScalars.first)
      let glyph = face.glyph(of: scalar.value)
      try #require(glyph != 0)
      let pixels = try #require(face.draw(glyph: glyph, side: side, size: 28))
      let rows = (0..<28).filter { row in (0..<28).contains { pixels[row * 28 + $0] > 0 } }
      let columns = (0..<28).filter { column in (0..<28).contains { pixels[$0 * 28 + column] > 0 } }
      // Ink may touch one pixel more on either side where an edge falls within it.
      let longest = Double(max(rows.count, columns.count))
      #expect((side...side + 2).contains(longest))
      let (top, bottom) = (try #require(rows.first), 27 - (try #require(rows.last)))
      let (left, right) = (try #require(columns.first), 27 - (try #require(columns.last)))
      #expect(abs(top - bottom) <= 1 && abs(left - right) <= 1)
      let box = try #require(face.extent(ofGlyph: glyph))
      #expect(abs(Double(columns.count) - side * Double(box.width) / Double(max(box.width, box.height))) <= 2)
    }
  }

  /// The area of the letter's ink, counted in the pixels, must scale with the square of the side.
  @Test(.enabled(if: !InstalledFonts.catalog.typefaces.isEmpty, InstalledFonts.note))
  func coverageIsAnArea() throws {
    let typeface = try #require(InstalledFonts.catalog.typefaces.first)
    let face = try #require(FontFace(path: typeface.path, index: typeface.index))
    let glyph = face.glyph(of: 0x48)
    func area(_ side: Double) throws -> Double {
      Double(try #require(face.draw(glyph: glyph, side: side, size: 84)).map(Int.init).reduce(0, +)) / 255
    }
    #expect(abs(try area(60) / area(20) - 9) < 0.1)
  }

  @Test(.enabled(if: InstalledFonts.catalog.typefaces.count >= 2, InstalledFonts.note))
  func theSameFontsGiveTheSameBytes() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    var files: [[Data]] = []
    for name in ["first", "second"] {
      let target = folder.appendingPathComponent(name)
      try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
      try Data(("\(InstalledFonts.catalog.typefaces[0].package) # a comment\n\n# nothing\n").utf8)
        .write(to: target.appendingPathComponent("fonts.txt"))
      var lines: [String] = []
      let reports = try GlyphBuilder.build(scripts: ["greek", "thai"], into: target.path, instances: 2) { lines.append($0) }
      #expect(reports.map(\.script) == ["greek", "thai"])
      #expect(lines.count >= 2)
      #expect(reports[0].classes > 20)
      let path = try #require(reports[0].path)
      let pack = try DatasetPack.read(path)
      #expect(pack.dataset.name == "glyphs-greek" && pack.dataset.classes.allSatisfy { $0.count == 2 })
      #expect(pack.dataset.classes.contains { $0.name == "U+03B1" })
      #expect(
        pack.provenance.origins.allSatisfy { origin in
          InstalledFonts.packages.contains { origin.package.hasPrefix($0 + " ") } && !origin.licence.isEmpty
        })
      files.append([try Data(contentsOf: URL(fileURLWithPath: path))])
    }
    #expect(files[0] == files[1])
  }

  @Test func badInputIsNamed() throws {
    #expect(throws: GlyphError.self) { try GlyphBuilder.build(scripts: ["klingon"], into: "/tmp") }
    #expect {
      try GlyphBuilder.build(scripts: ["greek"], into: "/tmp", fontList: "/nonexistent/fonts.txt")
    } throws: { error in
      if case GlyphError.unreadableList("/nonexistent/fonts.txt", _) = error { true } else { false }
    }
    let list = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: list) }
    try Data("fonts-that-do-not-exist\n".utf8).write(to: list)
    #expect(throws: GlyphError.noTypefaces(missing: ["fonts-that-do-not-exist"])) {
      try GlyphBuilder.build(scripts: ["greek"], into: "/tmp", fontList: list.path)
    }
    // A file that is no font, and one that is not there.
    #expect(FontFace(path: list.path, index: 0) == nil)
    #expect(FontFace(path: "/nonexistent.ttf", index: 0) == nil)
  }

  @Test(arguments: [
    ("Lato Light", "Lato"), ("Lato", "Lato"), ("Noto Sans ExtraLight Italic", "Noto Sans"), ("Black", "Black"),
    ("Bold Black", "Bold"),
  ])
  func weightsAreNoFamilies(family: String, expected: String) {
    #expect(FontFace.withoutWeight(family) == expected)
  }

  @Test func regularStylesComeFirst() {
    let styles = ["Light", "Medium", "Book", "Regular", "Condensed Regular"]
    #expect(
      styles.sorted { FontCatalog.rank(ofStyle: $0) < FontCatalog.rank(ofStyle: $1) }.prefix(3) == ["Regular", "Book", "Medium"])
  }

  @Test(arguments: [
    ("Files: debian/*\nLicense: GPL-2+\n\nFiles: *\nCopyright: x\nLicense: OFL-1.1\n text", "OFL-1.1"),
    ("Files: *\nLicense: Expat\n", "MIT"), ("This font is under the SIL Open Font License, version 1.1.", "OFL-1.1"),
    ("Do what you like.", "see copyright file"), ("License: GPL-3\n\nFiles: *\nLicense: sil-ofl-1.1\n", "OFL-1.1"),
    ("", "see copyright file"),
  ])
  func licencesAreReadFromCopyrightFiles(text: String, expected: String) {
    #expect(DebianCopyright.licence(inText: text) == expected)
  }

  @Test func scriptsHaveLettersAndDigitsOnly() throws {
    let latin = try #require(GlyphScript.all.first { $0.name == "latin" })
    let characters = Set(latin.characters)
    #expect("09AZaz".unicodeScalars.allSatisfy { characters.contains($0.value) })
    #expect("ßæøđ".unicodeScalars.allSatisfy { characters.contains($0.value) })
    #expect("é[~×".unicodeScalars.allSatisfy { !characters.contains($0.value) })
    let hebrew = try #require(GlyphScript.all.first { $0.name == "hebrew" })
    #expect(Set(hebrew.characters).isSuperset(of: 0x5D0...0x5EA))
    #expect(Set(GlyphScript.all.map(\.name)).count == GlyphScript.all.count)
  }

  @Test func classNamesAreCodePoints() {
    #expect(GlyphBuilder.className(0x41) == "U+0041" && GlyphBuilder.className(0x1F600) == "U+1F600")
  }
}
