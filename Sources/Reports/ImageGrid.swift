import Basics
import Foundation

/// Small pictures in labelled rows and columns, such as a task's support and query images by class.
public struct ImageGrid: Hashable, Sendable {
  /// Whether a picture was classified, and rightly.
  public enum Verdict: Hashable, Sendable {
    /// Not classified.
    case none
    /// Classified rightly: a green frame and a tick.
    case right
    /// Classified wrongly: an orange, dashed frame and a cross.
    case wrong
  }

  /// One picture.
  public struct Picture: Hashable, Sendable {
    /// The bytes of a PNG file.
    public var png: Data
    /// What it shows, for readers who do not see it.
    public var alternative: String
    /// Written under it.
    public var caption: String
    /// Whether it was classified rightly.
    public var verdict: Verdict

    /// A picture from the bytes of a PNG file; by default without caption and verdict.
    public init(png: Data, alternative: String, caption: String = "", verdict: Verdict = .none) {
      self.png = png
      self.alternative = alternative
      self.caption = caption
      self.verdict = verdict
    }
  }

  /// A labelled row with one group of pictures for each column.
  public struct Row: Hashable, Sendable {
    /// The row's name.
    public var label: String
    /// More about it, in small type.
    public var detail: String
    /// The pictures, column by column.
    public var groups: [[Picture]]

    /// A row with one group of pictures for each column.
    public init(label: String, detail: String = "", groups: [[Picture]]) {
      self.label = label
      self.detail = detail
      self.groups = groups
    }
  }

  /// What the pictures are.
  public var caption: String
  /// The heading of the rows' names.
  public var rowTitle: String
  /// The headings of the groups.
  public var columns: [String]
  /// The rows.
  public var rows: [Row]

  /// A grid; `columns` are the headings of the groups, without that of the rows' names.
  public init(caption: String, rowTitle: String, columns: [String], rows: [Row]) {
    self.caption = caption
    self.rowTitle = rowTitle
    self.columns = columns
    self.rows = rows
  }

  /// The grid as HTML, the pictures embedded.
  public var html: String {
    var html = "<div class=\"scroll\"><table class=\"images\">\n<caption>\(caption.escapedForMarkup)</caption>\n<thead><tr>"
    for title in [rowTitle] + columns { html += "<th scope=\"col\">\(title.escapedForMarkup)</th>" }
    html += "</tr></thead>\n<tbody>\n"
    for row in rows {
      let detail = row.detail.isEmpty ? "" : "<small>\(row.detail.escapedForMarkup)</small>"
      html += "<tr><th scope=\"row\">\(row.label.escapedForMarkup)\(detail)</th>"
      for group in row.groups { html += "<td><div class=\"row\">" + group.map(Self.html).joined() + "</div></td>" }
      html += "</tr>\n"
    }
    return html + "</tbody></table></div>\n"
  }

  private static func html(_ picture: Picture) -> String {
    let (name, mark) =
      switch picture.verdict {
      case .none: ("", "")
      case .right: (" right-answer", "✓ ")
      case .wrong: (" wrong-answer", "✗ ")
      }
    let caption = mark + picture.caption
    return """
      <span class="picture\(name)"><img src="data:image/png;base64,\(picture.png.base64EncodedString())" \
      alt="\(picture.alternative.escapedForMarkup)">\(caption.isEmpty ? "" : "<span>\(caption.escapedForMarkup)</span>")</span>
      """
  }
}
