import Foundation

/// A scale with round ticks: maps values to [0, 1] and names the ticks.
package struct Axis {
  /// How values are written.
  package enum Style: Hashable, Sendable {
    /// Plain numbers, thousands as "k".
    case number
    /// Shares as percentages.
    case percent
  }

  package let lower: Double
  package let upper: Double
  package let ticks: [(value: Double, label: String)]
  package let isLogarithmic: Bool

  /// The axis that covers the values, its ends on ticks if linear.
  ///
  /// Values that are not finite (or not positive on a logarithmic axis) are left out; without any the axis is [0, 1].
  package init(covering values: [Double], style: Style = .number, logarithmic: Bool = false, wantedTicks: Int = 6) {
    let usable = values.filter { abs($0) < 1e100 && (!logarithmic || $0 > 1e-100) }
    isLogarithmic = logarithmic && !usable.isEmpty
    var (low, high) = (usable.min() ?? 0, usable.max() ?? 1)
    if isLogarithmic {
      if low == high { (low, high) = (low / 2, high * 2) }
      (lower, upper) = (low, high)
      ticks = Self.decades(low, high).map { ($0, Self.label($0, step: $0, style: style)) }
      return
    }
    if high - low <= 1e-9 * max(abs(low), abs(high)) {
      let room = abs(low) < 1e-50 ? 1 : abs(low) * 0.1
      (low, high) = (low - room, high + room)
    }
    let step = Self.niceStep((high - low) / Double(wantedTicks))
    let (first, last) = ((low / step + 1e-9).rounded(.down), (high / step - 1e-9).rounded(.up))
    lower = first * step
    upper = last * step
    ticks = stride(from: first, through: last, by: 1).map { ($0 * step, Self.label($0 * step, step: step, style: style)) }
  }

  /// Where a value lies, 0 at the lower end and 1 at the upper.
  package func position(_ value: Double) -> Double {
    isLogarithmic
      ? (log(value) - log(lower)) / (log(upper) - log(lower)) : (value - lower) / (upper - lower)
  }

  /// Whether the value can be shown.
  package func shows(_ value: Double) -> Bool { value.isFinite && (!isLogarithmic || value > 0) }

  /// The smallest of 1, 2, 5 times a power of ten that is at least `rough`.
  package static func niceStep(_ rough: Double) -> Double {
    let power = pow(10, log10(rough).rounded(.down))
    return ([1, 2, 5].first { $0 * power >= rough * (1 - 1e-9) } ?? 10) * power
  }

  /// Powers of ten between the ends, with 2 and 5 times them if there are few.
  private static func decades(_ low: Double, _ high: Double) -> [Double] {
    let exponents = Int(log10(low).rounded(.down))...Int(log10(high).rounded(.up))
    let factors: [Double] = high / low < 300 ? [1, 2, 5] : [1]
    var ticks = [Double]()
    for exponent in exponents {
      for factor in factors {
        let tick = factor * pow(10, Double(exponent))
        if tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9) { ticks.append(tick) }
      }
    }
    return ticks
  }

  private static func label(_ value: Double, step: Double, style: Style) -> String {
    var (factor, unit) = (1.0, "")
    if style == .percent {
      factor = 100
    } else if step >= 1e6 {
      (factor, unit) = (1e-6, "M")
    } else if step >= 1e3 {
      (factor, unit) = (1e-3, "k")
    }
    let digits = -log10(step * factor)
    return NumberFormat.fixed(value * factor, max(0, Int((digits - 1e-9).rounded(.up)))) + (value == 0 ? "" : unit)
  }
}
