/// Pillow's `resize((28, 28), BOX)` of 105×105: per axis the mean of the 3 or 4 pixels whose centres lie in the window,
/// rounded.
public func pillowBox(_ pixels: [UInt8]) -> [UInt8] {
  func window(_ position: Int) -> Range<Int> {
    let centre = (Double(position) + 0.5) * 3.75
    let all = Int(centre - 1.875 + 0.5)..<min(105, Int(centre + 1.875 + 0.5))
    let inside = all.filter { pixel in
      let distance = (Double(pixel) - centre + 0.5) / 3.75
      return distance > -0.5 && distance <= 0.5
    }
    return inside[0]..<inside[0] + inside.count
  }
  func mean(_ sum: Int, _ count: Int) -> UInt8 {
    UInt8((sum * Int((Double(1 << 22) / Double(count)).rounded()) + (1 << 21)) >> 22)
  }
  let windows = (0..<28).map(window)
  var rows = [UInt8]()
  for row in 0..<105 {
    for window in windows { rows.append(mean(window.reduce(0) { $0 + Int(pixels[row * 105 + $1]) }, window.count)) }
  }
  var result = [UInt8]()
  for window in windows {
    for column in 0..<28 { result.append(mean(window.reduce(0) { $0 + Int(rows[$1 * 28 + column]) }, window.count)) }
  }
  return result
}
