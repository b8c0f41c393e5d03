import Basics

/// A cell as a picture: SVG that works on its own or inline in HTML, follows the reader's light or dark scheme, and describes
/// itself in words.
public enum GenotypeDrawing {
  /// The drawing of one cell of a genotype.
  ///
  /// - Parameters:
  ///   - cell: the cell.
  ///   - title: the picture's name, for screen readers and as a tooltip.
  /// - Returns: an `<svg>` element with its style; colours are custom properties (`--cell-ink`, `--cell-separable` …) of class
  ///   `genotype-cell`.
  public static func svg(of cell: Genotype.Cell, title: String) -> String {
    let layout = GenotypeLayout(cell)
    let (width, height) = (layout.width.svg, layout.height.svg)
    var svg = """
      <svg xmlns="http://www.w3.org/2000/svg" class="genotype-cell" role="img" viewBox="0 0 \(width) \(height)" \
      width="\(width)" height="\(height)" aria-label="\(title.escapedForMarkup)">
      <title>\(title.escapedForMarkup)</title>
      <desc>\(describe(cell).escapedForMarkup)</desc>
      <style>\(style)</style>

      """
    for curve in layout.curves {
      let (c, d) = curve.controls
      let name = curve.operation.map { $0.family.rawValue } ?? "output"
      let (x, y) = (curve.end.x, curve.end.y)
      svg += """
        <g class="edge \(name)"><path d="M\(curve.start.x.svg) \(curve.start.y.svg)C\(c.x.svg) \(c.y.svg) \(d.x.svg) \(d.y.svg) \
        \(x.svg) \(y.svg)"/><path class="head" \
        d="M\((x - 4).svg) \((y - 4).svg)L\((x + 5).svg) \(y.svg)L\((x - 4).svg) \((y + 4).svg)z"/></g>

        """
    }
    for (curve, box, text) in layout.labels() {
      let name = layout.curves[curve].operation.map { $0.family.rawValue } ?? "output"
      svg += """
        <g class="label \(name)"><rect x="\((box.centre.x - box.width / 2).svg)" y="\((box.centre.y - box.height / 2).svg)" \
        width="\(box.width.svg)" height="\(box.height.svg)" rx="9"/><text x="\(box.centre.x.svg)" y="\((box.centre.y + 4).svg)">\
        \(text.escapedForMarkup)</text></g>

        """
    }
    for (i, box) in layout.boxes.enumerated() {
      let node = i >= 2 && i < layout.boxes.count - 1
      svg += """
        <g class="\(node ? "node" : "port")"><rect x="\((box.centre.x - box.width / 2).svg)" \
        y="\((box.centre.y - box.height / 2).svg)" width="\(box.width.svg)" height="\(box.height.svg)" \
        rx="\(node ? 17 : 6)"/><text x="\(box.centre.x.svg)" y="\((box.centre.y + 4.5).svg)">\
        \(boxName(i, count: layout.boxes.count))</text></g>

        """
    }
    return svg + "</svg>"
  }

  /// The cell in words, one clause a node.
  public static func describe(_ cell: Genotype.Cell) -> String {
    func name(_ input: Int) -> String {
      switch input {
      case 0: "the cell before the previous one"
      case 1: "the previous cell"
      default: "node \(input - 2)"
      }
    }
    let nodes = cell.nodes.enumerated().map { node, edges in
      "node \(node) adds " + edges.map { "\($0.operation.displayName) of \(name($0.input))" }.joined(separator: " and ")
    }
    return nodes.joined(separator: "; ") + "; the output concatenates all nodes."
  }

  private static func boxName(_ index: Int, count: Int) -> String {
    func c(_ subscripted: String) -> String { "c<tspan dy=\"3.5\" font-size=\"9.5\">\(subscripted)</tspan>" }
    return switch index {
    case 0: c("k−2")
    case 1: c("k−1")
    case count - 1: c("k")
    default: "\(index - 2)"
    }
  }

  private static let light = """
    --cell-ink:#1b1f24;--cell-muted:#98a1ab;--cell-surface:#fff;--cell-fill:#eef1f4;\
    --cell-separable:#0072b2;--cell-dilated:#009e73;--cell-pooling:#d55e00;--cell-skip:#aa4499;
    """
  private static let dark = """
    --cell-ink:#e8eaed;--cell-muted:#6d7681;--cell-surface:#15181c;--cell-fill:#2a2f36;\
    --cell-separable:#56b4e9;--cell-dilated:#2fc49a;--cell-pooling:#e69f00;--cell-skip:#cc79a7;
    """
  private static let style = """
    .genotype-cell{\(light)font:12px system-ui,"DejaVu Sans",sans-serif;max-width:100%;height:auto}\
    @media screen and (prefers-color-scheme:dark){.genotype-cell{\(dark)}}\
    .genotype-cell text{text-anchor:middle;fill:var(--cell-ink)}\
    .genotype-cell .edge path{fill:none;stroke:var(--cell-colour);stroke-width:2}\
    .genotype-cell .edge .head{fill:var(--cell-colour);stroke:none}\
    .genotype-cell .edge.output path{stroke-width:1.2;stroke-dasharray:4 4}\
    .genotype-cell .label rect{fill:var(--cell-surface);stroke:var(--cell-colour);stroke-width:1.2}\
    .genotype-cell .label text{font-size:11px}\
    .genotype-cell .node rect,.genotype-cell .port rect{fill:var(--cell-fill);stroke:var(--cell-ink);stroke-width:1.4}\
    .genotype-cell .node text{font-weight:600}\
    .genotype-cell .separableConvolution{--cell-colour:var(--cell-separable)}\
    .genotype-cell .dilatedConvolution{--cell-colour:var(--cell-dilated)}\
    .genotype-cell .pooling{--cell-colour:var(--cell-pooling)}\
    .genotype-cell .skip{--cell-colour:var(--cell-skip)}\
    .genotype-cell .output,.genotype-cell .none{--cell-colour:var(--cell-muted)}
    """
}
