import ArgumentParser

/// Checks of options' numbers, made of the same bounds as their messages, so that the two cannot differ.
enum Bounds {
  /// Checks a number that may be left out.
  ///
  /// - Throws: `ValidationError`, which states both bounds.
  static func check<Value: Comparable>(_ option: String, _ value: Value?, from low: Value, to high: Value) throws {
    guard let value, !(value >= low && value <= high) else { return }
    throw ValidationError("--\(option) must be from \(text(low)) to \(text(high)), not \(text(value))")
  }

  /// The same where the lower bound itself is excluded.
  static func check<Value: Comparable>(_ option: String, _ value: Value?, above low: Value, to high: Value) throws {
    guard let value, !(value > low && value <= high) else { return }
    throw ValidationError("--\(option) must be above \(text(low)) and at most \(text(high)), not \(text(value))")
  }

  /// Whole numbers without an exponent or a fraction.
  private static func text<Value>(_ value: Value) -> String {
    if let value = value as? Double, let whole = Int(exactly: value), abs(whole) < 1_000_000_000 { return "\(whole)" }
    return "\(value)"
  }
}
