import Basics
import Foundation

/// A self-contained HTML page: text, tables and inline SVG, no scripts and nothing fetched from elsewhere. Follows the reader's
/// light or dark scheme and prints.
public struct Page: Sendable {
  /// A part of a section.
  public enum Block: Sendable {
    /// A paragraph of plain text.
    case paragraph(String)
    /// A chart with its caption.
    case chart(any Chart, caption: String)
    /// Any SVG with its caption.
    case drawing(svg: String, caption: String)
    /// Several drawings beside each other, each with its caption.
    case drawings([(svg: String, caption: String)])
    /// A table.
    case table(Table)
    /// Pictures in rows.
    case images(ImageGrid)
    /// Big numbers with a few words each.
    case figures([KeyFigure])
    /// Preformatted text, such as a configuration, folded under a heading.
    case verbatim(title: String, text: String)
  }

  /// A key figure.
  public struct KeyFigure: Hashable, Sendable {
    /// The number.
    public var value: String
    /// What it is.
    public var label: String
    /// A line in small type, such as the comparison it comes from.
    public var detail: String

    /// A key figure; `value` is shown unchanged.
    public init(value: String, label: String, detail: String = "") {
      self.value = value
      self.label = label
      self.detail = detail
    }
  }

  /// A titled part of the page.
  public struct Section: Sendable {
    /// The heading.
    public var title: String
    /// What follows it.
    public var blocks: [Block]

    /// A section with its parts in order.
    public init(title: String, blocks: [Block]) {
      self.title = title
      self.blocks = blocks
    }
  }

  /// The title.
  public var title: String
  /// A paragraph under the title.
  public var summary: String
  /// What comes before the first heading.
  public var lead: [Block]
  /// The sections.
  public var sections: [Section]
  /// Where the page comes from, in one line.
  public var footer: String

  /// A page; `lead` comes before the first section.
  public init(title: String, summary: String = "", lead: [Block] = [], sections: [Section], footer: String) {
    self.title = title
    self.summary = summary
    self.lead = lead
    self.sections = sections
    self.footer = footer
  }

  /// The page as an HTML document.
  public var html: String {
    var body = "<header>\n<h1>\(title.escapedForMarkup)</h1>\n"
    if !summary.isEmpty { body += "<p class=\"summary\">\(summary.escapedForMarkup)</p>\n" }
    body += "</header>\n<main>\n"
    for block in lead { body += Self.html(block) }
    for section in sections {
      body += "<section>\n<h2>\(section.title.escapedForMarkup)</h2>\n"
      for block in section.blocks { body += Self.html(block) }
      body += "</section>\n"
    }
    return """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="generator" content="ArchPrior">
      <title>\(title.escapedForMarkup)</title>
      <style>
      \(Stylesheet.text)
      </style>
      </head>
      <body>
      \(body)</main>
      <footer>\(footer.escapedForMarkup)</footer>
      </body>
      </html>

      """
  }

  private static func html(_ block: Block) -> String {
    switch block {
    case .paragraph(let text): "<p>\(text.escapedForMarkup)</p>\n"
    case .chart(let chart, let caption): figure(chart.svg, caption: caption)
    case .drawing(let svg, let caption): figure(svg, caption: caption)
    case .drawings(let drawings):
      "<div class=\"beside\">\n" + drawings.map { figure($0.svg, caption: $0.caption) }.joined() + "</div>\n"
    case .table(let table): table.html
    case .images(let grid): grid.html
    case .figures(let figures):
      "<dl class=\"figures\">\n"
        + figures.map { item in
          """
          <div><dt>\(item.label.escapedForMarkup)</dt><dd class="value">\(item.value.escapedForMarkup)</dd>\
          <dd class="detail">\(item.detail.escapedForMarkup)</dd></div>

          """
        }.joined() + "</dl>\n"
    case .verbatim(let title, let text):
      "<details><summary>\(title.escapedForMarkup)</summary>\n<pre>\(text.escapedForMarkup)</pre></details>\n"
    }
  }

  private static func figure(_ svg: String, caption: String) -> String {
    """
    <figure><div class="scroll">\(svg)</div>
    <figcaption>\(caption.escapedForMarkup)</figcaption></figure>

    """
  }
}
