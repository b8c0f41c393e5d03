import Basics

/// A table of text; the first column names the rows.
public struct Table: Hashable, Sendable {
  /// A column's heading.
  public struct Column: Hashable, Sendable {
    /// The heading.
    public var title: String
    /// Whether its cells are flush right, as numbers are.
    public var numeric: Bool

    /// A column; flush left unless it is numeric.
    public init(_ title: String, numeric: Bool = false) {
      self.title = title
      self.numeric = numeric
    }
  }

  /// A cell's text.
  public struct Cell: Hashable, Sendable, ExpressibleByStringLiteral {
    /// The text.
    public var text: String
    /// Whether it stands out, such as the best of its column.
    public var strong: Bool

    /// A cell of plain text; markup in it is shown, not interpreted.
    public init(_ text: String, strong: Bool = false) {
      self.text = text
      self.strong = strong
    }

    /// A cell that does not stand out, from a literal.
    public init(stringLiteral text: String) { self.init(text) }
  }

  /// What the table shows.
  public var caption: String
  /// The columns.
  public var columns: [Column]
  /// The cells, row by row. Short rows end early.
  public var rows: [[Cell]]

  /// A table; an empty caption is left out.
  public init(caption: String, columns: [Column], rows: [[Cell]]) {
    self.caption = caption
    self.columns = columns
    self.rows = rows
  }

  /// The most columns that fit in the usual size.
  private static let mostComfortable = 8

  /// The table as HTML.
  public var html: String {
    func classes(_ names: [(String, Bool)]) -> String {
      let present = names.filter(\.1).map(\.0)
      return present.isEmpty ? "" : " class=\"\(present.joined(separator: " "))\""
    }
    // Wide ones get small, so that they fit on the page and on paper.
    var html = "<div class=\"scroll\"><table\(classes([("many", columns.count > Table.mostComfortable)]))>\n"
    if !caption.isEmpty { html += "<caption>\(caption.escapedForMarkup)</caption>\n" }
    html += "<thead><tr>"
    for column in columns {
      html += "<th scope=\"col\"\(classes([("right", column.numeric)]))>\(column.title.escapedForMarkup)</th>"
    }
    html += "</tr></thead>\n<tbody>\n"
    for row in rows {
      html += "<tr>"
      for (index, cell) in row.enumerated() {
        let numeric = columns.indices.contains(index) && columns[index].numeric
        let element = index == 0 ? "th scope=\"row\"" : "td"
        let style = classes([("right", numeric), ("strong", cell.strong)])
        html += "<\(element)\(style)>\(cell.text.escapedForMarkup)</\(index == 0 ? "th" : "td")>"
      }
      html += "</tr>\n"
    }
    return html + "</tbody></table></div>\n"
  }
}
