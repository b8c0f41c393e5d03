import Testing

@testable import Datasets

/// Sheets put together by hand: each drawing is a few rows of ink, so that every rule's outcome can be read off.
struct GlyphSheetTests {
  /// A drawing whose rows in `rows` are inked from column 4 to column 4 + `width`.
  static func drawing(rows: [Int], width: Int = 20) -> GlyphSheet.Drawing {
    var pixels = [UInt8](repeating: 0, count: 784)
    for row in rows { for column in 4..<4 + width { pixels[row * 28 + column] = 255 } }
    return GlyphSheet.Drawing(pixels: pixels, shape: pixels)
  }

  static func sheet(
    _ drawings: [[GlyphSheet.Drawing?]], characters: [UInt32]? = nil, script: GlyphScript = GlyphScript("test", [])
  ) -> GlyphSheet {
    let typefaces = drawings.indices.map {
      FontCatalog.Typeface(
        family: "Family \($0)", style: "Regular", path: "/f\($0).ttf", index: 0, package: "fonts-\($0)", version: "1",
        licence: "CC0")
    }
    let characters = characters ?? drawings[0].indices.map { UInt32($0 + 0x100) }
    return GlyphSheet(script: script, characters: characters, typefaces: typefaces, drawings: drawings)
  }

  static func present(_ sheet: GlyphSheet) -> [[Int]] {
    sheet.drawings.map { row in row.indices.filter { row[$0] != nil } }
  }

  @Test func distanceIsTheShareOfInkNotShared() {
    #expect(GlyphDrawing.distance([10, 0, 30], [10, 0, 30]) == 0)
    #expect(GlyphDrawing.distance([10, 0], [0, 10]) == 1)
    #expect(GlyphDrawing.distance([30, 0], [10, 0]) == 0.5)
    #expect(GlyphDrawing.distance([0, 0], [0, 0]) == 0)
    #expect(GlyphDrawing.distance([UInt8](repeating: 255, count: 784), [UInt8](repeating: 85, count: 784)) == 0.5)
  }

  @Test func finishedDrawingsUseSixteenLevelsUpToWhite() throws {
    #expect(GlyphDrawing.finished([0, 63, 10]) == nil)
    #expect(GlyphDrawing.finished([0, 100, 50, 3]) == [0, 255, 136, 0])
    #expect(try #require(GlyphDrawing.finished(Array(0...255))).allSatisfy { $0 % 17 == 0 })
  }

  @Test func aDrawingSharedBySixCharactersIsDropped() {
    let box = Self.drawing(rows: [1, 2, 3])
    let own = (0..<6).map { Self.drawing(rows: [3 * $0 + 5, 3 * $0 + 6], width: 8 + 2 * $0) }
    var sheet = Self.sheet([own + (0..<6).map { _ in box }, own + (0..<5).map { _ in box } + [nil]])
    sheet.clean()
    #expect(sheet.dropped.shared == 6)
    #expect(!Self.present(sheet)[0].contains { $0 >= 6 })
  }

  @Test func smallLettersThatAreCapitalsAreDropped() {
    let script = GlyphScript("test", [], caseSignature: "ABE")
    let characters: [UInt32] = [0x41, 0x42, 0x45, 0x61, 0x62, 0x65]
    let capitals = (0..<3).map { Self.drawing(rows: [2 + 4 * $0, 3 + 4 * $0]) }
    let small = (0..<3).map { Self.drawing(rows: [15 + 4 * $0, 16 + 4 * $0]) }
    var sheet = Self.sheet([capitals + small, capitals + capitals], characters: characters, script: script)
    // Two typefaces with the same capitals would be taken for copies of each other; the small letters go before that.
    sheet.clean()
    #expect(sheet.dropped.unicase == 3)
    #expect(sheet.dropped.copiedTypeface == 3)
    #expect(Self.present(sheet)[0] == [0, 1, 2, 3, 4, 5])
  }

  @Test func aTypefaceThatCopiesAnotherGoesAndTheFullerOneStays() {
    let full = (0..<6).map { Self.drawing(rows: [4 * $0 + 1, 4 * $0 + 2]) }
    let other = (0..<6).map { Self.drawing(rows: [4 * $0 + 2, 4 * $0 + 3]) }
    var sheet = Self.sheet([Array(full.prefix(4)) + [nil, nil], full, other])
    sheet.clean()
    #expect(Self.present(sheet) == [[], Array(0..<6), Array(0..<6)])
    #expect(sheet.dropped.copiedTypeface == 4)
  }

