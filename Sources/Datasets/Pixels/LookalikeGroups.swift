/// Groups of classes that look alike, by union–find: each has the first of its classes for a name.
struct LookalikeGroups {
  private var parents: [Int]

  /// Every class in its own group.
  init(count: Int) { parents = Array(0..<count) }

  private func root(_ index: Int) -> Int {
    var index = index
    while parents[index] != index { index = parents[index] }
    return index
  }

  /// Makes one group of those of two classes.
  mutating func join(_ a: Int, _ b: Int) {
    let (x, y) = (root(a), root(b))
    parents[max(x, y)] = min(x, y)
  }

  /// For each class the first one of its group; its own index where it has none.
  var roots: [Int] { parents.indices.map(root) }

  /// A drawing of a class, and which typeface or theme it comes from.
  typealias Drawing = (source: Int, pixels: [UInt8])

  /// How many drawings of two classes have their nearest neighbour among other sources in the other one, for each pair `[lower, higher]`.
  static func confusions(_ classes: [[Drawing]]) -> [([Int], Int)] {
    var counts: [[Int]: Int] = [:]
    for (a, drawings) in classes.enumerated() {
      for drawing in drawings {
        var nearest = (distance: Double.infinity, index: a)
        for (b, others) in classes.enumerated() {
          for other in others where other.source != drawing.source {
            let distance = GlyphDrawing.distance(drawing.pixels, other.pixels)
            if distance < nearest.distance { nearest = (distance, b) }
          }
        }
        if nearest.index != a { counts[[min(a, nearest.index), max(a, nearest.index)], default: 0] += 1 }
      }
    }
    return counts.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { ($0.key, $0.value) }
  }

  /// Joins classes that are often confused: by ``GlyphSheet/confused`` of all their images.
  mutating func join(_ confusions: [([Int], Int)], images: [Int]) {
    for (pair, count) in confusions where Double(count) >= GlyphSheet.confused * Double(images[pair[0]] + images[pair[1]]) {
      join(pair[0], pair[1])
    }
  }
}
