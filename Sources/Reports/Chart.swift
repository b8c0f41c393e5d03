import Basics

/// A picture drawn as SVG.
///
/// Colours are the custom properties of ``Page``'s style sheet, with light fall-backs, so that a chart also works on its own.
public protocol Chart: Sendable {
  /// The `<svg>` element, with a title and a description for readers who do not see it.
  var svg: String { get }
}

/// The frame that all charts share.
package enum ChartFrame {
  static func svg(title: String, description: String, width: Double, height: Double, body: String) -> String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" \
    viewBox="0 0 \(width.svg) \(height.svg)" width="\(width.svg)" height="\(height.svg)" \
    aria-label="\(title.escapedForMarkup)" font-family="system-ui, 'DejaVu Sans', sans-serif" font-size="12">
    <title>\(title.escapedForMarkup)</title>
    <desc>\(description.escapedForMarkup)</desc>
    \(body)</svg>
    """
  }

  static func text(
    _ text: String, x: Double, y: Double, anchor: String = "start", colour: String = ink, size: Double = 12,
    weight: Int = 400, extra: String = ""
  ) -> String {
    """
    <text x="\(x.svg)" y="\(y.svg)" text-anchor="\(anchor)" fill="\(colour)" font-size="\(size.svg)" font-weight="\(weight)"\
    \(extra)>\(text.escapedForMarkup)</text>

    """
  }

  static func line(
    _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, colour: String = rule, width: Double = 1, dash: String = ""
  ) -> String {
    """
    <line x1="\(x1.svg)" y1="\(y1.svg)" x2="\(x2.svg)" y2="\(y2.svg)" stroke="\(colour)" stroke-width="\(width.svg)"\
    \(dash.isEmpty ? "" : " stroke-dasharray=\"\(dash)\"")/>

    """
  }

  static let ink = "var(--ink, #1b1f24)"
  static let muted = "var(--muted, #59636e)"
  static let rule = "var(--rule, #d8dee4)"
  static let surface = "var(--surface, #fff)"

  /// The colour of a series: Okabe and Ito's palette, which readers with any colour vision can tell apart.
  package static func series(_ index: Int) -> String {
    let light = ["#0072b2", "#d55e00", "#009e73", "#aa4499", "#b07d00", "#3a9bd1", "#555c66"]
    return "var(--series-\(index % light.count), \(light[index % light.count]))"
  }

  /// Dashes tell series apart without colour; with as many series as colours and more, those of one colour from each other.
  static func dash(_ index: Int) -> String { ["", "7 3", "2 3", "9 3 2 3", "4 2", "12 4", "1 2"][(index + index / 7 * 3) % 7] }

  /// An estimate of the width of a text in pixels, of the widest of the usual fonts.
  static func width(of text: String, size: Double = 12, bold: Bool = false) -> Double {
    Double(text.count) * size * (bold ? 0.65 : 0.57)
  }

  /// Pushes ordered places apart until neighbours are `gap` apart, within the bounds where there is room.
  package static func spread(_ places: [Double], gap: Double, within bounds: ClosedRange<Double>) -> [Double] {
    let order = places.indices.sorted { places[$0] < places[$1] }
    var result = places
    var floor = bounds.lowerBound
    for index in order {
      result[index] = max(result[index], floor)
      floor = result[index] + gap
    }
    var ceiling = bounds.upperBound
    for index in order.reversed() {
      result[index] = min(result[index], ceiling)
      ceiling = result[index] - gap
    }
    return result
  }
}
