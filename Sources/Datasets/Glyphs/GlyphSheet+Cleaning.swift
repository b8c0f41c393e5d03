/// Dropping drawings that are not what their class says.
extension GlyphSheet {
  /// Below this distance two drawings count as the same.
  static let sameDrawing = 0.08

  /// Runs all rules in order; each sees what the ones before have left.
  mutating func clean() {
    dropShared()
    dropUnicase()
    dropCopiedTypefaces()
    dropStrange()
  }

  /// Fallback boxes and letters that stand in for others: one drawing for six or more characters.
  private mutating func dropShared() {
    for typeface in typefaces.indices {
      var users: [[UInt8]: Int] = [:]
      for case let drawing? in drawings[typeface] { users[drawing.shape, default: 0] += 1 }
      for index in characters.indices {
        if let drawing = drawings[typeface][index], users[drawing.shape, default: 0] >= 6 {
          drawings[typeface][index] = nil
          dropped.shared += 1
        }
      }
    }
  }

  /// Where small letters are drawn as capitals, they would be wrong examples of their class.
  private mutating func dropUnicase() {
    let places = Dictionary(uniqueKeysWithValues: zip(characters, characters.indices))
    let signature = script.caseSignature.compactMap { pair in
      places[pair.0].flatMap { capital in places[pair.1].map { (capital, $0) } }
    }
    guard !signature.isEmpty else { return }
    for typeface in typefaces.indices {
      let pairs = signature.compactMap { pair in
        drawings[typeface][pair.0].flatMap { capital in drawings[typeface][pair.1].map { (capital, $0) } }
      }
      let same = pairs.count { GlyphDrawing.distance($0.0.shape, $0.1.shape) < Self.sameDrawing }
      guard 2 * same > pairs.count else { continue }
      for (index, character) in characters.enumerated() where drawings[typeface][index] != nil {
        guard Unicode.Scalar(character)?.properties.generalCategory == .lowercaseLetter else { continue }
        drawings[typeface][index] = nil
        dropped.unicase += 1
      }
    }
  }

  /// Of typefaces that draw most characters alike (derived families), the one with the most characters stays.
  private mutating func dropCopiedTypefaces() {
    let order = typefaces.indices.sorted { a, b in
      let (x, y) = (drawings[a].count { $0 != nil }, drawings[b].count { $0 != nil })
      return x != y ? x > y : a < b
    }
    var kept: [Int] = []
    for typeface in order {
      if kept.contains(where: { isCopy(typeface, of: $0) }) {
        dropped.copiedTypeface += removeAll(of: typeface)
      } else {
        kept.append(typeface)
      }
    }
  }

  private func isCopy(_ a: Int, of b: Int) -> Bool {
    let common = characters.indices.filter { drawings[a][$0] != nil && drawings[b][$0] != nil }.spread(over: 24)
    guard common.count >= 3 else { return false }
    let same = common.count { index in
      guard let x = drawings[a][index], let y = drawings[b][index] else { return false }
      return GlyphDrawing.distance(x.shape, y.shape) < Self.sameDrawing
    }
    return 2 * same > common.count
  }

  /// Ranks each drawing's own class among all classes by the distance to the other typefaces' mean drawings. Typefaces that are
  /// not better than a quarter of the way down on average go as a whole, other drawings if they are in the lower half.
  private mutating func dropStrange() {
    guard characters.count >= 4 else { return }
    let count = GlyphDrawing.size * GlyphDrawing.size
    var sums = characters.map { _ in [Int32](repeating: 0, count: count) }
    var counts = characters.map { _ in Int32(0) }
    for row in drawings {
      for (index, drawing) in row.enumerated() {
        guard let drawing else { continue }
        counts[index] += 1
        for position in 0..<count { sums[index][position] += Int32(drawing.shape[position]) }
      }
    }
    // All typefaces are judged by the same sheet, so that their order does not matter.
    let judged = typefaces.indices.map { ranks(ofTypeface: $0, sums: sums, counts: counts) }
    for (typeface, ranks) in judged.enumerated() where !ranks.isEmpty {
      if ranks.map(\.rank).reduce(0, +) / Double(ranks.count) > 0.25 {
        dropped.strangeTypeface += removeAll(of: typeface)
      } else {
        for (index, rank) in ranks where rank > 0.5 {
          drawings[typeface][index] = nil
          dropped.strange += 1
        }
      }
    }
  }

  /// The share of classes that each drawing of a typeface is nearer to than to its own, where other typefaces draw the class.
  private func ranks(ofTypeface typeface: Int, sums: [[Int32]], counts: [Int32]) -> [(index: Int, rank: Double)] {
    // Without the typeface's own drawings: with few typefaces they would vouch for themselves.
    let means = characters.indices.map { index -> [UInt8]? in
      guard let own = drawings[typeface][index] else {
        return counts[index] > 0 ? sums[index].map { UInt8($0 / counts[index]) } : nil
      }
      guard counts[index] > 1 else { return nil }
      return zip(sums[index], own.shape).map { UInt8(($0 - Int32($1)) / (counts[index] - 1)) }
    }
    let rivals = means.compactMap { $0 }
    return characters.indices.compactMap { index in
      guard let drawing = drawings[typeface][index], let mean = means[index] else { return nil }
      let own = GlyphDrawing.distance(drawing.shape, mean)
      let distances = rivals.map { GlyphDrawing.distance(drawing.shape, $0) }
      // Ties count half, so that a drawing that shares no ink with any class ranks in the middle. One tie is the class itself.
      let rank = Double(distances.count { $0 < own }) + Double(distances.count { $0 == own } - 1) / 2
      return (index, rank / Double(rivals.count))
    }
  }

  private mutating func removeAll(of typeface: Int) -> Int {
    let count = drawings[typeface].count { $0 != nil }
    drawings[typeface] = characters.map { _ in nil }
    return count
  }
}
