extension Unicode.Scalar {
  /// Whether a terminal or a page would do something with the character instead of showing it: control characters (escape sequences
  /// begin with one), marks and overrides of the writing direction, line separators and other invisible characters. The two joiners
  /// stay, which Persian, Indic scripts and emoji need.
  package var isInvisible: Bool {
    switch properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: true
    case .format: self != "\u{200C}" && self != "\u{200D}"
    default: false
    }
  }
}

extension String {
  /// The text on one line with everything that a terminal would obey instead of showing written as `\n`, `\t` or `\u{1b}`: what names
  /// from files must go through before they reach a terminal.
  package var visible: String { escaped { $0.isInvisible } }

  /// As ``visible``, but for line ends: for text of several lines that the program itself has put together.
  package var visibleLines: String { escaped { $0 != "\n" && $0.isInvisible } }

  private func escaped(_ isHidden: (Unicode.Scalar) -> Bool) -> String {
    guard unicodeScalars.contains(where: isHidden) else { return self }
    var result = ""
    result.reserveCapacity(utf8.count + 16)
    for scalar in unicodeScalars {
      switch scalar {
      case _ where !isHidden(scalar): result.unicodeScalars.append(scalar)
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r": result += "\\r"
      default: result += "\\u{\(String(scalar.value, radix: 16))}"
      }
    }
    return result
  }
}
