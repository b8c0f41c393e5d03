import Basics

/// Choosing the drawings of each class, and finding the classes that look alike.
extension GlyphSheet {
  /// A class of a pack: a character and the typefaces that draw it.
  struct Choice {
    var character: Int
    var typefaces: [Int]
  }

  /// The classes for which `instances` different drawings exist, by code point.
  ///
  /// Typefaces are asked in the order of the SHA-256 of their names, the same for every class: neither the alphabet nor the size
  /// of a family favours it, and a class's examples come from much the same typefaces as its neighbours'. Further styles of a
  /// family come after all families.
  /// - Parameter fewestFamilies: classes that fewer families draw are left out.
  mutating func choose(instances: Int, fewestFamilies: Int = 1) -> [Choice] {
    var seen: Set<String> = []
    let keys = typefaces.map { typeface in
      seen.insert(typeface.family).inserted
        ? "0" + SHA256.hex(Array(typeface.family.utf8)) : "1" + SHA256.hex(Array("\(typeface.family) \(typeface.style)".utf8))
    }
    let order = typefaces.indices.sorted { keys[$0] < keys[$1] }
    var choices: [Choice] = []
    for index in characters.indices {
      var chosen: [Int] = []
      for typeface in order where chosen.count < instances {
        guard let drawing = drawings[typeface][index] else { continue }
        let repeats = chosen.contains { other in
          drawings[other][index].map { GlyphDrawing.distance($0.pixels, drawing.pixels) < Self.sameDrawing } ?? false
        }
        if repeats { dropped.repeated += 1 } else { chosen.append(typeface) }
      }
      let families = Set(chosen.map { typefaces[$0].family }).count
      if chosen.count == instances, families >= fewestFamilies { choices.append(Choice(character: index, typefaces: chosen)) }
    }
    return choices.sampled(script.classLimit) { GlyphBuilder.className(characters[$0.character]) }
  }

  /// Mean distance of two characters' shapes in the same typeface, over at most 12 typefaces; `nil` for fewer than 3.
  func likeness(_ a: Int, _ b: Int) -> Double? {
    let common = typefaces.indices.filter { drawings[$0][a] != nil && drawings[$0][b] != nil }.spread(over: 12)
    guard common.count >= 3 else { return nil }
    let sum = common.reduce(0.0) { sum, typeface in
      guard let x = drawings[typeface][a], let y = drawings[typeface][b] else { return sum }
      return sum + GlyphDrawing.distance(x.shape, y.shape)
    }
    return sum / Double(common.count)
  }
}
