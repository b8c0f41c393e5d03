import Foundation
import Testing

/// No function of more than 60 lines, none with more than 8 parameters, no file of more than 350 lines.
@Suite struct SourceSizesTests {
  /// Tables of data would be the exceptions; there is none. A line names a file and the beginning of a declaration.
  private static let exceptions: [String] = []

  @Test func sourcesAreShort() throws {
    var found: [String] = []
    for folder in ["Sources", "Tests", "Benchmarks", "Examples"] {
      let root = "\(Program.project)/\(folder)"
      for name in try FileManager.default.subpathsOfDirectory(atPath: root).sorted()
      where name.hasSuffix(".swift") && !name.contains(".build/") {
        let text = try String(contentsOfFile: "\(root)/\(name)", encoding: .utf8)
        found += SourceSizes(text).excesses.map { "\(folder)/\(name): \($0)" }
      }
    }
    let unexpected = found.filter { line in !Self.exceptions.contains(where: line.hasPrefix) }
    #expect(unexpected.isEmpty, "\(unexpected.joined(separator: "\n"))")
    for exception in Self.exceptions {
      #expect(found.contains { $0.hasPrefix(exception) }, "no exception any more: \(exception)")
    }
  }

  /// A made-up source, whose excesses are known.
  @Test func whatIsTooLongIsFound() {
    func body(_ lines: Int) -> String { String(repeating: "    work()\n", count: lines) }
    func parameters(_ count: Int) -> String { (0..<count).map { "_ p\($0): (a: Int, b: Int) = (1, 2)" }.joined(separator: ", ") }
    let text = """
      struct Example {
        func short() {
      \(body(58))  }

        @Test(arguments: [1, 2]) private static func long(
          _ count: Int
        ) throws
        {
      \(body(56))  }

        var value: Int {
      \(body(59))  }

        var line: Int { 1 }
        init(\(parameters(8))) {}
        init?(\(parameters(9))) {}
        func generic<A: B, C: D>(\(parameters(8))) {}
      \(body(300))}

      """
    #expect(
      SourceSizes(text).excesses == [
        "491 lines in the file", "@Test(arguments: [1, 2]) private static func long: 61 lines", "var value: Int {: 61 lines",
        "init?: 9 parameters",
      ])
  }
}

/// The sizes of a Swift file that `swift format` has laid out: blocks end at their own indentation.
struct SourceSizes {
  private let lines: [Substring]

  init(_ text: String) { lines = text.split(separator: "\n", omittingEmptySubsequences: false) }

  /// What is too long, a line each.
  var excesses: [String] {
    // The text ends with a line break, after which there is no line.
    var found = lines.count - 1 > 350 ? ["\(lines.count - 1) lines in the file"] : []
    let declaration =
      /^ *(?:@\w+(?:\([^)]*\))? +)*(?:(?:public|package|private|fileprivate|internal|static|mutating|final|override|nonisolated|convenience|required)(?:\(set\))? +)*(?:func |init\b|subscript\b|var .*\{ *$)/
    let words = ["func ", "init", "subscript", "var "]
    for (number, line) in lines.enumerated() where words.contains(where: line.contains) {
      guard let beginning = line.firstMatch(of: declaration)?.output else { continue }
      let rest = line.dropFirst(beginning.count)
      let name = (beginning + rest.prefix { $0 != "(" }).trimmingCharacters(in: .whitespaces)
      let length = length(from: number)
      if length > 60 { found.append("\(name): \(length) lines") }
      guard !beginning.hasSuffix("{") else { continue }
      let parameters = Self.parameters(([rest] + lines[(number + 1)...].prefix(30)).joined(separator: "\n"))
      if parameters > 8 { found.append("\(name): \(parameters) parameters") }
    }
    return found
  }

  private static func indentation(_ line: Substring) -> Int { line.utf8.prefix { $0 == 32 }.count }

  /// The lines of the declaration that starts on a line, up to the brace at its indentation; 1 where there is none.
  private func length(from number: Int) -> Int {
    let own = Self.indentation(lines[number])
    for place in (number + 1)..<max(number + 1, lines.count) where !lines[place].isEmpty {
      let indentation = Self.indentation(lines[place])
      if indentation > own { continue }
      let rest = lines[place].dropFirst(indentation)
      if indentation < own || !["}", ")", "{", "where ", "#"].contains(where: rest.hasPrefix) { return 1 }
      if rest.hasPrefix("}") { return place - number + 1 }
    }
    return 1
  }

  /// The parameters in what follows the word `func` or `init`: the colons between the outermost parentheses.
  private static func parameters(_ text: String) -> Int {
    var (depth, count, isQuoted) = (0, 0, false)
    for character in text {
      switch character {
      case "\"": isQuoted.toggle()
      case _ where isQuoted: break
      case "(", "[", "{": depth += 1
      case ")", "]", "}":
        depth -= 1
        if depth == 0 { return count }
      case ":" where depth == 1: count += 1
      default: break
      }
    }
    return count
  }
}
