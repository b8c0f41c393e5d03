import Basics
import Foundation

/// What the numbers of an array of images mean.
public enum PixelScale: Sendable, Hashable {
  /// From 0, black, to this number, white.
  case white(Double)
  /// From −1 to 1.
  case signed

  /// 0…1.
  public static let unit = PixelScale.white(1)
  /// 0…255.
  public static let byte = PixelScale.white(255)
  /// 0…65535.
  public static let word = PixelScale.white(65_535)

  /// The words of the options: `unit`, `byte`, `word`, `signed`, or the number that is white.
  public init?(parsing text: String) {
    switch text {
    case "unit": self = .unit
    case "byte": self = .byte
    case "word": self = .word
    case "signed": self = .signed
    default:
      guard let number = Double(text), number.isFinite, number > 0, number <= 1e12 else { return nil }
      self = .white(number)
    }
  }

  /// The words that ``init(parsing:)`` reads, for help texts.
  public static let words = "unit (0…1), byte (0…255), word (0…65535), signed (−1…1), or the number that is white"

  var range: String {
    switch self {
    case .signed: "−1…1"
    case .white(let number): "0…" + (number == number.rounded() && number < 1e9 ? "\(Int(number))" : "\(number)")
    }
  }

  /// The position of a number on the scale: 0 black, 1 white.
  func position(of value: Double) -> Double {
    switch self {
    case .signed: (value + 1) / 2
    case .white(let number): value / number
    }
  }

  /// Half a step of a byte: numbers so little beside the scale become the same bytes as its ends. Sums and filters leave such.
  static let tolerance = 0.5 / 255

  /// The byte of a number; `nil` if it does not lie on the scale, NaN included.
  func byte(of value: Double) -> UInt8? {
    let place = position(of: value)
    guard place >= -Self.tolerance, place <= 1 + Self.tolerance else { return nil }
    return UInt8((min(max(place, 0), 1) * 255).rounded())
  }
}

extension PixelScale {
  /// The bytes of an array of images, and what was taken for granted.
  ///
  /// Bytes are 0…255 and truth values black and white by their type; bytes that are all 0 or 1 are taken as truth values. Floating-point
  /// numbers are 0…1 where all lie there, and 0…255 where most lie above 1; whole numbers of other types need a `scale`.
  /// - Throws: ``ReaderError/unclearScale(path:offset:reason:help:)`` with the byte that does not fit.
  static func bytes(
    of array: NPYArray, path: String, scale: PixelScale?, notes: inout [String]
  ) throws(ReaderError) -> ArraySlice<UInt8> {
    let source = Source(array: array, path: path)
    switch (array.elementType, scale) {
    case (.bool, nil), (.bool, .some(.unit)): return blackAndWhite(array.bytes)
    case (.bool, .some(let scale)):
      throw source.unclear(0, "the elements are truth values, not numbers of \(scale.range)", "leave --scale out")
    case (.uint8, .some(.byte)): return array.bytes
    case (.uint8, nil): return bytes(stored: array.bytes, path: path, notes: &notes)
    default: break
    }
    if scale == nil, !array.elementType.isFloat {
      throw source.unclear(
        0,
        "elements of type \(array.elementType.rawValue); images are u1, f4 or f8, and of other types where their scale is said")
    }
    let summary = Summary(array)
    if let index = summary.firstNotFinite {
      throw source.unclear(index, "\(array.number(at: index)) is no brightness", "replace such numbers first (numpy.nan_to_num)")
    }
    let chosen: PixelScale
    if let scale {
      chosen = scale
      if summary.largest > 0, scale.position(of: summary.largest) <= 16 / 255 {
        notes.append(
          "\(path): no number is above \(source.text(summary.largest)), so that pictures of \(scale.range) are nearly black; is --scale right?"
        )
      }
    } else {
      chosen = try guessed(summary, source)
      let numbers = "numbers from \(source.text(summary.smallest)) to \(source.text(summary.largest))"
      notes.append("\(path): \(numbers) are taken as \(chosen.range); --scale states another")
    }
    var result: [UInt8] = []
    result.reserveCapacity(array.count)
    for index in 0..<array.count {
      let value = array.number(at: index)
      guard let byte = chosen.byte(of: value) else { throw source.unclear(index, "\(value) does not lie in \(chosen.range)") }
      result.append(byte)
    }
    return ArraySlice(result)
  }

  private static func blackAndWhite(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    ArraySlice(bytes.map { $0 == 0 ? 0 : 255 })
  }

  /// Bytes whose scale nobody has said.
  private static func bytes(stored: ArraySlice<UInt8>, path: String, notes: inout [String]) -> ArraySlice<UInt8> {
    let largest = stored.max() ?? 0
    if largest == 1 {
      notes.append("\(path): every byte is 0 or 1, which is taken as black and white; --scale byte takes them as 0…255")
      return blackAndWhite(stored)
    }
    if (2...16).contains(largest) {
      notes.append(
        "\(path): no byte is above \(largest), so that pictures of 0…255 are nearly black; --scale \(largest) makes it white")
    }
    return stored
  }

  /// The scale of floating-point numbers, of which nobody has said it: 0…1 or 0…255.
  private static func guessed(_ summary: Summary, _ source: Source) throws(ReaderError) -> PixelScale {
    if summary.smallest < -tolerance {
      throw source.unclear(
        summary.smallestIndex, "\(summary.smallest) is no brightness; images of floating-point numbers lie in 0…1 or 0…255")
    }
    if summary.largest <= 1 + tolerance { return .unit }
    if summary.largest > 255 + 255 * tolerance || summary.largest <= 16 {
      throw source.unclear(
        summary.largestIndex,
        "\(summary.largest) is the largest number, and images of floating-point numbers lie in 0…1 or 0…255")
    }
    if summary.fractions > summary.above {
      throw source.unclear(
        summary.largestIndex,
        "\(summary.largest) is of the scale 0…255, and \(summary.fractions) other numbers are fractions of 0…1")
    }
    return .byte
  }

  /// An array and where it is from, for messages.
  private struct Source {
    let array: NPYArray
    let path: String

    /// The error at an element.
    func unclear(_ index: Int, _ reason: String, _ help: String = "say what they mean: --scale \(PixelScale.words)")
      -> ReaderError
    {
      .unclearScale(path: path, offset: array.dataOffset + index * array.elementType.size, reason: reason, help: help)
    }

    /// A number in as many digits as the array has.
    func text(_ value: Double) -> String { array.elementType == .float32 ? "\(Float(value))" : "\(value)" }
  }

  /// What is in an array.
  private struct Summary {
    var smallest = 0.0
    var largest = 0.0
    var smallestIndex = 0
    var largestIndex = 0
    var firstNotFinite: Int?
    /// Numbers between 0 and 1, neither included.
    var fractions = 0
    /// Numbers above 1.
    var above = 0

    init(_ array: NPYArray) {
      for index in 0..<array.count {
        let value = array.number(at: index)
        guard value.isFinite else {
          firstNotFinite = index
          return
        }
        if index == 0 || value < smallest { (smallest, smallestIndex) = (value, index) }
        if index == 0 || value > largest { (largest, largestIndex) = (value, index) }
        if value > 1 + PixelScale.tolerance { above += 1 } else if value > 0, value < 1 { fractions += 1 }
      }
    }
  }
}
