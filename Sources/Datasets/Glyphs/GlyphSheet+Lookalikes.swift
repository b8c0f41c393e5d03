/// Classes that look alike.
extension GlyphSheet {
  /// Two characters whose shapes are nearer than this in the same typeface, on average, look alike. For comparison: the same
  /// character in two typefaces is nearer than this in about one case of ten.
  static let alike = 0.22
  /// The same for a capital and its own small letter, whose shapes are known to be one: C and c differ in the weight of their
  /// strokes when scaled to the same box, and are nearer than P and p all the same.
  static let alikeInCase = 0.36
  /// Two classes look alike, too, when this share of their drawings is nearest to a drawing of the other one.
  static let confused = 0.3

  /// For each choice the first one of its group of look-alikes; its own index where it has none.
  ///
  /// Two measures make groups by union–find: the likeness of the shapes in the same typeface, scaled to the same box (C and c, S
  /// and s), and confusion between typefaces, by the nearest neighbour of each drawing among those of other typefaces (O and 0).
  func lookalikes(_ choices: [Choice]) -> [Int] {
    var groups = LookalikeGroups(count: choices.count)
    for (a, first) in choices.enumerated() {
      for (b, second) in choices.enumerated().dropFirst(a + 1) {
        let (x, y) = (characters[first.character], characters[second.character])
        let bound = Self.areCases(x, y) ? Self.alikeInCase : Self.alike
        if let distance = likeness(first.character, second.character), distance < bound { groups.join(a, b) }
      }
    }
    groups.join(confusions(choices), images: choices.map(\.typefaces.count))
    return groups.roots
  }

  private static func areCases(_ a: UInt32, _ b: UInt32) -> Bool {
    func small(_ character: UInt32) -> String { Unicode.Scalar(character)?.properties.lowercaseMapping ?? "" }
    return small(a) == small(b)
  }

  /// How many drawings of two classes have their nearest neighbour in the other one, for each pair `[lower, higher]` of choices.
  func confusions(_ choices: [Choice]) -> [([Int], Int)] {
    LookalikeGroups.confusions(
      choices.map { choice in
        choice.typefaces.compactMap { typeface in drawings[typeface][choice.character].map { (typeface, $0.pixels) } }
      })
  }
}
