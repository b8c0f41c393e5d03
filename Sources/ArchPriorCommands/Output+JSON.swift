import ArchPrior
import Foundation

extension Output {
  /// Prints JSON; characters in its strings that a terminal would obey are written as JSON's own escapes, so that it says the same.
  static func json(data: Data) { print(escaped(json: String(decoding: data, as: UTF8.self))) }

  private static func escaped(json: String) -> String {
    let text = json.hasSuffix("\n") ? String(json.dropLast()) : json
    guard text.unicodeScalars.contains(where: { $0 != "\n" && $0.isInvisible }) else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      guard scalar != "\n", scalar.isInvisible else {
        result.unicodeScalars.append(scalar)
        continue
      }
      for unit in String(scalar).utf16 {
        let digits = String(unit, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      }
    }
    return result
  }
}
