import Basics
import Datasets
import Foundation
import TestSupport
import Testing

@testable import Runs

/// What the program must not touch: what lies behind links, what others put into folders, and what another process works on.
@Suite struct NotOursTests {
  private static let machine = Machine.current(kernels: "test")

  @discardableResult private func make(
    _ path: String, tasks: [Int] = [4, 8, 12], existing: RunDirectory.Existing = .refuse, finished: Bool = true
  ) throws -> RunDirectory {
    let configuration = Configuration()
    let run = try RunDirectory.create(
      at: path, configuration: configuration,
      provenance: Provenance(configuration: configuration, datasets: [], machine: Self.machine), existing: existing,
      keptCheckpoints: 9)
    for tasks in tasks { try run.save(Checkpoint(configuration: configuration, tasksSeen: tasks)) }
    if finished { try run.writeResult(["finished": true], named: "meta-training") }
    return run
  }

  private func link(_ target: String, _ path: String) { #expect(symlink(target, path) == 0) }

  /// Everything below a folder with its content; links by what they say.
  private func snapshot(_ path: String) throws -> [String: String] {
    var result: [String: String] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: path) {
      let file = "\(path)/\(name)"
      if RunDirectory.isLink(file) {
        result[name] = try FileManager.default.destinationOfSymbolicLink(atPath: file)
      } else {
        result[name] = FileManager.default.contents(atPath: file).map { SHA256.hex(Array($0)) } ?? ""
      }
    }
    return result
  }

  private func prune(_ root: String, _ rule: RunPruning.Rule = .wholeRuns(Set(RunSummary.Status.allCases))) throws -> (
    items: [RunPruning.Item], skipped: [RunPruning.Skipped]
  ) {
    let runs = try RunIndex(root: root).runs()
    let pruning = RunPruning(rule: rule, root: root)
    let items = pruning.plan(runs)
    let skipped = pruning.skipped(runs)
    for item in items { try RunPruning.remove(item) }
    return (items, skipped)
  }

  // MARK: Pruning

  static let rules: [RunPruning.Rule] = [.olderCheckpoints, .wholeRuns(Set(RunSummary.Status.allCases))]

  /// A link to a folder of runs, to a run, and to a run by a link in a folder of the root.
  @Test(arguments: [0, 1, 2], rules.indices) func runsBehindLinksStay(way: Int, rule: Int) throws {
    let folder = try TemporaryFolder()
    let (root, outside) = (folder.file("root"), folder.file("outside"))
    try FileManager.default.createDirectory(atPath: root + "/study", withIntermediateDirectories: true)
    do { try make(outside + "/run") }
    switch way {
    case 0: link("../outside", root + "/link")
    case 1: link(outside + "/run", root + "/link")
    default: link("../../outside", root + "/study/cells")
    }
    let before = try snapshot(outside)
    #expect(try RunIndex(root: root).runs().count == 1)
    let (items, skipped) = try prune(root, Self.rules[rule])
    #expect(items.isEmpty && skipped.count == 1)
    #expect(skipped.first?.reason.contains("symbolic link") == true, "\(skipped)")
    #expect(try snapshot(outside) == before)
  }

  /// A run is named by its own path where links lead to it too, and listed once.
  @Test func linksWithinTheRootHideNothing() throws {
    let folder = try TemporaryFolder()
    do { try make(folder.file("run")) }
    link("run", folder.file("a"))
    link(".", folder.file("loop"))
    #expect(try RunIndex(root: folder.path).runs().map(\.path) == [folder.file("run")])
    let (items, skipped) = try prune(folder.path)
    #expect(items.count == 1 && skipped.isEmpty)
    #expect(folder.entries.filter { !$0.hasPrefix("index") } == ["a", "loop"])
  }

