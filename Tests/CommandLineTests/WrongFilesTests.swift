import ArchPrior
import Foundation
import Testing

/// Files that are damaged, incomplete or do not belong together: one message, and nothing is touched.
@Suite struct WrongFilesTests {
  /// Every file below a folder with its bytes; the lock says only who had a run last.
  private static func contents(of folder: String) throws -> [String: Data] {
    var files: [String: Data] = [:]
    for case let name as String in try #require(FileManager.default.enumerator(atPath: folder)) {
      var isFolder: ObjCBool = false
      let path = "\(folder)/\(name)"
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue, !name.hasSuffix("/lock")
      else { continue }
      files[name] = try Data(contentsOf: URL(fileURLWithPath: path))
    }
    return files
  }

  /// Runs a command that must fail, and leave a folder as it was.
  private func refuses(
    _ arguments: [String], code: Int32, _ message: String, help: String, leaving folder: TemporaryFolder,
    environment: [String: String] = [:], location: SourceLocation = #_sourceLocation
  ) throws {
    let before = try Self.contents(of: folder.path)
    let outcome = try Program.run(arguments, environment: environment)
    #expect(outcome.code == code, "\(outcome.error)", sourceLocation: location)
    #expect(outcome.output.isEmpty, sourceLocation: location)
    let lines = outcome.error.split(separator: "\n").map(String.init)
    let errors = lines.filter { $0.hasPrefix("error: ") }
    #expect(errors.count == 1 && errors[0].contains(message), "\(outcome.error)", sourceLocation: location)
    #expect(lines.last?.hasPrefix("help: " + help) == true, "\(outcome.error)", sourceLocation: location)
    let after = try Self.contents(of: folder.path)
    let changed = Set(before.keys).union(after.keys).filter { before[$0] != after[$0] }
    #expect(changed.isEmpty, sourceLocation: location)
  }

  /// A run that has seen four tasks.
  private static func trainedRun(in folder: TemporaryFolder) throws -> String {
    try folder.write(
      WorkflowTests.configuration.replacingOccurrences(of: "budget: {tasks: 24}", with: "budget: {tasks: 4}"), to: "tiny.yaml")
    let run = folder.file("run")
    let trained = try Program.run(["meta-train", folder.file("tiny.yaml"), "--output", run])
    try #require(trained.code == 0, "\(trained.error)")
    return run
  }

  @Test func tasksThatCannotServe() throws {
    let folder = try TemporaryFolder()
    let run = try Self.trainedRun(in: folder)
    let task = folder.file("task")
    func adapting(_ message: String, help: String, damage: () throws -> Void) throws {
      try? FileManager.default.removeItem(atPath: task)
      try WorkflowTests.writeTask(task, classes: 3)
      try damage()
      try refuses(["adapt", run, "--task", task], code: 2, message, help: help, leaving: folder)
    }
    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: "\(task)/\(name)") }
    try adapting("support: one class folder only (a)", help: "make one folder for each class") {
      for name in ["support/b", "support/c", "query/b", "query/c"] { try remove(name) }
    }
    try adapting("support/b: no images", help: "put at least one PNG or JPEG of the class there") {
      try remove("support/b/0.png")
    }
    try adapting("query: no such folder", help: "a task has pictures in support/<class>/ and query/") { try remove("query") }
    try adapting("query/d: is not the name of a class", help: "rename it") {
      try FileManager.default.moveItem(atPath: task + "/query/c", toPath: task + "/query/d")
    }
    try adapting("support/a/0.png: not a whole picture", help: "replace the file") {
      let path = URL(fileURLWithPath: task + "/support/a/0.png")
      try Data(contentsOf: path).prefix(60).write(to: path)
    }
  }

  @Test func checkpointsThatDoNotFit() throws {
    let folder = try TemporaryFolder()
    let run = try Self.trainedRun(in: folder)
    try WorkflowTests.writeTask(folder.file("task"), classes: 3)
    let commands = [["adapt", run, "--task", folder.file("task")], ["evaluate", run, "--tasks", "2"]]

    let configuration = run + "/configuration.yaml"
    let written = try String(contentsOfFile: configuration, encoding: .utf8)
    try written.replacingOccurrences(of: "channels: 2", with: "channels: 4")
      .write(toFile: configuration, atomically: true, encoding: .utf8)
    for command in commands {
      try refuses(
        command, code: 1, "configuration.yaml is damaged: its checksum does not match",
        help: "this makes it again from the newest checkpoint: ",
        leaving: folder)
    }
    try written.write(toFile: configuration, atomically: true, encoding: .utf8)

    for path in try RunDirectory.read(run).checkpoints() {
      var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
      bytes[bytes.count - 100] ^= 1
      try bytes.write(to: URL(fileURLWithPath: path))
    }
    for command in commands + [["meta-train", folder.file("tiny.yaml"), "--output", run, "--resume"]] {
      try refuses(
        command, code: 1, ".checkpoint: ", help: "no earlier one is whole: put back a copy, or begin again with --overwrite",
        leaving: folder)
    }
  }

  @Test func dataThatCannotServe() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: folder.file("packs/glyphs"), withIntermediateDirectories: true)
    let intact = try Data(contentsOf: URL(fileURLWithPath: Program.project + "/datasets/glyphs/greek.archpack"))
    var flipped = intact
    flipped[intact.count / 2] ^= 0x10
    try folder.write("an older report", to: "report.html")
    try folder.write(WorkflowTests.configuration, to: "tiny.yaml")
    for (bytes, message) in [(intact.prefix(5000), "the pack is cut short"), (flipped, "is damaged: its checksum differs")] {
      try bytes.write(to: URL(fileURLWithPath: folder.file("packs/glyphs/greek.archpack")))
      for command in [
        ["compare", "--output", folder.path, "--minutes", "0.01", "--tasks", "2"],
        ["meta-train", folder.file("tiny.yaml"), "--output", folder.file("run")],
      ] {
        try refuses(
          command, code: 1, "packs/glyphs/greek.archpack: \(message == "the pack is cut short" ? message : "the pack's section")",
          help: "copy or build it again", leaving: folder, environment: ["ARCHPRIOR_DATASETS": folder.file("packs")])
      }
    }
    #expect(!FileManager.default.fileExists(atPath: folder.file("run")))
  }

  @Test func aDamagedPackHidesNoOther() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: folder.file("glyphs"), withIntermediateDirectories: true)
    try folder.write("no pack", to: "glyphs/thai.archpack")
    let outcome = try Program.run(["datasets", "list"], environment: ["ARCHPRIOR_DATASETS": folder.path])
    #expect(outcome.code == 1)
    #expect(outcome.output.contains("glyphs-greek") && !outcome.output.contains("glyphs-thai"))
    #expect(outcome.error.contains("thai.archpack: not a data set pack"))
    #expect(outcome.error.contains("error: 1 of 30 data sets is damaged or unreadable"))
  }

  @Test func trainingsThatCannotWork() throws {
    let folder = try TemporaryFolder()
    let run = folder.file("run")
    func configuration(_ change: (String, String)) throws {
      try folder.write(WorkflowTests.configuration.replacingOccurrences(of: change.0, with: change.1), to: "c.yaml")
    }
    let train = ["meta-train", folder.file("c.yaml"), "--output", run]
    try configuration(("shot: 1", "shot: 19"))
    try refuses(
      train, code: 2, "a task wants 3 classes of 21 images each (task.shot 19 + task.query 2)", help: "--set task.query=1",
      leaving: folder)
    try configuration(("way: 3", "way: 500"))
    try refuses(train, code: 2, "a task wants 500 classes of 3 images each", help: "--set task.way=9", leaving: folder)
    #expect(!FileManager.default.fileExists(atPath: run))

    // A loss that is no number any more, in a fresh run and in one that has checkpoints.
    try configuration(("inner: {", "inner: {weight_rate: 1.0e+30, "))
    let diverged = try Program.run(train)
    #expect(diverged.code == 1 && diverged.output.isEmpty)
    #expect(diverged.error.contains("error: ") && diverged.error.contains("is not finite"), "\(diverged.error)")
    #expect(diverged.error.contains("help: lower the inner learning rates"))
    try configuration(("", ""))
    let trained = try Program.run(train + ["--overwrite"])
    try #require(trained.code == 0, "\(trained.error)")
    try configuration(("inner: {", "inner: {weight_rate: 1.0e+30, "))
    try refuses(
      train + ["--resume"], code: 1, "made under another configuration: inner.weight_rate",
      help: "to go on under the run's own configuration: archprior",
      leaving: folder)
    try refuses(
      train, code: 2, "holds a run already",
      help: "go on with it: archprior meta-train --resume --output \(run); or replace it (--overwrite)", leaving: folder)
  }
}
