import Foundation

/// Numbers as readers of results want them: fixed decimals, a real minus sign, units that keep three figures.
package enum NumberFormat {
  /// A number with a fixed count of decimals; a dash for what is not finite.
  package static func fixed(_ value: Double, _ decimals: Int) -> String {
    guard value.isFinite else { return "–" }
    let text = String(format: "%.\(decimals)f", value)
    guard text.hasPrefix("-") else { return text }
    let digits = text.dropFirst()
    return digits.contains(where: { "123456789".contains($0) }) ? "−\(digits)" : String(digits)
  }

  /// A share as a percentage without the sign: 0.934 as "93.4".
  package static func percent(_ value: Double, _ decimals: Int = 1) -> String { fixed(100 * value, decimals) }

  /// A difference of shares in percentage points, always with its sign.
  package static func points(_ value: Double, _ decimals: Int = 1) -> String {
    let text = percent(value, decimals)
    return text.hasPrefix("−") || text == "–" || !text.contains(where: { "123456789".contains($0) }) ? text : "+\(text)"
  }

  /// A count with a unit: 23,213 as "23.2 K".
  package static func count(_ value: Int) -> String {
    let size = Double(value)
    return switch abs(size) {
    case ..<1e4: "\(value)"
    case ..<1e6: figures(size / 1e3) + " K"
    case ..<1e9: figures(size / 1e6) + " M"
    default: figures(size / 1e9) + " G"
    }
  }

  /// A duration in the unit that suits it.
  package static func seconds(_ value: Double) -> String {
    switch value {
    case 0: "0 s"
    case ..<0.0995: figures(value * 1e3) + " ms"
    case ..<120: figures(value) + " s"
    case ..<7200: figures(value / 60) + " min"
    default: figures(value / 3600) + " h"
    }
  }

  /// A p-value: three decimals, or a bound below them.
  package static func pValue(_ value: Double) -> String { value < 0.001 ? "< 0.001" : fixed(value, 3) }

  /// Three figures.
  private static func figures(_ value: Double) -> String {
    switch abs(value) {
    case ..<9.995: fixed(value, 2)
    case ..<99.95: fixed(value, 1)
    default: fixed(value, 0)
    }
  }
}

extension String {
  /// The text with a capital first letter, for captions.
  var capitalisedFirst: String { prefix(1).uppercased() + dropFirst() }
}
