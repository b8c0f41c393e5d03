import Foundation
import Runs
import TestSupport
import Testing

@Suite struct RunDirectoryTests {
  static let machine = Machine.current(kernels: "baseline")

  func make(_ path: String, existing: RunDirectory.Existing = .refuse, seed: UInt64 = 1) throws -> RunDirectory {
    var configuration = Configuration()
    configuration.seed = seed
    let provenance = Provenance(
      configuration: configuration, datasets: [.init(name: "latin", sha256: "00ff")], machine: Self.machine,
      date: Date(timeIntervalSince1970: 0))
    return try RunDirectory.create(at: path, configuration: configuration, provenance: provenance, existing: existing)
  }

  @Test func aNewRunHasItsPapers() throws {
    let folder = try TemporaryFolder()
    let run = try make(folder.file("a/b"))
    #expect(try Configuration(contentsOf: folder.file("a/b/configuration.yaml")) == run.configuration)
    let provenance = try run.provenance()
    #expect(provenance.seed == 1 && provenance.configurationDigest == run.configuration.digest)
    #expect(provenance.startedAt == "1970-01-01T00:00:00Z")
    #expect(provenance.machine == Self.machine && provenance.machine.cores > 0)
    #expect(provenance.datasets.map(\.name) == ["latin"])
    try run.writeResult(["accuracy": 0.5], named: "evaluation")
    #expect(try run.readResult([String: Double].self, named: "evaluation") == ["accuracy": 0.5])
    #expect(throws: RunError.self) { try run.readResult([String: Double].self, named: "missing") }
  }

  @Test func nothingIsOverwrittenUnasked() throws {
    let folder = try TemporaryFolder()
    do {
      let run = try make(folder.file("r"))
      try run.save(Checkpoint(configuration: run.configuration, tasksSeen: 1))
    }
    #expect(throws: RunError(.exists, path: folder.file("r"))) { try make(folder.file("r")) }
    try folder.write("mine", to: "r/notes.txt")
    let run = try make(folder.file("r"), existing: .overwrite, seed: 2)
    #expect(try run.checkpoints().isEmpty)
    #expect(try RunDirectory.read(run.path).configuration.seed == 2)
    #expect(try folder.read("r/notes.txt") == "mine")
  }

  @Test func foldersOfOthersAreLeftAlone() throws {
    let folder = try TemporaryFolder()
    try folder.write("x", to: "photo.png")
    for existing in [RunDirectory.Existing.refuse, .overwrite] {
      #expect(throws: RunError(.notEmpty, path: folder.path)) { try make(folder.path, existing: existing) }
    }
    #expect(folder.entries == ["photo.png"])
    let other = try TemporaryFolder()
    try other.write("name: x", to: "configuration.yaml")
    #expect(throws: RunError(.notEmpty, path: other.path)) { try make(other.path, existing: .overwrite) }
    #expect(throws: RunError(.noRun, path: folder.path)) { try RunDirectory.resume(folder.path) }
  }

