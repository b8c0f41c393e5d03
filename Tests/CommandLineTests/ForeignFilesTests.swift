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
    // Found before minutes of training.
    let comparison = try Program.run(["compare", "--output", folder.path, "--minutes", "100"])
    #expect(comparison.code == 2 && comparison.error.contains(folder.file("results.json")), "\(comparison.error)")
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
  @Test func variablesOfMakeMayHaveQuotes() throws {
    guard FileManager.default.isExecutableFile(atPath: "/usr/bin/make") else { return }
    let folder = try TemporaryFolder()
    try folder.write("#!/bin/sh\nfor word; do printf '[%s]\\n' \"$word\"; done\n", to: "show")
    chmod(folder.file("show"), 0o755)
    let value = "it's \"a\" folder; touch \(folder.file("gone")) `touch \(folder.file("gone"))` \\ é"
    for (target, variable, program) in [
      ("run", "DATA", "PROGRAM"), ("run", "OUTPUT", "PROGRAM"), ("bench-nb201", "TABLES", "SEARCH_BENCH"),
      ("bench-proxies", "TABLES", "NETWORK_BENCH"), ("bench-proxies", "CIFAR", "NETWORK_BENCH"),
    ] {
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
      #expect(folder.bytes("gone") == nil)
    }
  }
}
