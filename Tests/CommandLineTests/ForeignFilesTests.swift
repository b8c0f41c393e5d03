import ArchPrior
import Foundation
import Testing

/// Files of others: paths that commands are given to write to, names that leave folders, and what stands in the way.
@Suite struct ForeignFilesTests {
  private func makeRun(_ path: String, name: String = "n") throws {
    var configuration = Configuration()
    configuration.name = name
    let run = try RunDirectory.create(
      at: path, configuration: configuration,
      provenance: Provenance(configuration: configuration, datasets: [], machine: Machine.current(kernels: "test")))
    try run.save(Checkpoint(configuration: configuration, tasksSeen: 4))
    try run.writeResult(["finished": true], named: "meta-training")
  }

  static let outputs = [
    "run/configuration.yaml", "run/provenance.json", "run/checkpoints/tasks-000000000004.checkpoint",
    "run/results/meta-training.json",
    "run/lock", "run/log.jsonl", "run/checkpoints/new.json", "link.json", "hard.yaml", "notes.txt", "thesis.json", "folder",
    "pipe",
    "dangling.json",
  ]

  @Test(arguments: outputs) func adaptWritesOverNothingOfOthers(output: String) throws {
    let folder = try TemporaryFolder()
    do { try makeRun(folder.file("run")) }
    try folder.write("mine", to: "notes.txt")
    try folder.write("{\"classes\": 3}", to: "thesis.json")
    symlink("run/configuration.yaml", folder.file("link.json"))
    symlink("nowhere/x", folder.file("dangling.json"))
    Foundation.link(folder.file("run/configuration.yaml"), folder.file("hard.yaml"))
    mkdir(folder.file("folder"), 0o755)
    mkfifo(folder.file("pipe"), 0o644)
    let before = folder.bytes(output)
    let outcome = try Program.run(["adapt", folder.file("run"), "--task", folder.path, "--output", folder.file(output)])
    #expect(outcome.code == (output == "dangling.json" ? 1 : 2), "\(outcome.error)")
    #expect(outcome.error.contains(folder.file(output)) && outcome.error.contains("help: "), "\(outcome.error)")
    if output != "pipe" { #expect(folder.bytes(output) == before) }
  }

  @Test func sheetsAndComparisonsReplaceOnlyTheirOwn() throws {
    let folder = try TemporaryFolder()
    let show = { try Program.run(["datasets", "show", "glyphs-greek", "--classes", "2", "--sheet", folder.file($0)]) }
    try PixelImage(height: 8, width: 8, channels: 1).writePNG(to: folder.file("mine.png"))
    let mine = folder.bytes("mine.png")
    let refused = try show("mine.png")
    #expect(refused.code == 2 && refused.error.contains("did not write") && folder.bytes("mine.png") == mine, "\(refused.error)")
    for _ in 0..<2 { #expect(try show("sheet.png").code == 0) }
    try folder.write("{\"my\": \"results\"}", to: "results.json")
    // Found before minutes of training, and by a dry run.
    for more in [[], ["--dry-run"]] {
      let comparison = try Program.run(["compare", "--output", folder.path, "--minutes", "100"] + more)
      #expect(comparison.code == 2 && comparison.error.contains(folder.file("results.json")), "\(comparison.error)")
    }
    try folder.write(
      "name: grid\ndatasets: [glyphs-greek]\ntrain: [each]\nbase: {conv4: {filters: 2}}\nmethods: [{name: a, set: {method: maml}}]",
      to: "s.yaml")
    for command in [["compare", "--output"], ["study", folder.file("s.yaml"), "--output"]] {
      let inFile = try Program.run(command + [folder.file("mine.png/x"), "--dry-run"])
      #expect(inFile.code == 1 && inFile.error.contains("cannot make the folder"), "\(command): \(inFile)")
    }
    let study = try Program.run(["study", folder.file("s.yaml"), "--output", folder.path, "--dry-run"])
    #expect(study.code == 2 && study.error.contains("holds files that are no"), "\(study)")
    #expect(folder.bytes("results.json") == Data("{\"my\": \"results\"}".utf8))
  }

  @Test(arguments: ["../../evil", "/evil", "..", "-rf", "a/../../../evil", "\\e[31mred", "nul\\0", "\\u202Egpj.exe"])
  func aRunsNameStaysBelowRuns(name: String) throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: folder.file("a/b"), withIntermediateDirectories: true)
    try folder.write(
      WorkflowTests.configuration.replacing(
        "name: tiny", with: "name: \"\(name.replacing("\\e", with: "\\x1b"))\"\nmethod: maml"),
      to: "a/b/run.yaml")
    let outcome = try Program.run(
      ["meta-train", "run.yaml", "--threads", "1"], in: folder.file("a/b"),
      environment: ["ARCHPRIOR_DATASETS": Program.project + "/datasets"])
    #expect(Set(try FileManager.default.contentsOfDirectory(atPath: folder.path)) == ["a"])
    #expect(Set(try FileManager.default.contentsOfDirectory(atPath: folder.file("a"))) == ["b"])
    // Some are refused by the configuration already.
    guard outcome.code == 0 else { return #expect(outcome.code == 2, "\(outcome.error)") }
    #expect(Set(try FileManager.default.contentsOfDirectory(atPath: folder.file("a/b"))) == ["run.yaml", "runs"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("a/b/runs")).count == 1)
  }

  /// What terminals obey, in the names of a run, its folder and a data set, is shown by every command that shows names.
  @Test func namesDoNotReachTheTerminalRaw() throws {
    let folder = try TemporaryFolder()
    let evil = "x\u{1B}[31m\u{202E}y\u{9B}z\u{7}"
    do { try makeRun(folder.file("runs/\(evil)"), name: evil) }
    let pack = try DatasetPack(
      dataset: #require(
        ImageDataset(
          name: evil, height: 2, width: 2, channels: 1, classes: [.init(name: evil, group: evil, count: 1)], pixels: [1, 2, 3, 4])
      ),
      provenance: .init(description: evil, source: evil, licence: evil, builder: evil))
    try pack.write(to: folder.file("\(evil).archpack"))
    let run = folder.file("runs/\(evil)")
    let commands = [
      ["runs", "list", "--root", folder.file("runs")], ["runs", "list", "--root", folder.file("runs"), "--json"],
      ["runs", "show", run],
      ["runs", "show", run, "--json"], ["runs", "diff", run, run],
      ["runs", "prune", "--root", folder.file("runs"), "--status", "finished"],
      ["datasets", "list"], ["datasets", "list", "--json"], ["datasets", "verify"], ["datasets", "show", evil],
      ["datasets", "show", evil, "--json"],
      ["datasets", "remove", evil], ["evaluate", folder.file(evil)], ["meta-train", folder.file(evil)], ["study", evil],
      ["adapt", evil, "--task", evil],
      ["supernet", "gdas", "--dataset", evil], [evil], ["runs", "list", "--status", evil],
      ["datasets", "import", evil, "--name", "x"],
    ]
    for command in commands {
      let outcome = try Program.run(command, environment: ["ARCHPRIOR_DATASETS": folder.path])
      for text in [outcome.output, outcome.error] {
        let raw = text.unicodeScalars.filter {
          $0 != "\n" && ($0.value < 32 || (127...159).contains($0.value) || $0.value == 0x202E)
        }
        #expect(raw.isEmpty, "\(command.prefix(2)): \(text.debugDescription)")
      }
      #expect(!outcome.output.isEmpty || !outcome.error.isEmpty)
      if command.contains("--json"), outcome.code == 0 {
        let text = String(describing: try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)))
        #expect(text.contains("z"))
      }
    }
    // JSON says what the name is.
    let listed = try Program.run(["runs", "list", "--root", folder.file("runs"), "--json"])
    #expect(try JSONDecoder().decode([RunSummary].self, from: Data(listed.output.utf8)).first?.name == evil)
  }

  @Test func removingADataSetRemovesNothingBehindALink() throws {
    let folder = try TemporaryFolder()
    let pack = try DatasetPack(
      dataset: #require(
        ImageDataset(name: "d", height: 1, width: 1, channels: 1, classes: [.init(name: "a", group: "g", count: 1)], pixels: [1])),
      provenance: .init(description: "", source: "", licence: "", builder: "ArchPrior datasets import 1"))
    for name in ["outside", "root"] { mkdir(folder.file(name), 0o755) }
    try pack.write(to: folder.file("outside/d.archpack"))
    symlink("../outside", folder.file("root/linked"))
    symlink("../outside/d.archpack", folder.file("root/e.archpack"))
    let environment = ["ARCHPRIOR_DATASETS": folder.file("root")]
    let inner = try Program.run(["datasets", "remove", "linked-d"], environment: environment)
    #expect(inner.code == 1 && inner.error.contains("symbolic link"), "\(inner.error)")
    let link = try Program.run(["datasets", "remove", "e"], environment: environment)
    #expect(link.code == 0 && link.output.contains("what it points to stays"), "\(link.error)")
    #expect(folder.bytes("outside/d.archpack") != nil)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("root")) == ["linked"])
    #expect(try Program.run(["datasets", "remove", folder.file("outside/d.archpack")]).code == 0)
    #expect(folder.bytes("outside/d.archpack") == nil)
  }

  /// `make run DATA="it's"`: variables are characters, not shell text.
  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/make"), "skipped: no make"))
  func variablesOfMakeMayHaveQuotes() throws {
    let folder = try TemporaryFolder()
    try folder.write("#!/bin/sh\nfor word; do printf '[%s]\\n' \"$word\"; done\n", to: "show")
    chmod(folder.file("show"), 0o755)
    let value = folder.file("it's \"a\" folder; touch gone `touch gone` \\ é")
    try FileManager.default.createDirectory(atPath: value, withIntermediateDirectories: true)
    for name in ["nasbench201.csv.gz", "images_background.zip", "images_evaluation.zip"] {
      try Data().write(to: URL(fileURLWithPath: "\(value)/\(name)"))
    }
    for (target, variable, program) in [
      ("run", "DATA", "PROGRAM"), ("run", "OUTPUT", "PROGRAM"), ("bench-nb201", "TABLES", "SEARCH_BENCH"),
      ("bench-proxies", "TABLES", "NETWORK_BENCH"), ("bench-proxies", "CIFAR", "NETWORK_BENCH"),
    ] {
      // What the targets look for before they begin.
      let others = ["TABLES", "CIFAR"].filter { $0 != variable }.map { "\($0)=\(value)" }
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/make")
      process.arguments = [
        "-s", "-C", Program.project, target, "WITH=:", "\(program)=\(folder.file("show"))", "\(variable)=\(value)",
      ]
      process.environment = ["PATH": "/usr/bin:/bin"]
      let (output, error) = (Pipe(), Pipe())
      process.standardOutput = output
      process.standardError = error
      try process.run()
      let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      #expect(text.contains("[\(value)]\n"), "\(target) \(variable): \(text)")
      #expect(!FileManager.default.fileExists(atPath: Program.project + "/gone"))
    }
  }
}
