import ArchPrior
import Foundation
import Testing

/// The commands of the documents, run as they stand there in a folder like that of a reader. What would take minutes is made small by
/// further options (`Programs/archprior.sh`), `make` says what it would do, and Python scripts say what they take.
@Suite(.serialized) struct DocumentedCommandsTests {
  /// A reader's folder: the project's files, a table and images under the names that the documents use, `../shared` beside it.
  private struct Reader {
    let folder: TemporaryFolder
    var path: String { folder.file("ArchPrior") }

    init() throws {
      folder = try TemporaryFolder()
      for name in ["ArchPrior/bin", "ArchPrior/.build/release", "ArchPrior/runs", "shared/nasbench", "home"] {
        try FileManager.default.createDirectory(atPath: folder.file(name), withIntermediateDirectories: true)
      }
      func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: "\(path)/\(name)", withDestinationPath: target)
      }
      for name in ["configs", "datasets", "scripts", "Benchmarks", "Makefile"] {
        try link(name, to: "\(Program.project)/\(name)")
      }
      let programs = Program.project + "/Tests/CommandLineTests/Documents/Programs/"
      for name in ["archprior", "make", "python3"] { try link("bin/" + name, to: programs + name + ".sh") }
      for name in ["archprior"] { try link(".build/release/" + name, to: programs + name + ".sh") }
      for name in ["search-bench", "network-bench", "bench", "examples"] {
        try link(".build/release/archprior-" + name, to: "\(Program.path)-\(name)")
      }
      let table = try Program.run(
        ["\(Program.project)/scripts/nasbench201_to_csv.py", "--self-test", "\(path)/nasbench201.csv.gz"], of: "/usr/bin/python3")
      try #require(table.code == 0, "\(table.error)")
      try FileManager.default.createSymbolicLink(
        atPath: folder.file("shared/nasbench/nasbench201.csv.gz"), withDestinationPath: path + "/nasbench201.csv.gz")
      try Data(Self.cifar100(perClass: 2)).write(to: URL(fileURLWithPath: path + "/train.bin"))
      try WorkflowTests.writeTask(path + "/drawings", classes: 5)
    }

    /// A file as CIFAR-100's `train.bin`: a coarse label, a fine label and 3,072 bytes an image.
    private static func cifar100(perClass: Int) -> [UInt8] {
      var bytes: [UInt8] = []
      for image in 0..<perClass * 100 {
        bytes += [UInt8(image % 100 / 5), UInt8(image % 100)]
        for index in 0..<3_072 { bytes.append(UInt8(truncatingIfNeeded: (index ^ image) * 37)) }
      }
      return bytes
    }

    /// Runs a block in a shell that ends at the first command that fails.
    func run(_ block: Document.Block) throws -> Program.Outcome {
      try Program.run(
        ["-e", "-u", "-c", block.text], in: path,
        environment: [
          "PATH": "\(path)/bin:/usr/bin:/bin", "PROGRAM": Program.path, "XDG_DATA_HOME": folder.file("home"),
        ], of: "/bin/bash")
    }
  }

  @Test func everyCommandWorks() throws {
    let reader = try Reader()
    // What a page needs that an earlier one made is there: the README's run, the import of docs/search.md.
    let blocks = try Document.all().flatMap(\.blocks).filter { $0.language.isEmpty || $0.language == "sh" }
    #expect(blocks.count >= 10)
    let order = blocks.filter { $0.text.contains("datasets import") } + blocks.filter { !$0.text.contains("datasets import") }
    for block in order {
      let outcome = try reader.run(block)
      #expect(outcome.code == 0, "\(block.place): \(block.text)\(outcome.error.suffix(2_000))")
    }
    // The longest path: trained, evaluated and adapted by the README's lines.
    #expect(FileManager.default.fileExists(atPath: reader.path + "/runs/glyphs/results/meta-training.json"))
    let records = try FileManager.default.subpathsOfDirectory(atPath: reader.path + "/runs/glyphs/results")
    #expect(records.contains { $0.contains("adaptation") } && records.contains { $0.contains("evaluation") }, "\(records)")
  }

  @Test func targetsOfMakeExist() throws {
    let makefile = try String(contentsOfFile: Program.project + "/Makefile", encoding: .utf8)
    let targets = Set(makefile.matches(of: /(?m)^([a-z0-9-]+):/).map { String($0.1) })
    var found = 0
    for document in try Document.all() {
      for span in document.spans + document.blocks.filter(\.language.isEmpty).map(\.text) {
        for target in span.matches(of: /(?m)^make ([a-z0-9-]+)/) {
          #expect(targets.contains(String(target.1)), "\(document.name): \(span)")
          found += 1
        }
      }
    }
    #expect(found >= 40)
  }

  /// Options in the prose are options of some command or script.
  @Test func optionsExist() throws {
    let commands: [[String]] = [
      ["meta-train"], ["adapt"], ["evaluate"], ["compare"], ["study"], ["search"], ["supernet"], ["doctor"],
      ["runs", "list"], ["runs", "show"], ["runs", "diff"], ["runs", "prune"], ["datasets", "list"], ["datasets", "show"],
      ["datasets", "verify"], ["datasets", "import"], ["datasets", "build"], ["datasets", "build", "glyphs"],
      ["datasets", "build", "icons"], ["datasets", "remove"],
    ]
    let known = Set(
      try commands.flatMap { try Program.run($0 + ["--help"]).output.matches(of: /--[a-z][a-z-]*/).map { String($0.0) } }
        + ["--logdir"])  // TensorBoard's
    for document in try Document.manuals() {
      for span in document.spans {
        for option in span.matches(of: /(?:^| )(--[a-z][a-z-]*)/) {
          #expect(known.contains(String(option.1)), "\(document.name): \(span)")
        }
      }
    }
  }

  /// Keys of a configuration in the prose are keys, and files that are linked to are there.
  @Test func keysAndLinksExist() throws {
    let keys = try Program.run(["meta-train", "--print-configuration"]).output
    for document in try Document.manuals() {
      for span in document.spans {
        guard let key = span.wholeMatch(of: /(data|task|inner|outer|space|budget|decoded|evaluation)\.([a-z_]+)/) else {
          continue
        }
        #expect(keys.contains("\(key.2):"), "\(document.name): \(span)")
      }
    }
    for document in try Document.all() {
      let folder = URL(fileURLWithPath: "\(Program.project)/\(document.name)").deletingLastPathComponent()
      for link in document.text.matches(of: /\]\(([^)#]+)(?:#[^)]*)?\)/) where !link.1.contains("://") {
        let path = folder.appendingPathComponent(String(link.1)).standardized.path
        #expect(FileManager.default.fileExists(atPath: path), "\(document.name): \(link.1)")
      }
    }
  }
}