  @Test func aCrashDuringCreationIsNoObstacle() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: folder.file("checkpoints"), withIntermediateDirectories: true)
    try folder.write("{}", to: "provenance.json")
    #expect(try make(folder.path).configuration.seed == 1)
  }

  @Test func oneProcessAtATime() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("r")
    do {
      let run = try make(path)
      for attempt in [{ try RunDirectory.resume(path) }, { try make(path, existing: .overwrite) }] {
        let error = #expect(throws: RunError.self) { _ = try attempt() }
        #expect(error?.message.hasPrefix("run \(path): process \(getpid()), started 20") == true)
        #expect(error?.message.hasSuffix(" is working on it") == true)
      }
      #expect(try RunDirectory.read(path).configuration == run.configuration)
    }
    // A number left behind by a process that is gone locks nobody out.
    try folder.write("999999\n", to: "r/lock")
    _ = try RunDirectory.resume(path)
  }

  @Test func aKilledProcessLeavesNoLock() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("r")
    do { _ = try make(path) }
    let holder = Process()
    holder.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    holder.arguments = ["flock", folder.file("r/lock"), "sleep", "60"]
    try holder.run()
    var locked = false
    for _ in 0..<100 where !locked {
      usleep(20_000)
      do { _ = try RunDirectory.resume(path) } catch let error as RunError {
        if case .locked = error.problem { locked = true }
      }
    }
    #expect(locked)
    // flock(1) passes the lock on to its child, so both must go.
    let kill = Process()
    kill.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    kill.arguments = ["sh", "-c", "kill -9 $(ps -o pid= --ppid \(holder.processIdentifier)) \(holder.processIdentifier)"]
    try kill.run()
    kill.waitUntilExit()
    holder.waitUntilExit()
    var resumed = false
    for _ in 0..<100 where !resumed {
      resumed = (try? RunDirectory.resume(path)) != nil
      if !resumed { usleep(20_000) }
    }
    #expect(resumed)
  }

  @Test func theNewestCheckpointsAreKept() throws {
    let folder = try TemporaryFolder()
    let run = try make(folder.file("r"))
    #expect(throws: RunError(.noCheckpoint, path: run.path)) { try run.latestCheckpoint() }
    for tasks in [9, 10, 100] { try run.save(Checkpoint(configuration: run.configuration, tasksSeen: tasks)) }
    let paths = try run.checkpoints()
    #expect(paths.map { $0.split(separator: "/").last } == ["tasks-000000000010.checkpoint", "tasks-000000000100.checkpoint"])
    #expect(try run.latestCheckpoint().tasksSeen == 100)
    let newest = try #require(paths.last)
    try Data([1, 2, 3]).write(to: URL(fileURLWithPath: newest))
    let error = #expect(throws: CheckpointError.self) { try run.latestCheckpoint() }
    #expect(error?.problem == .notACheckpoint && error?.path == newest)
  }
}

@Suite struct JournalTests {
  struct Line: Codable, Equatable {
    var tasks: Int
    var loss: Double
  }

  @Test func linesAreAddedAndHalfALineIsRemoved() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("log.jsonl")
    do {
      let journal = try Journal(path: path)
      try journal.append(Line(tasks: 4, loss: 0.5))
      try journal.append(["event": "validation"])
      #expect(throws: RunError.self) { try journal.append(Line(tasks: 8, loss: .nan)) }
    }
    #expect(try Journal.lines(path) == ["{\"loss\":0.5,\"tasks\":4}", "{\"event\":\"validation\"}"])
    try folder.write(try folder.read("log.jsonl") + "{\"loss\":0.", to: "log.jsonl")
    #expect(try Journal.lines(path).count == 2)
    let journal = try Journal(path: path)
    try journal.append(Line(tasks: 8, loss: 0.25))
    #expect(try journal.lines().last == "{\"loss\":0.25,\"tasks\":8}")
    #expect(try journal.lines().count == 3)
  }

  @Test func rewindingRemovesWhatWillBeWrittenAgain() throws {
    let folder = try TemporaryFolder()
    let journal = try Journal(path: folder.file("log.jsonl"))
    for tasks in [4, 8, 12] { try journal.append(Line(tasks: tasks, loss: 0)) }
    try journal.append(["event": "stop"])
    try journal.rewind(toTasks: 8)
    try journal.append(Line(tasks: 16, loss: 0))
    #expect(
      try journal.lines() == [
        "{\"loss\":0,\"tasks\":4}", "{\"loss\":0,\"tasks\":8}", "{\"event\":\"stop\"}", "{\"loss\":0,\"tasks\":16}",
      ])
  }

  @Test func linesOfSeveralThreadsDoNotMix() throws {
    let folder = try TemporaryFolder()
    let journal = try Journal(path: folder.file("log.jsonl"))
    DispatchQueue.concurrentPerform(iterations: 200) { index in
      do {
        try journal.append(Line(tasks: index, loss: 1))
      } catch {
        Issue.record("\(error)")
      }
    }
    let lines = try journal.lines().map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
    #expect(lines.map(\.tasks).sorted() == Array(0..<200))
  }
}
