import Foundation

/// A document of the project, with the code and the commands that it shows: what a reader copies is what the tests compile and run.
struct Document: Sendable {
  /// A fenced or an indented block.
  struct Block: Sendable {
    var document: String
    /// What stands behind the fence; empty where the block is indented.
    var language: String
    /// The name in `<!-- example: NAME -->` right above it.
    var name: String?
    /// The number of its first line of code.
    var line: Int
    /// Its lines, each with its end.
    var text: String

    /// Where it is, for messages.
    var place: String { "\(document):\(line)" }
  }

  /// The path from the project's folder.
  let name: String
  let text: String
  let blocks: [Block]
  /// What stands between backquotes outside of blocks.
  let spans: [String]

  init(_ name: String) throws {
    self.name = name
    text = try String(contentsOfFile: "\(Program.project)/\(name)", encoding: .utf8)
    (blocks, spans) = Self.parts(of: text, in: name)
  }

  /// What a user reads to use ArchPrior.
  static func manuals() throws -> [Document] {
    let pages = try FileManager.default.contentsOfDirectory(atPath: Program.project + "/docs").filter { $0.hasSuffix(".md") }
    return try (["README.md", "CONTRIBUTING.md"] + pages.sorted().map { "docs/" + $0 }).map(Document.init)
  }

  /// These, and what lies with the data sets and the benchmarks.
  static func all() throws -> [Document] {
    let benchmarks = try FileManager.default.subpathsOfDirectory(atPath: Program.project + "/Benchmarks")
      .filter { $0.hasSuffix("README.md") }
    return try manuals() + (["datasets/README.md"] + benchmarks.sorted().map { "Benchmarks/" + $0 }).map(Document.init)
  }

  private static func parts(of text: String, in document: String) -> (blocks: [Block], spans: [String]) {
    var blocks: [Block] = []
    var prose = ""
    var fenced = false
    var name: String?
    var previous = ""
    for (number, part) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let line = String(part)
      if line.hasPrefix("```") {
        fenced.toggle()
        if fenced {
          blocks.append(Block(document: document, language: String(line.dropFirst(3)), name: name, line: number + 2, text: ""))
        }
        name = nil
      } else if fenced {
        blocks[blocks.count - 1].text += line + "\n"
      } else if line.hasPrefix("    "), previous.isEmpty || previous.hasPrefix("    ") {
        if previous.isEmpty { blocks.append(Block(document: document, language: "", name: name, line: number + 1, text: "")) }
        blocks[blocks.count - 1].text += line.dropFirst(4) + "\n"
        name = nil
      } else {
        if let example = line.wholeMatch(of: /<!-- example: (\S+) -->/) { name = String(example.1) }
        prose += line + "\n"
      }
      previous = line
    }
    return (blocks, prose.matches(of: /`([^`]+)`/).map { String($0.1) })
  }
}
