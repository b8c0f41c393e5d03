import Foundation
import Testing

/// `import ArchPrior` brings in every module, so that a public name may stand in one of them only, and not in Foundation either.
@Suite struct PublicNamesTests {
  /// Public declarations at the top level of the modules that ArchPrior exports: kind, name and module.
  static func declarations() throws -> [(kind: String, name: String, module: String)] {
    let sources = Program.project + "/Sources/"
    let umbrella = try String(contentsOfFile: sources + "ArchPrior/ArchPrior.swift", encoding: .utf8)
    let modules = umbrella.matches(of: /@_exported import (\w+)/).map { String($0.1) } + ["ArchPrior"]
    return try modules.flatMap { module in
      try FileManager.default.subpathsOfDirectory(atPath: sources + module).filter { $0.hasSuffix(".swift") }.flatMap { file in
        try String(contentsOfFile: "\(sources)\(module)/\(file)", encoding: .utf8)
          .matches(of: /(?m)^public (?:(?:final|indirect) )?(struct|class|enum|protocol|actor|typealias|func|let|var) (\w+)/)
          .map { (String($0.1), String($0.2), module) }
      }
    }
  }

  @Test func noNameIsDeclaredTwice() throws {
    let all = try Self.declarations()
    #expect(all.count > 400)
    for (name, same) in Dictionary(grouping: all, by: \.name) where same.count > 1 {
      // A module may overload its functions.
      let overloads = same.allSatisfy { $0.kind == "func" } && Set(same.map(\.module)).count == 1
      #expect(overloads, "\(name) is declared in \(same.map(\.module))")
    }
  }

  /// Every type can be named by who imports Foundation as well.
  @Test func noTypeIsAmbiguousBesideFoundation() throws {
    let types = try Self.declarations().filter { !["func", "let", "var"].contains($0.kind) }
    let text = types.enumerated().map { "func f\($0)(_: \($1.kind == "protocol" ? "any " : "")\($1.name)) {}" }
    let outcome = try UserPackage(["main.swift": "import ArchPrior\nimport Foundation\n" + text.joined(separator: "\n")])
      .typecheck()
    // Generic types want arguments here, which is not the question.
    #expect(!outcome.text.contains("ambiguous") && !outcome.text.contains("cannot find type"), "\(outcome.text)")
    #expect(outcome.text.contains("requires arguments") || outcome.code == 0, "\(outcome.text)")
  }
}
