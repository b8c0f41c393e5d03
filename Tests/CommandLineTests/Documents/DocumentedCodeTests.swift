import ArchPrior
import Foundation
import Testing

/// The Swift code of the documents, taken from them as it stands there: everything compiles with `import ArchPrior`, and what has a name
/// is run.
@Suite struct DocumentedCodeTests {
  static let code = Result { try Document.manuals().flatMap(\.blocks).filter { $0.language == "swift" } }

  /// Statements at the beginning of a line: the block is a `main.swift`.
  private static func isProgram(_ block: Document.Block) -> Bool {
    block.text.contains(/(?m)^(let|var|for|print|try|_ =) ?/)
  }

  private static func isManifest(_ block: Document.Block) -> Bool { block.text.hasPrefix("// swift-tools-version") }

  /// The sources of a reader who copies a block: its own file, and the files of types that the same page declares.
  private static func sources(of block: Document.Block) throws -> [String: String] {
    var files: [String: String] = [:]
    for other in try code.get() where other.document == block.document && !isProgram(other) {
      files["Types\(other.line).swift"] = other.text
    }
    if isProgram(block) { files["main.swift"] = block.text }
    return files
  }

  @Test func everyBlockCompiles() throws {
    let blocks = try Self.code.get()
    #expect(blocks.count >= 9)
    for block in blocks where !Self.isManifest(block) {
      let outcome = try UserPackage(Self.sources(of: block)).typecheck()
      #expect(outcome.code == 0, "\(block.place): \(outcome.text)")
      #expect(block.text.contains("import ArchPrior\n"), "\(block.place) imports nothing")
    }
  }

  @Test func theManifestNamesThePackageAndItsLibrary() throws {
    let manifests = try Self.code.get().filter(Self.isManifest)
    let manifest = try #require(manifests.first, "no Package.swift is shown")
    #expect(manifests.count == 1)
    let folder = try TemporaryFolder()
    try folder.write(manifest.text, to: "Package.swift")
    struct Dumped: Decodable {
      struct Dependency: Decodable {
        struct FileSystem: Decodable {
          var identity: String
          var path: String
        }
        var fileSystem: [FileSystem]
      }
      struct Target: Decodable {
        struct Dependency: Decodable { var product: [String?] }
        var dependencies: [Dependency]
      }
      var dependencies: [Dependency]
      var targets: [Target]
    }
    let dumped = try UserPackage.run(["swift", "package", "dump-package"], in: folder.path)
    let package = try JSONDecoder().decode(Dumped.self, from: Data(dumped.text.utf8))
    #expect(package.dependencies.map { $0.fileSystem.map { URL(fileURLWithPath: $0.path).lastPathComponent } } == [["ArchPrior"]])
    #expect(package.targets.flatMap { $0.dependencies.map { $0.product.compactMap(\.self) } } == [["ArchPrior", "ArchPrior"]])
    let own = try String(contentsOfFile: Program.project + "/Package.swift", encoding: .utf8)
    #expect(own.contains(#".library(name: "ArchPrior", targets: ["ArchPrior"])"#))
  }

  // MARK: What is run

  /// Builds and runs an example as it stands in the documents.
  private func run(_ name: String, in folder: String? = nil, besides harness: String? = nil) throws -> Program.Outcome {
    let block = try #require(try Self.code.get().first { $0.name == name }, "no example is called \(name)")
    var sources = try Self.sources(of: block)
    if let harness {
      sources["main.swift"] = try String(
        contentsOfFile: "\(Program.project)/Tests/CommandLineTests/Documents/Programs/\(harness).swift", encoding: .utf8)
    }
    let package = try UserPackage(sources)
    let program = try #require(try package.build())
    let outcome = try Program.run([], in: folder ?? package.folder.path, of: program)
    #expect(outcome.code == 0, "\(block.place): \(outcome.error)")
    return outcome
  }