  /// A part of a run that is a link: the link goes with the run, what it points to stays; its checkpoints are not thinned out.
  @Test(arguments: ["checkpoints", "results", "tensorboard", "report.html", "log.jsonl"]) func linkedPartsStay(part: String)
    throws
  {
    let folder = try TemporaryFolder()
    let run = folder.file("root/run")
    do { try make(run) }
    let outside = folder.file("outside")
    try FileManager.default.createDirectory(atPath: outside, withIntermediateDirectories: true)
    let moved = "\(outside)/\(part)"
    if FileManager.default.fileExists(atPath: "\(run)/\(part)") {
      try FileManager.default.moveItem(atPath: "\(run)/\(part)", toPath: moved)
    } else if part.contains(".") {
      try Data("mine".utf8).write(to: URL(fileURLWithPath: moved))
    } else {
      try FileManager.default.createDirectory(atPath: moved, withIntermediateDirectories: true)
      try Data("mine".utf8).write(to: URL(fileURLWithPath: moved + "/events.out.tfevents.run"))
    }
    link(moved, "\(run)/\(part)")
    let before = try snapshot(outside)
    let (thinned, skipped) = try prune(folder.file("root"), .olderCheckpoints)
    if part == "checkpoints" { #expect(thinned.isEmpty && skipped.count == 1) }
    #expect(try snapshot(outside) == before)
    let (items, _) = try prune(folder.file("root"))
    #expect(items.first?.links == [part])
    #expect(!FileManager.default.fileExists(atPath: run))
    #expect(try snapshot(outside) == before)
  }

  @Test func whatOthersPutIntoARunStays() throws {
    let folder = try TemporaryFolder()
    do { try make(folder.file("run")) }
    let mine = ["notes.txt", "results/notes.txt", "checkpoints/mine.checkpoint", "results/table/x.json", "tensorboard/readme"]
    for name in mine {
      let url = URL(fileURLWithPath: folder.file("run/\(name)"))
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data("mine".utf8).write(to: url)
    }
    let (items, _) = try prune(folder.path)
    #expect(items.first?.kept.sorted() == (mine.filter { !$0.hasPrefix("results/table") } + ["results/table"]).sorted())
    let left = try snapshot(folder.file("run")).filter { !$0.value.isEmpty }.keys.sorted()
    #expect(left == mine.sorted())
  }

  /// The names of the papers do not make a folder a run of ours.
  @Test func foldersOfOtherProgramsStay() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: folder.file("x/results"), withIntermediateDirectories: true)
    try folder.write("service: web\n", to: "x/configuration.yaml")
    try folder.write("{\"builder\": \"slsa\"}", to: "x/provenance.json")
    try folder.write("{}", to: "x/results/a.json")
    let before = try snapshot(folder.file("x"))
    #expect(try prune(folder.path).items.isEmpty)
    #expect(throws: RunError.self) { try make(folder.file("x"), existing: .overwrite) }
    #expect(try snapshot(folder.file("x")) == before)
  }

  @Test func aRunThatIsWorkedOnStaysAlsoWithoutItsLockFile() throws {
    let folder = try TemporaryFolder()
    let run = try make(folder.file("run"), finished: false)
    #expect(unlink(folder.file("run/lock")) == 0)
    #expect(try prune(folder.path).items.isEmpty)
    let summary = try #require(try RunIndex(root: folder.path).runs().first)
    #expect(summary.status == .running)
    var stale = summary
    stale.status = .stopped
    let item = try #require(RunPruning(rule: .wholeRuns([.stopped])).plan([stale]).first)
    #expect(throws: RunError.self) { try RunPruning.remove(item) }
    #expect(try run.checkpoints().count == 3)
  }

  // MARK: Overwriting and making

  @Test func overwritingFollowsNoLinkAndKeepsWhatIsOthers() throws {
    let folder = try TemporaryFolder()
    let (run, outside) = (folder.file("run"), folder.file("outside"))
    do { try make(run) }
    try FileManager.default.moveItem(atPath: run + "/checkpoints", toPath: outside)
    link(outside, run + "/checkpoints")
    try Data("mine".utf8).write(to: URL(fileURLWithPath: run + "/results/notes.txt"))
    let before = try snapshot(outside)
    let fresh = try make(run, tasks: [1], existing: .overwrite, finished: false)
    #expect(try fresh.checkpoints().count == 1 && !RunDirectory.isLink(run + "/checkpoints"))
    #expect(try snapshot(outside) == before)
    #expect(try FileManager.default.contentsOfDirectory(atPath: run + "/results") == ["notes.txt"])
  }

  /// Single parts without a configuration are somebody's; a run of which only parts are left is made only where they are empty.
  @Test(arguments: ["report.html", "log.jsonl", "results/x.json", "checkpoints/tasks-000000000001.checkpoint", "provenance.json"])
  func foldersWithALikeNamedFileAreNotCleared(name: String) throws {
    let folder = try TemporaryFolder()
    let file = URL(fileURLWithPath: folder.file("run/\(name)"))
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data("mine".utf8).write(to: file)
    for existing in [RunDirectory.Existing.refuse, .overwrite] {
      let error = #expect(throws: RunError.self) { try make(folder.file("run"), existing: existing) }
      #expect(error?.problem == .notEmpty)
    }
    #expect(try String(contentsOf: file, encoding: .utf8) == "mine")
  }

  /// What is in the way is named where it is ArchPrior's own, and so is what is given in the place of a run.
  @Test func whatAFolderHoldsIsSaid() throws {
    struct Settings: Codable, Equatable, Sendable { var seed = 1 }
    let folder = try TemporaryFolder()
    let (run, study, searches) = (folder.file("run"), folder.file("study"), folder.file("searches"))
    let grid = try StudyConfiguration(yaml: "datasets: [a, b]\nmethods:\n  - {name: maml, set: {method: maml}}\n")
    do {
      try make(run)
      _ = try StudyDirectory(study, study: grid)
      _ = try SearchFolder(searches, settings: Settings())
      try folder.write("", to: "searches/searches.jsonl")
      try folder.write("", to: "searches/report.html")
    }
    func message(_ work: () throws -> Void) -> [String?] {
      do {
        try work()
        return []
      } catch {
        let error = error as? RunError
        return [error?.message, error?.help]
      }
    }
    #expect(
      message { _ = try StudyDirectory(run, study: grid) } == [
        "\(run) holds a run (of meta-train) already", "give a new or empty folder",
      ])
    #expect(
      message { _ = try SearchFolder(run, settings: Settings()) }.first == "\(run) holds a run (of meta-train) already")
    #expect(message { try make(study) }.first == "\(study) holds a study (of study) already")
    #expect(
      message { _ = try RunDirectory.read(study) } == [
        "\(study) holds a study (of study), no run", "its runs are in \(study)/cells",
      ])
    #expect(
      message { _ = try RunDirectory.read(searches) } == [
        "\(searches) holds searches (of search), no run", "its report is \(searches)/report.html",
      ])
    #expect(message { _ = try RunDirectory.read("") }.first == "'' holds no run of ArchPrior")
    let missing = folder.file("missing")
    #expect(message { _ = try RunIndex(root: missing) } == ["\(missing): no such folder", "give the folder that runs are in"])
    let file = searches + "/report.html"
    #expect(message { _ = try RunIndex(root: file) }.first == "\(file) is not a folder")
  }

  @Test func namesOfResultsStayInTheFolder() throws {
    let folder = try TemporaryFolder()
    let run = try make(folder.file("run"), finished: false)
    for name in ["../../evil", "/tmp/evil", "a/b", "", String(repeating: "n", count: 300), "\u{1B}[31m"] {
      try run.writeResult([1], named: name)
      #expect(try run.readResult([Int].self, named: name) == [1])
    }
    #expect(folder.entries == ["run"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("run/results")).count == 6)
  }

  // MARK: Locks

  @Test func aDeletedLockFileLetsNobodyIn() throws {
    let folder = try TemporaryFolder()
    let lock = try RunLock(folder: folder.path)
    #expect(unlink(folder.file("lock")) == 0)
    #expect(throws: RunError.self) { try RunLock(folder: folder.path) }
    #expect(RunLock.state(of: folder.path) != .free)
    withExtendedLifetime(lock) {}
  }

  /// Threads that take the lock while another deletes the file again and again: never two at a time.
  @Test func neverTwoAtATime() throws {
    let folder = try TemporaryFolder()
    let path = folder.path
    let end = Date(timeIntervalSinceNow: 0.5)
    let inside = Inside()
    DispatchQueue.concurrentPerform(iterations: 4) { worker in
      while Date() < end {
        if worker == 0 {
          unlink(path + "/lock")
          usleep(300)
          continue
        }
        guard let lock = try? RunLock(folder: path) else { continue }
        inside.enter()
        usleep(200)
        inside.leave()
        withExtendedLifetime(lock) {}
      }
    }
    #expect(inside.most == 1)
  }

  @Test func aReplacedFolderIsNotWrittenInto() throws {
    let folder = try TemporaryFolder()
    let run = try make(folder.file("run"), finished: false)
    try FileManager.default.moveItem(atPath: folder.file("run"), toPath: folder.file("old"))
    do { try make(folder.file("run"), tasks: [1], finished: false) }
    let before = try snapshot(folder.file("run"))
    #expect(throws: RunError.self) { try run.writeResult([1], named: "x") }
    #expect(throws: RunError.self) { try run.save(Checkpoint(configuration: Configuration(), tasksSeen: 99)) }
    #expect(try snapshot(folder.file("run")) == before)
  }

  @Test func aLockThatIsNoLockOfOursStays() throws {
    let folder = try TemporaryFolder()
    try folder.write("my precious text, which is no lock", to: "lock")
    #expect(throws: RunError.self) { try RunLock(folder: folder.path) }
    #expect(try folder.read("lock") == "my precious text, which is no lock")
    unlink(folder.file("lock"))
    try folder.write("mine", to: "target")
    link("target", folder.file("lock"))
    let error = #expect(throws: RunError.self) { try RunLock(folder: folder.path) }
    #expect(error?.message.contains("symbolic link") == true)
    #expect(try folder.read("target") == "mine")
    unlink(folder.file("lock"))
    mkfifo(folder.file("lock"), 0o644)
    #expect(throws: RunError.self) { try RunLock(folder: folder.path) }
    #expect(RunLock.state(of: folder.path) == .free)
    // One that was refused leaves the folder free.
    unlink(folder.file("lock"))
    _ = try RunLock(folder: folder.path)
  }
}

/// Counts who is inside.
private final class Inside: @unchecked Sendable {
  private let lock = NSLock()
  private var count = 0
  private(set) var most = 0

  func enter() {
    lock.withLock {
      count += 1
      most = max(most, count)
    }
  }

  func leave() { lock.withLock { count -= 1 } }
}
