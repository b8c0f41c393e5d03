import Foundation
import Testing

/// Every public declaration says what it is.
@Suite struct DocumentationCommentTests {
  /// Words that may stand before the keyword of a declaration.
  private static let modifiers: Set<Substring> = [
    "public", "static", "final", "mutating", "override", "indirect", "consuming", "convenience", "required", "prefix", "infix",
    "nonisolated", "private(set)", "internal(set)", "package(set)",
  ]
  private static let keywords: Set<Substring> = [
    "func", "var", "let", "struct", "class", "enum", "protocol", "subscript", "typealias", "actor", "associatedtype",
  ]

  /// Whether a line of a source declares something public.
  static func isPublicDeclaration(_ line: Substring) -> Bool {
    guard line.contains("public ") else { return false }
    let words = line.split(separator: " ").drop { $0.hasPrefix("@") }
    guard words.prefix(while: modifiers.contains).contains("public") else { return false }
    guard let keyword = words.drop(while: modifiers.contains).first else { return false }
    return keywords.contains(keyword) || keyword.hasPrefix("init") || keyword.hasPrefix("subscript")
  }

  /// Lines, counted from 1, that declare something public without a comment above them.
  static func undocumented(_ source: String) -> [Int] {
    let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.indices.filter { index in
      guard isPublicDeclaration(lines[index]) else { return false }
      let above = lines[..<index].last { !$0.drop { $0 == " " }.hasPrefix("@") }
      return above?.drop { $0 == " " }.hasPrefix("///") != true
    }.map { $0 + 1 }
  }

  @Test func everyPublicDeclarationHasAComment() throws {
    let sources = Program.project + "/Sources"
    var found: [String] = []
    for file in try FileManager.default.subpathsOfDirectory(atPath: sources).sorted() where file.hasSuffix(".swift") {
      let text = try String(contentsOfFile: "\(sources)/\(file)", encoding: .utf8)
      found += Self.undocumented(text).map { "\(file):\($0)" }
    }
    #expect(found.isEmpty, "\(found.count): \(found.joined(separator: "\n"))")
  }

  @Test func whatIsMissingIsFound() {
    let source = """
      /// A thing.
      public struct Thing {
        public var size: Int
        /// Its name.
        @usableFromInline
        public private(set) var name = ""
        public init() {}
        var inner = 0
        public static func + (a: Self, b: Self) -> Self { a }
      }
      """
    #expect(Self.undocumented(source) == [3, 7, 9])
  }
}
