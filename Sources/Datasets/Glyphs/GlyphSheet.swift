import Basics

/// All usable drawings of one script: typefaces × characters.
struct GlyphSheet {
  /// One character by one typeface.
  struct Drawing {
    /// The image that a pack holds.
    var pixels: [UInt8]
    /// The same scaled to the box, regardless of its size beside other letters: only its shape remains.
    var shape: [UInt8]
  }

  let script: GlyphScript
  let characters: [UInt32]
  var typefaces: [FontCatalog.Typeface]
  /// `drawings[typeface][character]`.
  var drawings: [[Drawing?]]
  var dropped = GlyphDrops()

  /// Draws the characters that at least `instances` typefaces have a glyph for.
  ///
  /// Within a typeface the sizes of the letters to each other are kept half-way: the longer side of a drawing is 20 pixels times
  /// the square root of its ratio to the typeface's large letters (90th percentile). So C stays larger than c, and c is not tiny.
  init(script: GlyphScript, typefaces all: [FontCatalog.Typeface], root: String, instances: Int) {
    self.script = script
    let candidates = script.characters
    var counts = [Int](repeating: 0, count: candidates.count)
    var faces: [(typeface: FontCatalog.Typeface, face: FontFace)] = []
    for typeface in all {
      guard let face = FontFace(path: root + typeface.path.dropFirst(), index: typeface.index) else { continue }
      var any = false
      for (index, character) in candidates.enumerated() where face.glyph(of: character) != 0 {
        counts[index] += 1
        any = true
      }
      if any { faces.append((typeface, face)) }
    }
    let covered = candidates.indices.filter { counts[$0] >= instances }.map { candidates[$0] }
    // Most may be lost later (copied typefaces count above), so more are drawn than the limit lets through.
    characters = covered.sampled(4 * script.classLimit, by: GlyphBuilder.className)
    typefaces = []
    drawings = []
    for (typeface, face) in faces {
      let row = Self.draw(characters, with: face, dropped: &dropped)
      if row.contains(where: { $0 != nil }) {
        typefaces.append(typeface)
        drawings.append(row)
      }
    }
  }

  /// A sheet from drawings that exist already.
  init(script: GlyphScript, characters: [UInt32], typefaces: [FontCatalog.Typeface], drawings: [[Drawing?]]) {
    self.script = script
    self.characters = characters
    self.typefaces = typefaces
    self.drawings = drawings
  }

  private static func draw(_ characters: [UInt32], with face: FontFace, dropped: inout GlyphDrops) -> [Drawing?] {
    let extents = characters.map { character -> Int? in
      let glyph = face.glyph(of: character)
      guard glyph != 0 else { return nil }
      guard let extent = face.extent(ofGlyph: glyph) else {
        dropped.blank += 1
        return nil
      }
      return max(extent.width, extent.height)
    }
    let sorted = extents.compactMap { $0 }.sorted()
    guard !sorted.isEmpty else { return extents.map { _ in nil } }
    let large = Double(sorted[sorted.count * 9 / 10])
    let fallback = face.draw(glyph: 0, side: GlyphDrawing.box, size: GlyphDrawing.size)
    return zip(characters, extents).map { character, extent in
      guard let extent else { return nil }
      let side = min(24, max(8, GlyphDrawing.box * (Double(extent) / large).squareRoot()))
      let glyph = face.glyph(of: character)
      guard let raw = face.draw(glyph: glyph, side: side, size: GlyphDrawing.size),
        let shape = face.draw(glyph: glyph, side: GlyphDrawing.box, size: GlyphDrawing.size),
        let pixels = GlyphDrawing.finished(raw)
      else {
        dropped.blank += 1
        return nil
      }
      if shape == fallback {
        dropped.fallback += 1
        return nil
      }
      return Drawing(pixels: pixels, shape: shape)
    }
  }
}

/// How many drawings were dropped, by reason.
public struct GlyphDrops: Sendable, Hashable {
  /// No ink, or too faint to be seen.
  public var blank = 0
  /// The same drawing as the typeface's replacement for characters it lacks.
  public var fallback = 0
  /// A drawing that six or more characters of the script share in one typeface.
  public var shared = 0
  /// Small letters of typefaces whose small letters are capitals.
  public var unicase = 0
  /// Drawings of typefaces that copy another one's drawings of the script.
  public var copiedTypeface = 0
  /// Drawings of typefaces whose drawings of the script are unlike everyone else's (ornaments, other encodings).
  public var strangeTypeface = 0
  /// Single drawings that are less like their own class than like most others.
  public var strange = 0
  /// Drawings (nearly) equal to one chosen before for the same class.
  public var repeated = 0

  /// Nothing dropped yet.
  public init() {}
}

extension Array {
  /// At most `count` elements, spread evenly, in their order.
  func spread(over count: Int) -> [Element] {
    guard self.count > count else { return self }
    return (0..<count).map { self[$0 * self.count / count] }
  }

  /// At most `count` elements in their order: those whose keys' SHA-256 come first, a choice without a pattern in the elements.
  func sampled(_ count: Int, by key: (Element) -> String) -> [Element] {
    guard self.count > count else { return self }
    let digests = map { SHA256.hex([UInt8](key($0).utf8)) }
    return indices.sorted { digests[$0] < digests[$1] }.prefix(count).sorted().map { self[$0] }
  }
}