  /// The weights that matter are decayed less than those that are noise.
  @Test func ridge() throws {
    let words = try run("ridge").output.split { " [],\n:".contains($0) }.compactMap { Double($0) }
    try #require(words.count == 4 + 8)
    let (losses, decays) = (words.prefix(4), words.suffix(8))
    #expect(decays.prefix(2).allSatisfy { value in decays.dropFirst(2).allSatisfy { $0 > value } }, "\(words)")
    #expect(losses[3] < 0.5 * losses[0], "\(words)")
  }

  /// Three classes told apart after three steps: 9 query images, labels 0, 1, 2 in turn.
  @Test func maml() throws {
    let lines = try run("maml").output.split(separator: "\n")
    try #require(lines.count == 51)
    let accuracy = lines[50].split(separator: " ").first.flatMap { Double($0) }
    #expect((accuracy ?? 0) >= 0.8, "\(lines[50])")
  }

  @Test func network() throws {
    let words = try run("network").output.split(separator: " ").map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }
    // Published: 73,306 + 243,040 for every 3×3 convolution.
    #expect(words.suffix(2) == ["802426", "802426"], "\(words)")
  }

  /// The page's own search: neither contract is violated, and a perceptron of about 20,000 parameters is found.
  @Test func ownSearch() throws {
    let lines = try run("own-search").output.split(separator: "\n")
    try #require(lines.count == 2 && lines[0] == "[] []", "\(lines)")
    let sizes = [784] + lines[1].split { " [],".contains($0) }.compactMap { Int($0) } + [10]
    let parameters = zip(sizes, sizes.dropFirst()).map { ($0 + 1) * $1 }.reduce(0, +)
    #expect(abs(parameters - 20_000) < 1_000, "\(lines)")
  }

  /// The page's types held to all contracts, and searched by all of the project's strategies (`Programs/OwnTypes.swift`).
  @Test func ownTypesHoldToTheContracts() throws {
    #expect(try run("own-search", besides: "OwnTypes").output == "")
  }

  /// The page's own method, trained by the page's own program from a configuration; the plain program does not know it.
  @Test func ownProgram() throws {
    let folder = try TemporaryFolder()
    try folder.write(WorkflowTests.configuration + "\nlearner: {warmth: 0.8}\nmethod: warm-maml\n", to: "own.yaml")
    let block = try #require(try Self.code.get().first { $0.name == "own-program" })
    // Its folder goes with it.
    let package = try UserPackage(Self.sources(of: block))
    defer { withExtendedLifetime(package) {} }
    let program = try #require(try package.build(withCommands: true))
    let arguments = ["meta-train", "own.yaml", "--output", "run", "--set", "conv4.filters=4"]
    let trained = try Program.run(arguments, in: folder.path, of: program)
    #expect(trained.code == 0, "\(trained.error)")
    let kept = try String(contentsOfFile: folder.file("run/configuration.yaml"), encoding: .utf8)
    #expect(kept.contains("method: warm-maml\n") && kept.contains("\n  warmth: 0.8\n"), "\(kept)")
    let evaluated = try Program.run(["evaluate", "run", "--tasks", "2"], in: folder.path, of: program)
    #expect(evaluated.code == 0 && evaluated.output.contains("conv-4"), "\(evaluated.error)")
    let plain = try Program.run(["evaluate", "run", "--tasks", "2"], in: folder.path)
    #expect(plain.code == 2 && plain.error.contains("warm-maml"), "\(plain.code) \(plain.error)")
  }

  /// The library's example in a folder with a small `configs/glyphs.yaml` and somebody's drawings.
  @Test func readme() throws {
    let folder = try TemporaryFolder()
    for name in ["configs", "runs"] {
      try FileManager.default.createDirectory(atPath: folder.file(name), withIntermediateDirectories: true)
    }
    try folder.write(WorkflowTests.configuration, to: "configs/glyphs.yaml")
    try WorkflowTests.writeTask(folder.file("drawings"), classes: 3)
    let lines = try run("readme", in: folder.path).output.split(separator: "\n")
    let cell = try #require(
      lines.last.flatMap { line in line.range(of: "normal[").map { String(line[$0.lowerBound...]) } }, "\(lines)")
    #expect(try Genotype(parsing: cell).text == cell)
  }
}
