import Basics
import Datasets
import Foundation
import TestSupport
import Testing

@testable import Runs

/// What is damaged or missing is made again where it can be, and the advice is what does it; what may not be read is not damaged.
@Suite struct MendingTests {
  private static let datasets = [Provenance.Dataset(name: "latin", sha256: "00ff")]

  private func provenance(_ configuration: Configuration, _ datasets: [Provenance.Dataset] = datasets) -> Provenance {
    Provenance(
      configuration: configuration, datasets: datasets, machine: Machine.current(kernels: "test"),
      date: Date(timeIntervalSince1970: 0))
  }

  /// A finished run with two checkpoints.
  private func make(_ path: String) throws {
    var configuration = Configuration()
    configuration.seed = 7
    let run = try RunDirectory.create(at: path, configuration: configuration, provenance: provenance(configuration))
    for tasks in [4, 8] { try run.save(Checkpoint(configuration: configuration, tasksSeen: tasks)) }
    try run.journal().append(["tasks": 8])
    try run.writeResult(["finished": true], named: "meta-training")
  }

  enum Harm: String, CaseIterable {
    case flip, cut, empty, text, folder, pipe, gone
  }

  private func harm(_ file: String, _ harm: Harm) throws {
    var bytes = try ByteFile.read(file, limit: 1 << 20)
    unlink(file)
    switch harm {
    case .flip: bytes[bytes.count / 3] ^= 4
    case .cut: bytes.removeLast(bytes.count / 2)
    case .empty: bytes = []
    case .text: bytes = Array("{".utf8)
    case .folder: #expect(mkdir(file, 0o755) == 0)
    case .pipe: #expect(mkfifo(file, 0o644) == 0)
    case .gone: break
    }
    if ![.folder, .pipe, .gone].contains(harm) { try Data(bytes).write(to: URL(fileURLWithPath: file)) }
  }

