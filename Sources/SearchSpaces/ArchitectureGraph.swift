import Basics

/// A directed acyclic graph to be drawn: nodes in an order in which every edge goes forward.
public struct ArchitectureGraph: Hashable, Sendable {
  /// What an edge or node does, for its colour.
  public enum Family: String, Hashable, Sendable {
    /// Convolutions, poolings, identities, separable convolutions, and what is drawn without emphasis.
    case convolution, pooling, skip, separable, muted
  }

  /// A connection.
  public struct Edge: Hashable, Sendable {
    /// The node that it leaves.
    public let from: Int
    /// The node that it enters, a later one.
    public let to: Int
    /// What is written on it; empty for nothing.
    public let label: String
    /// What the edge does, for its colour.
    public let family: Family

    /// A connection.
    public init(from: Int, to: Int, label: String = "", family: Family = .muted) {
      self.from = from
      self.to = to
      self.label = label
      self.family = family
    }
  }

  /// The nodes' labels.
  public let nodes: [String]
  /// The connections; those that do not go forward are left out.
  public let edges: [Edge]

  /// A graph of these nodes; edges that do not go forward are left out.
  public init(nodes: [String], edges: [Edge]) {
    self.nodes = nodes
    self.edges = edges.filter { $0.from >= 0 && $0.from < $0.to && $0.to < nodes.count }
  }
}

/// A graph as a picture: SVG that works on its own or inline in HTML, follows the reader's light or dark scheme, and describes itself
/// in words.
public enum GraphDrawing {
  private static let lane = 64.0
  private static let gap = 120.0

  /// The drawing of a graph, from left to right, a node in the column after its latest input.
  public static func svg(of graph: ArchitectureGraph, title: String) -> String {
    let widths = graph.nodes.map { max(34, 7.2 * Double($0.count) + 16) }
    let (places, width, height) = places(of: graph, widths: widths)
    var svg = """
      <svg xmlns="http://www.w3.org/2000/svg" class="architecture-graph" role="img" viewBox="0 0 \(width.svg) \(height.svg)" \
      width="\(width.svg)" height="\(height.svg)" aria-label="\(title.escapedForMarkup)">
      <title>\(title.escapedForMarkup)</title>
      <desc>\(describe(graph).escapedForMarkup)</desc>
      <style>\(style)</style>

      """
    var labels = ""
    for (number, edge) in graph.edges.enumerated() {
      let (a, b) = (places[edge.from], places[edge.to])
      let start = (x: a.x + widths[edge.from] / 2, y: a.y)
      let end = (x: b.x - widths[edge.to] / 2 - 5, y: b.y)
      // Edges that pass over columns bow out, each by its own amount, so that they do not lie on nodes or each other.
      let columns = max(1, ((b.x - a.x) / gap).rounded())
      let twins = graph.edges[..<number].count { $0.from == edge.from && $0.to == edge.to }
      let bow = ((columns - 1) * 30 + Double(twins) * 24) * (edge.from % 2 == 0 ? -1 : 1)
      let reach = (end.x - start.x) * 0.4
      let (c, d) = ((x: start.x + reach, y: start.y + bow), (x: end.x - reach, y: end.y + bow))
      svg += """
        <g class="edge \(edge.family.rawValue)"><path d="M\(start.x.svg) \(start.y.svg)C\(c.x.svg) \(c.y.svg) \(d.x.svg) \(d.y.svg) \
        \(end.x.svg) \(end.y.svg)"/><path class="head" \
        d="M\((end.x - 4).svg) \((end.y - 4).svg)L\((end.x + 5).svg) \(end.y.svg)L\((end.x - 4).svg) \((end.y + 4).svg)z"/></g>

        """
      guard !edge.label.isEmpty else { continue }
      let middle = (x: (start.x + 3 * c.x + 3 * d.x + end.x) / 8, y: (start.y + 3 * c.y + 3 * d.y + end.y) / 8)
      let room = 6.1 * Double(edge.label.count) + 12
      labels += """
        <g class="label \(edge.family.rawValue)"><rect x="\((middle.x - room / 2).svg)" y="\((middle.y - 9).svg)" \
        width="\(room.svg)" height="18" rx="9"/><text x="\(middle.x.svg)" y="\((middle.y + 4).svg)">\
        \(edge.label.escapedForMarkup)</text></g>

        """
    }
    svg += labels
    for (place, (label, room)) in zip(places, zip(graph.nodes, widths)) {
      svg += """
        <g class="node"><rect x="\((place.x - room / 2).svg)" y="\((place.y - 17).svg)" width="\(room.svg)" height="34" rx="9"/>\
        <text x="\(place.x.svg)" y="\((place.y + 4.5).svg)">\(label.escapedForMarkup)</text></g>

        """
    }
    return svg + "</svg>"
  }

