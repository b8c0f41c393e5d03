import Basics
import Testing

@testable import Datasets

@Suite struct IconTests {
  /// A pattern of the seed's own, that themes draw a shade darker or lighter.
  static func drawing(_ theme: Int, _ seed: Int) -> IconSheet.Drawing {
    IconSheet.Drawing(
      theme: theme,
      pixels: (0..<32 * 32 * 3).map { position in
        // The left half, or the upper half.
        guard (seed == 7 ? position / 96 : position / 3 % 32) < 16 else { return 255 }
        return UInt8(truncatingIfNeeded: (position &* 2_654_435_761 &+ seed &* 40_503) >> 7) / 2 + UInt8(theme)
      })
  }

  @Test func whatIsNoExampleIsDropped() {
    let blank = IconSheet.Drawing(theme: 0, pixels: [UInt8](repeating: 250, count: 3072))
    var sheet = IconSheet(icons: [
      // Three themes, one blank, one twice.
      .init(name: "a", context: "apps", drawings: [blank, Self.drawing(1, 1), Self.drawing(2, 1), Self.drawing(3, 2)]),
      // The alias of a, and one of its own.
      .init(name: "alias", context: "apps", drawings: [Self.drawing(1, 1), Self.drawing(2, 3)]),
    ])
    sheet.clean(fewest: 2, most: 5)
    #expect(sheet.icons.map(\.name) == ["a"] && sheet.icons[0].drawings.map(\.theme) == [1, 3])
    #expect(sheet.dropped.blank == 1 && sheet.dropped.shared == 1 && sheet.dropped.repeated == 1 && sheet.dropped.rareNames == 1)
  }

  @Test func namesThatLookAlikeShareAGroup() {
    func icon(_ name: String, _ seeds: [Int]) -> IconSheet.Icon {
      .init(name: name, context: "apps", drawings: seeds.enumerated().map { Self.drawing($0.offset, $0.element) })
    }
    let groups = IconSheet.lookalikes([icon("a", [1, 1, 1]), icon("b", [7, 7, 7]), icon("c", [1, 1, 1])])
    #expect(groups == [0, 1, 0])
  }

  @Test(arguments: [
    ("32x32/actions/go-next.png", "go-next", "actions", 0), ("48x48/apps/x.png", "x", "apps", 16),
    ("actions/32/y.svg", "y", "actions", 0), ("scalable/mimetypes/z.svg", "z", "mimetypes", 5_000),
    ("actions/24/w.svg", "w", "actions", 10_008),
  ])
  func pathsSaySizeAndContext(path: String, name: String, context: String, rank: Int) throws {
    let found = try #require(IconTheme.candidate(path[...], size: 32))
    #expect(found.name == name && found.context == context && found.rank == rank)
  }

  @Test(arguments: [
    "24x24/actions/small.png", "scalable/actions/a-symbolic.svg", "symbolic/actions/a.svg", "32x32@2/apps/a.png", "index.theme",
    "32x32/nothing/a.png", "32x32/apps/a.xpm",
  ])
  func whatIsNoIconIsPassedOver(path: String) { #expect(IconTheme.candidate(path[...], size: 32) == nil) }
}
