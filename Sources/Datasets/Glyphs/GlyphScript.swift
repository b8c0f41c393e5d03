import Foundation

/// A writing system that becomes one data set of drawn characters.
public struct GlyphScript: Sendable, Hashable {
  /// Lower-case name; the data set is called `glyphs-NAME`.
  public let name: String
  /// The Unicode blocks, or parts of them, that are looked through for letters and digits.
  public let ranges: [ClosedRange<UInt32>]
  /// The largest number of classes, sampled from those available; for scripts of thousands of characters.
  public let classLimit: Int
  /// Whether letters that Unicode writes as a letter and marks (é, ῷ, й) are left out: a class of its own for every accent would
  /// fill the pack with classes that differ in a few pixels.
  public let leavesOutMarks: Bool
  /// Pairs of capital and small letters that differ in shape; a typeface in which most coincide has no small letters of its own.
  let caseSignature: [(UInt32, UInt32)]

  init(
    _ name: String, _ ranges: [ClosedRange<UInt32>], classLimit: Int = 10_000, leavesOutMarks: Bool = false,
    caseSignature: String = ""
  ) {
    self.name = name
    self.ranges = ranges
    self.classLimit = classLimit
    self.leavesOutMarks = leavesOutMarks
    self.caseSignature = caseSignature.unicodeScalars.compactMap { capital in
      capital.properties.lowercaseMapping.unicodeScalars.first.map { (capital.value, $0.value) }
    }
  }

  /// Whether both have the same name, which stands for the script.
  public static func == (a: GlyphScript, b: GlyphScript) -> Bool { a.name == b.name }
  /// Hashes the name.
  public func hash(into hasher: inout Hasher) { hasher.combine(name) }

  /// The script's letters (without modifiers and marks) and decimal digits, by code point.
  public var characters: [UInt32] {
    ranges.flatMap(Array.init).filter { value in
      guard let scalar = Unicode.Scalar(value) else { return false }
      if leavesOutMarks, String(scalar).decomposedStringWithCanonicalMapping.unicodeScalars.count > 1 { return false }
      switch scalar.properties.generalCategory {
      case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .otherLetter, .decimalNumber: return true
      default: return false
      }
    }
  }

  /// Every script that is tried, in the order of the packs. Those for which too few typefaces exist give no pack.
  public static let all: [GlyphScript] = [
    GlyphScript("latin", [0x30...0x39, 0x41...0x24F, 0x250...0x2AF], leavesOutMarks: true, caseSignature: "ABDEGHQRT"),
    GlyphScript("greek", [0x370...0x3FF, 0x1F00...0x1FFF], leavesOutMarks: true, caseSignature: "ΑΓΔΛΣΩ"),
    GlyphScript("cyrillic", [0x400...0x52F], leavesOutMarks: true, caseSignature: "АБЕ"),
    GlyphScript("armenian", [0x530...0x58F], caseSignature: "ԱԲԳԵՀ"),
    GlyphScript("hebrew", [0x5D0...0x5F4]),
    GlyphScript("arabic", [0x620...0x6FF, 0x750...0x77F]),
    GlyphScript("syriac", [0x700...0x74F]),
    GlyphScript("devanagari", [0x900...0x97F]),
    GlyphScript("bengali", [0x980...0x9FF]),
    GlyphScript("gurmukhi", [0xA00...0xA7F]),
    GlyphScript("gujarati", [0xA80...0xAFF]),
    GlyphScript("oriya", [0xB00...0xB7F]),
    GlyphScript("tamil", [0xB80...0xBFF]),
    GlyphScript("telugu", [0xC00...0xC7F]),
    GlyphScript("kannada", [0xC80...0xCFF]),
    GlyphScript("malayalam", [0xD00...0xD7F]),
    GlyphScript("sinhala", [0xD80...0xDFF]),
    GlyphScript("thai", [0xE00...0xE7F]),
    GlyphScript("lao", [0xE80...0xEFF]),
    GlyphScript("tibetan", [0xF00...0xFFF]),
    GlyphScript("myanmar", [0x1000...0x109F]),
    GlyphScript("georgian", [0x10D0...0x10FF]),
    GlyphScript("ethiopic", [0x1200...0x137F]),
    GlyphScript("cherokee", [0x13A0...0x13FF]),
    GlyphScript("canadian", [0x1400...0x167F]),
    GlyphScript("runic", [0x16A0...0x16FF]),
    GlyphScript("khmer", [0x1780...0x17FF]),
    GlyphScript("tifinagh", [0x2D30...0x2D7F]),
    GlyphScript("coptic", [0x2C80...0x2CFF]),
    GlyphScript("hiragana", [0x3041...0x3096]),
    GlyphScript("katakana", [0x30A1...0x30FA]),
    GlyphScript("bopomofo", [0x3105...0x312F]),
    GlyphScript("han", [0x4E00...0x9FA5], classLimit: 200),
    GlyphScript("hangul", [0xAC00...0xD7A3], classLimit: 200),
  ]
}
