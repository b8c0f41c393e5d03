/// Drawings of one character each, and how far apart they are.
enum GlyphDrawing {
  /// Pixels a side of a drawing, and of the box that the largest characters fill.
  static let size = 28
  static let box = 20.0

  /// Σ|a − b| / Σ(a + b): 0 for equal drawings, 1 for drawings without a common pixel.
  static func distance(_ a: [UInt8], _ b: [UInt8]) -> Double {
    var difference: UInt32 = 0
    var sum: UInt32 = 0
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        for index in 0..<min(a.count, b.count) {
          let x = Int32(a[index])
          let y = Int32(b[index])
          difference &+= UInt32(truncatingIfNeeded: abs(x &- y))
          sum &+= UInt32(truncatingIfNeeded: x &+ y)
        }
      }
    }
    return sum == 0 ? 0 : Double(difference) / Double(sum)
  }

  /// Stretches a drawing so that its strongest pixel is 255, and rounds to 16 grey levels (multiples of 17), which halves the
  /// packs; `nil` if it is too faint to be visible.
  static func finished(_ pixels: [UInt8]) -> [UInt8]? {
    let peak = Int(pixels.max() ?? 0)
    guard peak >= 64 else { return nil }
    return pixels.map { UInt8((Int($0) * 15 + peak / 2) / peak * 17) }
  }
}
