import ArchPrior
import Foundation
import Testing

/// The commands of the documents, run as they stand there in a folder like that of a reader. What would take minutes is made small by
/// further options (`Programs/archprior.sh`), `make` says what it would do, and Python scripts say what they take.
@Suite(.serialized) struct DocumentedCommandsTests {
  /// A reader's folder: the project's files, a table and images under the names that the documents use.
  private struct Reader {
    let folder: TemporaryFolder
    var path: String { folder.file("ArchPrior") }

    /// - Parameter data: whether table, images and drawings are there.
    init(data: Bool = true) throws {
      folder = try TemporaryFolder()
      for name in ["ArchPrior/bin", "home"] {
        try FileManager.default.createDirectory(atPath: folder.file(name), withIntermediateDirectories: true)
      }
      func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: "\(path)/\(name)", withDestinationPath: target)
      }
      for name in ["configs", "datasets", "scripts", "Makefile"] {
        try link(name, to: "\(Program.project)/\(name)")
      }
      let programs = Program.project + "/Tests/CommandLineTests/Documents/Programs/"
      for name in ["archprior", "make", "python3", "pip"] { try link("bin/" + name, to: programs + name + ".sh") }
      guard data else { return }
      let table = try Program.run(
        ["\(Program.project)/scripts/nasbench201_to_csv.py", "--self-test", "\(path)/nasbench201.csv.gz"], of: "/usr/bin/python3")
      try #require(table.code == 0, "\(table.error)")
      try Data(Self.cifar100(perClass: 12)).write(to: URL(fileURLWithPath: path + "/train.bin"))
      try WorkflowTests.writeTask(path + "/drawings", classes: 5)
    }

    /// A file as CIFAR-100's `train.bin`: a coarse label, a fine label and 3,072 bytes an image.
    private static func cifar100(perClass: Int) -> [UInt8] {
      var bytes: [UInt8] = []
      for image in 0..<perClass * 100 {
        bytes += [UInt8(image % 100 / 5), UInt8(image % 100)]
        var random = Philox(seed: 1, stream: "images", index: UInt64(image))
        for _ in 0..<384 { withUnsafeBytes(of: random.next()) { bytes += $0 } }
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
    // Of the benchmarks only the targets of make: their other commands take results of hours, and write beside them.
    let blocks = try Document.all().flatMap(\.blocks).filter { block in
      guard ["", "sh"].contains(block.language) else { return false }
      return !block.document.hasPrefix("Benchmarks/") || block.text.split(separator: "\n").allSatisfy { $0.hasPrefix("make ") }
    }
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

  /// Where data is missing, make says which file, where it comes from and how it is told of another place, and builds nothing.
  @Test(arguments: [
    ("bench-nb201", "../shared/nasbench/nasbench201.csv.gz", "NATS-tss-v1_0-3ffb9-simple", "TABLES=FOLDER"),
    ("bench-proxies", "../shared/nasbench/nasbench201.csv.gz", "nasbench201_to_csv.py", "TABLES=FOLDER"),
    ("bench-supernet", "../shared/nasbench/nasbench201.csv.gz", "nasbench201_to_csv.py", "TABLES=FOLDER"),
    ("bench-proxies TABLES=.", "../shared/data/cifar-100-train-100-a-class.bin.gz", "cifar-100-binary/train.bin", "CIFAR=FILE"),
    ("bench-supernet TABLES=.", "../shared/data/cifar-100-train-100-a-class.bin.gz", "cifar-100-binary/train.bin", "CIFAR=FILE"),
    ("study", "../shared/data/cifar-100-test.bin.gz", "cifar-100-binary/test.bin", "CIFAR_TEST=FILE"),
    ("study CIFAR_TEST=train.bin", "../shared/data/images_background.zip", "brendenlake/omniglot", "docs/data.md"),
    ("omniglot", "../shared/data/images_evaluation.zip", "brendenlake/omniglot", "docs/data.md"),
    ("run DATA=my\\ data", "my data/images_background.zip", "brendenlake/omniglot", "DATA=FOLDER"),
    ("examples", "../shared/data/t10k-images-idx3-ubyte.gz", "dataset-fashion-mnist", "ARCHPRIOR_SHARED=FOLDER"),
  ])
  func makeNamesWhatIsMissing(target: String, file: String, source: String, remedy: String) throws {
    let reader = try Reader(data: false)
    try Data().write(to: URL(fileURLWithPath: reader.path + "/train.bin"))
    try Data().write(to: URL(fileURLWithPath: reader.path + "/nasbench201.csv.gz"))
    let outcome = try Program.run(
      ["-c", "exec make \(target)"], in: reader.path, environment: ["XDG_DATA_HOME": reader.path], of: "/bin/bash")
    #expect(outcome.code == 2 && outcome.output == "", "\(outcome.output)")
    #expect(outcome.error.contains("error: \(file): there is no such file"), "\(outcome.error)")
    #expect(outcome.error.contains(source) && outcome.error.contains(remedy), "\(outcome.error)")
  }

  /// The programs behind them say the same by themselves.
  @Test(arguments: [("search-bench", "nb201"), ("network-bench", "proxies")])
  func programsNameTheMissingTable(program: String, command: String) throws {
    let outcome = try Program.run([command, "--tables", "/nowhere", "--output", "/nowhere"], of: Program.path + "-" + program)
    #expect(outcome.code != 0 && outcome.error.contains("/nowhere/nasbench201.csv.gz: there is no such file"), "\(outcome.error)")
    #expect(outcome.error.contains("scripts/nasbench201_to_csv.py makes of NATS-tss-v1_0-3ffb9-simple.tar"), "\(outcome.error)")
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
        // `data.json` is a file.
        guard let key = span.wholeMatch(of: /(data|task|inner|outer|space|budget|decoded|evaluation)\.([a-z_]+)/), key.2 != "json"
        else { continue }
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
