extension String {
  /// The text for element content and attributes: the five characters that mean something in XML and HTML are replaced by entities.
  /// Control characters that XML forbids are removed. So are characters that change the direction of what follows or are invisible,
  /// except the joiners that scripts and emoji need.
  package var escapedForMarkup: String {
    var result = ""
    result.reserveCapacity(utf8.count)
    for scalar in unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\n", "\t", "\r": result.unicodeScalars.append(scalar)
      case "\u{200C}", "\u{200D}": result.unicodeScalars.append(scalar)
      case "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
      case _ where [.control, .format].contains(scalar.properties.generalCategory): result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

extension Double {
  /// A coordinate for SVG: two decimals at most, no exponent, never locale-dependent; 0 for what is not finite.
  package var svg: String {
    guard isFinite else { return "0" }
    let hundredths = (Swift.min(Swift.max(self, -1e9), 1e9) * 100).rounded()
    let whole = Int64(hundredths)
    let (units, rest) = (Swift.abs(whole) / 100, Swift.abs(whole) % 100)
    let sign = whole < 0 ? "-" : ""
    if rest == 0 { return "\(sign)\(units)" }
    return rest % 10 == 0 ? "\(sign)\(units).\(rest / 10)" : "\(sign)\(units).\(rest < 10 ? "0" : "")\(rest)"
  }
}
