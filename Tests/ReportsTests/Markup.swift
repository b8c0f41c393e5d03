import Foundation
import Testing

/// A reader of the tags of HTML and SVG, enough to check that they nest and what they say.
struct Markup {
  struct Element {
    var name: String
    var attributes: [String: String]
    var text = ""
  }

  /// Every element in order of its start, with its own text (not its children's).
  private(set) var elements: [Element] = []

  /// - Throws: an issue at the first tag that does not match.
  init(_ source: String) throws {
    var open = [Int]()
    var rest = Substring(source)
    while let start = rest.firstIndex(of: "<") {
      let text = rest[..<start]
      if let last = open.last { elements[last].text += text }
      rest = rest[start...]
      let end = try #require(rest.firstIndex(of: ">"), "a tag without an end: \(rest.prefix(80))")
      let tag = rest[rest.index(after: start)..<end]
      rest = rest[rest.index(after: end)...]
      if tag.hasPrefix("!") { continue }
      if tag.hasPrefix("/") {
        let innermost = open.popLast()
        let last = try #require(innermost, "\(tag) closes nothing")
        try #require(elements[last].name == tag.dropFirst(), "\(elements[last].name) is closed by \(tag)")
        continue
      }
      let name = String(tag.prefix { !$0.isWhitespace && $0 != "/" })
      var attributes = [String: String]()
      // name a="v" b="w": between quotes alternate ` a=` and `v`.
      let parts = tag.split(separator: "\"", omittingEmptySubsequences: false)
      for (name, value) in zip(parts, parts.dropFirst()) where name.hasSuffix("=") {
        attributes[String(name.dropLast().split(separator: " ").last ?? "")] = String(value)
      }
      elements.append(Element(name: name, attributes: attributes))
      if !tag.hasSuffix("/") && !["meta", "img", "br", "link"].contains(name) { open.append(elements.count - 1) }
    }
    try #require(open.isEmpty, "not closed: \(open.map { elements[$0].name })")
  }

  func all(_ name: String) -> [Element] { elements.filter { $0.name == name } }

  func texts(_ name: String) -> [String] { all(name).map(\.text) }
}