  @Test func wrongDrawingsAreDropped() {
    // Five typefaces agree, each a little wider than the last; one has its characters in another order.
    func row(_ width: Int, order: [Int] = Array(0..<8)) -> [GlyphSheet.Drawing?] {
      order.map { Self.drawing(rows: [3 * $0 + 1, 3 * $0 + 2, 3 * $0 + 3], width: width) }
    }
    let agreeing: [[GlyphSheet.Drawing?]] = [4, 6, 8, 11, 14].map { row($0) }
    var ornaments = Self.sheet(agreeing + [row(18, order: [7, 6, 5, 4, 3, 2, 1, 0])])
    ornaments.clean()
    #expect(Self.present(ornaments) == (0..<5).map { _ in Array(0..<8) } + [[]])
    #expect(ornaments.dropped.strangeTypeface == 8 && ornaments.dropped.strange == 0)
    // One single letter of the sixth is wrong: it alone goes.
    var slip = row(18)
    slip[7] = Self.drawing(rows: [1, 2, 4, 5, 7, 8, 10, 11], width: 18)
    var single = Self.sheet(agreeing + [slip])
    single.clean()
    #expect(Self.present(single)[5] == Array(0..<7))
    #expect(single.dropped.strange == 1 && single.dropped.strangeTypeface == 0)
  }

  @Test func aClassNeedsAsManyDifferentDrawings() {
    // Character 0: three different drawings; character 1: two and a repetition.
    var sheet = Self.sheet([
      [Self.drawing(rows: [1]), Self.drawing(rows: [1])], [Self.drawing(rows: [2]), Self.drawing(rows: [1])],
      [Self.drawing(rows: [3]), Self.drawing(rows: [3])],
    ])
    let three = sheet.choose(instances: 3)
    #expect(three.map(\.character) == [0])
    #expect(three[0].typefaces.sorted() == [0, 1, 2])
    #expect(sheet.dropped.repeated == 1)
    let two = sheet.choose(instances: 2)
    #expect(two.map(\.character) == [0, 1])
    #expect(two[1].typefaces.contains(2))
  }

  @Test func lookalikesAreGroupedAcrossSharedMembers() {
    // A ~ B ~ C by a row of eight each time (distance 1/8), D apart.
    func rows(_ start: Int) -> [Int] { Array(start..<start + 8) }
    let drawings = (0..<4).map { typeface -> [GlyphSheet.Drawing?] in
      [2, 3, 4, 18].map { Self.drawing(rows: rows($0), width: 5 + 4 * typeface) }
    }
    let sheet = Self.sheet(drawings)
    #expect(sheet.likeness(0, 1) == 0.125)
    #expect(sheet.likeness(0, 2) == 0.25)
    let choices = (0..<4).map { GlyphSheet.Choice(character: $0, typefaces: [0, 1, 2, 3]) }
    #expect(sheet.lookalikes(choices) == [0, 0, 0, 3])
  }

  @Test func capitalsAndSmallLettersAreAllowedMore() {
    // Three of ten rows moved: a distance between the two bounds.
    func drawings(_ typeface: Int) -> [GlyphSheet.Drawing?] {
      [Array(2..<12), Array(5..<15)].map { Self.drawing(rows: $0, width: 5 + 4 * typeface) }
    }
    let choices = (0..<2).map { GlyphSheet.Choice(character: $0, typefaces: [0, 1, 2, 3]) }
    let cases = Self.sheet((0..<4).map(drawings), characters: [0x43, 0x63])
    #expect(cases.likeness(0, 1) == 0.3)
    #expect(cases.lookalikes(choices) == [0, 0])
    #expect(Self.sheet((0..<4).map(drawings), characters: [0x43, 0x64]).lookalikes(choices) == [0, 1])
  }

  @Test func confusionBetweenTypefacesMakesLookalikes() {
    // In the same typeface the two differ by half of their rows; each is drawn exactly like the other one elsewhere.
    let a = Self.drawing(rows: [2, 3, 4, 5])
    let b = Self.drawing(rows: [4, 5, 6, 7])
    let sheet = Self.sheet([[a, b], [b, a]])
    let choices = [GlyphSheet.Choice(character: 0, typefaces: [0, 1]), .init(character: 1, typefaces: [0, 1])]
    #expect(sheet.confusions(choices).map(\.1) == [4])
    #expect(sheet.lookalikes(choices) == [0, 0])
  }

  @Test func samplesKeepTheOrder() {
    #expect(Array(0..<10).spread(over: 5) == [0, 2, 4, 6, 8])
    #expect([1, 2].spread(over: 5) == [1, 2])
    let sample = Array(0..<100).sampled(10) { "\($0)" }
    #expect(sample.count == 10 && sample == sample.sorted() && Set(sample).count == 10)
    #expect(sample == Array(0..<100).sampled(10) { "\($0)" })
  }
}
