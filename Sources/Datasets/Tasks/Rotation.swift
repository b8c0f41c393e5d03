/// How a task distribution turns images by quarter turns.
///
/// Turned characters as new classes: Santoro et al., "Meta-learning with memory-augmented neural networks", ICML 2016, section
/// 4.1.
public enum RotationPolicy: String, Codable, Hashable, Sendable, CaseIterable {
  /// Images as they are.
  case none
  /// Each class of a task is turned by a random number of quarter turns; a task never holds one class twice (Finn et al., 2017).
  case perClass = "per-class"
  /// Each class counts as four, and a task may hold several turns of one class (Vinyals et al., 2016; Snell et al., 2017).
  case asClasses = "as-classes"
}

/// Quarter turns of square images.
enum QuarterTurn {
  /// Where the pixel at (row, column) of an image turned counter-clockwise by `turns` quarter turns (NumPy's `rot90`) comes from:
  /// the offset of a pixel in a square, row-major image.
  static func sourceOffset(row: Int, column: Int, side: Int, turns: Int) -> Int {
    switch turns & 3 {
    case 1: column * side + (side - 1 - row)
    case 2: (side - 1 - row) * side + (side - 1 - column)
    case 3: (side - 1 - column) * side + row
    default: row * side + column
    }
  }
}