  /// The graph in words.
  public static func describe(_ graph: ArchitectureGraph) -> String {
    let clauses = graph.nodes.indices.compactMap { node -> String? in
      let inputs = graph.edges.filter { $0.to == node }
      guard !inputs.isEmpty else { return nil }
      let words = inputs.map { ($0.label.isEmpty ? "" : "\($0.label) of ") + graph.nodes[$0.from] }
      return "\(graph.nodes[node]) takes " + words.joined(separator: " and ")
    }
    return clauses.joined(separator: "; ") + "."
  }

  private static func places(
    of graph: ArchitectureGraph, widths: [Double]
  ) -> (places: [(x: Double, y: Double)], width: Double, height: Double) {
    var columns = [Int](repeating: 0, count: graph.nodes.count)
    for node in graph.nodes.indices {
      columns[node] = graph.edges.filter { $0.to == node }.map { columns[$0.from] + 1 }.max() ?? 0
    }
    let last = columns.max() ?? 0
    if let output = columns.indices.last { columns[output] = last }
    let lanes = (0...last).map { column in columns.count { $0 == column } }.max() ?? 1
    var columnWidths = [Double](repeating: 34, count: last + 1)
    for (column, width) in zip(columns, widths) { columnWidths[column] = max(columnWidths[column], width) }
    var lefts = [20.0]
    for width in columnWidths { lefts.append((lefts.last ?? 0) + width + gap) }
    // Bows of edges that pass over columns need room above and below.
    let margin = 30 + 24 * Double(last)
    let height = 2 * margin + lane * Double(max(lanes, 1) - 1)
    var used = [Int](repeating: 0, count: last + 1)
    let places = columns.map { column -> (x: Double, y: Double) in
      let count = columns.count { $0 == column }
      defer { used[column] += 1 }
      return (
        lefts[column] + columnWidths[column] / 2, height / 2 + lane * (Double(used[column]) - Double(count - 1) / 2)
      )
    }
    return (places, (lefts.last ?? 0) - gap + 20, height)
  }

  private static let light = """
    --cell-ink:#1b1f24;--cell-muted:#98a1ab;--cell-surface:#fff;--cell-fill:#eef1f4;\
    --cell-convolution:#0072b2;--cell-separable:#009e73;--cell-pooling:#d55e00;--cell-skip:#aa4499;
    """
  private static let dark = """
    --cell-ink:#e8eaed;--cell-muted:#6d7681;--cell-surface:#15181c;--cell-fill:#2a2f36;\
    --cell-convolution:#56b4e9;--cell-separable:#2fc49a;--cell-pooling:#e69f00;--cell-skip:#cc79a7;
    """
  private static let style = """
    .architecture-graph{\(light)font:12px system-ui,"DejaVu Sans",sans-serif;max-width:100%;height:auto}\
    @media screen and (prefers-color-scheme:dark){.architecture-graph{\(dark)}}\
    .architecture-graph text{text-anchor:middle;fill:var(--cell-ink)}\
    .architecture-graph .edge path{fill:none;stroke:var(--cell-colour);stroke-width:2}\
    .architecture-graph .edge .head{fill:var(--cell-colour);stroke:none}\
    .architecture-graph .label rect{fill:var(--cell-surface);stroke:var(--cell-colour);stroke-width:1.2}\
    .architecture-graph .label text{font-size:11px}\
    .architecture-graph .node rect{fill:var(--cell-fill);stroke:var(--cell-ink);stroke-width:1.4}\
    .architecture-graph .node text{font-weight:600}\
    .architecture-graph .convolution{--cell-colour:var(--cell-convolution)}\
    .architecture-graph .separable{--cell-colour:var(--cell-separable)}\
    .architecture-graph .pooling{--cell-colour:var(--cell-pooling)}\
    .architecture-graph .skip{--cell-colour:var(--cell-skip)}\
    .architecture-graph .muted{--cell-colour:var(--cell-muted)}
    """
}
