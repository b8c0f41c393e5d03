/// All usable pictures of icons: names × themes, and the rules that clean them.
struct IconSheet {
  /// One icon by one theme.
  struct Drawing {
    var theme: Int
    var pixels: [UInt8]
    /// `255 − pixels`: ink high on 0, so that paper counts for nothing in distances.
    var ink: [UInt8]

    init(theme: Int, pixels: [UInt8]) {
      self.theme = theme
      self.pixels = pixels
      ink = pixels.map { 255 - $0 }
    }
  }

  /// One name.
  struct Icon {
    var name: String
    var context: String
    /// In the themes' order.
    var drawings: [Drawing]
  }

  var icons: [Icon]
  var dropped = IconDrops()

  /// Below this distance two drawings of one name count as the same.
  static let sameDrawing = 0.08

  init(icons: [Icon]) { self.icons = icons.sorted { $0.name < $1.name } }

  /// Runs all rules; classes with fewer than `fewest` drawings go, and of more than `most` the first in the themes' order stay.
  mutating func clean(fewest: Int, most: Int) {
    dropBlank()
    dropShared()
    dropRepeated()
    for index in icons.indices where icons[index].drawings.count > most {
      dropped.surplus += icons[index].drawings.count - most
      icons[index].drawings.removeLast(icons[index].drawings.count - most)
    }
    dropped.rareNames = icons.count { $0.drawings.count < fewest }
    icons.removeAll { $0.drawings.count < fewest }
  }

  /// Pictures with hardly anything on them: fewer than 16 pixels that are clearly not white.
  private mutating func dropBlank() {
    for index in icons.indices {
      let before = icons[index].drawings.count
      icons[index].drawings.removeAll { drawing in
        stride(from: 0, to: drawing.ink.count, by: 3).count { drawing.ink[$0..<$0 + 3].contains { $0 > 40 } } < 16
      }
      dropped.blank += before - icons[index].drawings.count
    }
  }

  /// One picture under several names, by aliases and stand-ins, in one theme or between themes: it stays under the name that most
  /// themes know (then the shorter, then the first one by the alphabet).
  private mutating func dropShared() {
    var owner: [[UInt8]: Int] = [:]
    func key(_ index: Int) -> (Int, Int, String) {
      (-icons[index].drawings.count, icons[index].name.utf8.count, icons[index].name)
    }
    for index in icons.indices {
      for drawing in icons[index].drawings {
        if let other = owner[drawing.pixels], key(other) <= key(index) { continue }
        owner[drawing.pixels] = index
      }
    }
    for index in icons.indices {
      let before = icons[index].drawings.count
      icons[index].drawings.removeAll { owner[$0.pixels] != index }
      dropped.shared += before - icons[index].drawings.count
    }
  }

  /// Of themes that draw a name (nearly) alike, the first one's drawing stays.
  private mutating func dropRepeated() {
    for index in icons.indices {
      var kept: [Drawing] = []
      for drawing in icons[index].drawings {
        if kept.contains(where: { GlyphDrawing.distance($0.ink, drawing.ink) < Self.sameDrawing }) {
          dropped.repeated += 1
        } else {
          kept.append(drawing)
        }
      }
      icons[index].drawings = kept
    }
  }

  /// For each of some icons the first one of its group of look-alikes, by the two measures of ``GlyphSheet/lookalikes(_:)``.
  static func lookalikes(_ icons: [Icon]) -> [Int] {
    var groups = LookalikeGroups(count: icons.count)
    for a in icons.indices {
      for b in icons.indices.dropFirst(a + 1) {
        let distances = icons[a].drawings.compactMap { first in
          icons[b].drawings.first { $0.theme == first.theme }.map { GlyphDrawing.distance(first.ink, $0.ink) }
        }
        if distances.count >= 3, distances.reduce(0, +) / Double(distances.count) < GlyphSheet.alike {
          groups.join(a, b)
        }
      }
    }
    let confusions = LookalikeGroups.confusions(icons.map { $0.drawings.map { ($0.theme, $0.ink) } })
    groups.join(confusions, images: icons.map(\.drawings.count))
    return groups.roots
  }
}

/// How many pictures of icons were dropped, by reason.
public struct IconDrops: Sendable, Hashable {
  /// Files that cannot be drawn.
  public var unreadable = 0
  /// Hardly anything on them.
  public var blank = 0
  /// The same picture under a name that more themes know.
  public var shared = 0
  /// (Nearly) equal to another theme's drawing of the name.
  public var repeated = 0
  /// More than a class holds.
  public var surplus = 0
  /// Names with too few drawings left.
  public var rareNames = 0

  /// Nothing dropped yet.
  public init() {}
}