  private func aside(_ folder: String) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.contains(".damaged-") }
  }

  @Test(arguments: ["configuration.yaml", "provenance.json"], Harm.allCases) func papersAreMadeAgain(file: String, harm: Harm)
    throws
  {
    let folder = try TemporaryFolder()
    let path = folder.file("run")
    try make(path)
    let whole = try folder.read("run/\(file)")
    try self.harm("\(path)/\(file)", harm)
    // Who only reads is told what makes it again.
    let error = #expect(throws: (any Error).self) { _ = try RunDirectory.read(path).provenance() }
    let help = (error as? any ReportableError)?.help ?? ""
    #expect(help.hasSuffix("\(Advice.resume(run: path))"), "\(String(describing: error))")
    // What that command does.
    let configuration = try RunDirectory.configurationToResume(path)
    #expect(configuration.seed == 7)
    let run = try RunDirectory.resume(path)
    let papers = try run.provenance { provenance(configuration) }
    #expect(papers.datasets == Self.datasets)
    #expect(run.notes.count == 1 && run.notes[0].contains(file) && run.notes[0].contains("in its place"), "\(run.notes)")
    #expect(try aside(path) == (harm == .gone ? [] : ["\(file).damaged-1"]))
    if file == "configuration.yaml" { #expect(try folder.read("run/\(file)") == whole) }
    #expect(try RunDirectory.read(path).provenance() == papers && RunSummary(folder: path).problem == nil)
  }

  @Test func withOtherDataPapersAreNotMadeAgain() throws {
    let folder = try TemporaryFolder()
    try make(folder.file("run"))
    try harm(folder.file("run/provenance.json"), .gone)
    let run = try RunDirectory.resume(folder.file("run"))
    let error = #expect(throws: RunError.self) {
      try run.provenance { provenance(run.configuration, [.init(name: "latin", sha256: "0123")]) }
    }
    #expect(error?.problem == .missing(file: "provenance.json") && error?.help?.contains("restore them") == true)
    #expect(!FileManager.default.fileExists(atPath: folder.file("run/provenance.json")))
  }

  @Test func withoutACheckpointTheAdviceIsToBeginAgain() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("run")
    try make(path)
    try harm(path + "/configuration.yaml", .flip)
    for checkpoint in ["4", "8"] { unlink("\(path)/checkpoints/tasks-00000000000\(checkpoint).checkpoint") }
    for work in [
      { _ = try RunDirectory.read(path) }, { _ = try RunDirectory.resume(path) },
      { _ = try RunDirectory.configurationToResume(path) },
    ] {
      let error = #expect(throws: RunError.self, performing: work)
      #expect(error?.help?.contains("--overwrite") == true)
    }
    _ = try RunDirectory.create(
      at: path, configuration: Configuration(), provenance: provenance(Configuration()), existing: .overwrite)
  }

  @Test(arguments: [Harm.flip, .cut, .empty, .text]) func aDamagedCheckpointIsNotTheEnd(harm: Harm) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("run")
    try make(path)
    try self.harm(path + "/checkpoints/tasks-000000000008.checkpoint", harm)
    let error = #expect(throws: CheckpointError.self) { try RunDirectory.read(path).latestCheckpoint() }
    #expect(error?.help?.hasSuffix("\(Advice.resume(run: path))") == true)
    do {
      let run = try RunDirectory.resume(path)
      #expect(try run.latestCheckpoint().tasksSeen == 4 && run.notes.count == 1)
      // It no longer is finished.
      #expect(try !run.hasResult(named: "meta-training"))
    }
    // With none left that is whole, it begins again only where that is asked for.
    try self.harm(path + "/checkpoints/tasks-000000000004.checkpoint", harm)
    let refused = #expect(throws: CheckpointError.self) { try RunDirectory.resume(path).latestCheckpoint() }
    #expect(refused?.help?.contains("--overwrite") == true)
    #expect(try RunDirectory.resume(path, beginsAgain: true).checkpoints().isEmpty)
    #expect(try aside(path + "/checkpoints").count == 2)
  }

  // MARK: What may not be read

  static let parts = [
    "configuration.yaml", "provenance.json", "checkpoints", "results", "results/meta-training.json",
    "checkpoints/tasks-000000000008.checkpoint",
  ]

  @Test(arguments: parts) func whatMayNotBeReadIsNotDamaged(part: String) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("root/run")
    try FileManager.default.createDirectory(atPath: folder.file("root"), withIntermediateDirectories: true)
    try make(path)
    try giveAway(folder.file("root"))
    let before = try withoutRights { try RunIndex(root: folder.file("root")).runs() }
    #expect(before.map(\.status) == [.finished])
    chmod("\(path)/\(part)", 0)
    try withoutRights {
      let listed = try RunIndex(root: folder.file("root")).runs()
      if !part.contains(".checkpoint") {
        #expect(listed.map(\.status) == [.unreadable] && listed[0].problem?.contains("Permission denied") == true, "\(listed)")
      }
      #expect(RunPruning(rule: .wholeRuns(Set(RunSummary.Status.allCases))).plan(listed).isEmpty || part.contains(".checkpoint"))
      let error = #expect(throws: (any Error).self) {
        let run = try RunDirectory.resume(path)
        _ = try run.provenance { provenance(run.configuration) }
        _ = try run.latestCheckpoint()
        _ = try run.hasResult(named: "meta-training") ? run.readResult([String: Bool].self, named: "meta-training") : [:]
      }
      #expect("\(error.map { "\($0)" } ?? "")".contains("Permission denied"), "\(String(describing: error))")
      #expect((error as? any ReportableError)?.help?.contains("permissions") == true)
    }
    chmod("\(path)/\(part)", part.contains(".") ? 0o644 : 0o755)
    #expect(try aside(path).isEmpty)
    #expect(try withoutRights { try RunIndex(root: folder.file("root")).runs().map(\.status) } == [.finished])
  }

  @Test func aRunThatMayNotBeLookedIntoIsSaidToBeThere() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("root/run")
    try FileManager.default.createDirectory(atPath: folder.file("root"), withIntermediateDirectories: true)
    try make(path)
    try giveAway(folder.file("root"))
    chmod(path, 0)
    try withoutRights {
      let index = try RunIndex(root: folder.file("root"))
      #expect(try index.runs().isEmpty)
      #expect(index.closed.map(\.path) == [path] && index.closed[0].reason == "Permission denied")
      for work in [{ _ = try RunDirectory.read(path) }, { _ = try RunDirectory.resume(path) }] {
        let error = #expect(throws: RunError.self, performing: work)
        #expect(error?.message.hasSuffix("Permission denied") == true && error?.isDamage == false)
      }
    }
    chmod(path, 0o755)
  }

  @Test(arguments: parts.dropLast()) func loopsOfLinksAreNotDamageEither(part: String) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("run")
    try make(path)
    try FileManager.default.moveItem(atPath: "\(path)/\(part)", toPath: folder.file("away"))
    #expect(symlink(URL(fileURLWithPath: part).lastPathComponent, "\(path)/\(part)") == 0)
    let summary = RunSummary(folder: path)
    #expect(summary.status == .unreadable && summary.problem?.contains("Too many levels of symbolic links") == true, "\(summary)")
    #expect(try aside(path).isEmpty)
  }

  // MARK: Folders of searches

  private struct Settings: Codable, Equatable, Sendable { var epochs: Int }

  @Test(arguments: Harm.allCases) func settingsOfSearchesAreMadeAgain(harm: Harm) throws {
    let folder = try TemporaryFolder()
    do { _ = try SearchFolder(folder.file("searches"), settings: Settings(epochs: 3)) }
    try folder.write("{}\n", to: "searches/searches.jsonl")
    let whole = try folder.read("searches/search.json")
    try self.harm(folder.file("searches/search.json"), harm)
    guard harm != .gone else {
      // Whose the other files are, nothing says.
      #expect(throws: RunError.self) { try SearchFolder(folder.file("searches"), settings: Settings(epochs: 3)) }
      return
    }
    try SearchFolder.check(folder.file("searches"), Settings(epochs: 3))
    #expect(try SearchFolder<Settings>.isSealed(folder.file("searches")))
    let again = try SearchFolder(folder.file("searches"), settings: Settings(epochs: 3))
    #expect(again.notes.count == 1 && again.notes[0].contains("search.json"), "\(again.notes)")
    if harm == .folder || harm == .pipe { #expect(again.notes[0].contains("not a regular file but a")) }
    #expect(try folder.read("searches/search.json") == whole)
  }

  // MARK: Small things

  @Test func damagedFilesGoWithTheirRun() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("run")
    try make(path)
    for name in [
      "log.jsonl.damaged-1", "results/meta-training.json.damaged-12", "checkpoints/tasks-000000000003.checkpoint.damaged-1",
    ] {
      try folder.write("x", to: "run/\(name)")
    }
    for name in ["notes.damaged-1", "log.jsonl.damaged-x", "results/a.txt.damaged-1"] {
      try folder.write("mine", to: "run/\(name)")
    }
    let item = try #require(RunPruning(rule: .wholeRuns([.finished])).plan([RunSummary(folder: path)]).first)
    #expect(item.kept.sorted() == ["log.jsonl.damaged-x", "notes.damaged-1", "results/a.txt.damaged-1"])
    try RunPruning.remove(item)
    #expect(try aside(path).sorted() == item.kept.sorted())
  }

  @Test func aSignalDoesNotKeepALockAway() {
    var calls = 0
    let isTaken = FileLock.take(0, LOCK_EX) { _, _ in
      calls += 1
      errno = EINTR
      return calls < 4 ? -1 : 0
    }
    #expect(isTaken && calls == 4)
    calls = 0
    let isRefused = !FileLock.take(0, LOCK_EX) { _, _ in
      calls += 1
      errno = EWOULDBLOCK
      return -1
    }
    #expect(isRefused && calls == 1 && errno == EWOULDBLOCK)
  }
}
