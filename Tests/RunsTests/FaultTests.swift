import Basics
import Datasets
import Foundation
import Runs
import TestSupport
import Testing

/// Whatever fails, and whenever the process dies: the last whole checkpoint is there, and the run can go on.
@Suite struct FaultTests {
  private static let machine = Machine.current(kernels: "test")

  private func checkpoint(_ tasks: Int) -> Checkpoint {
    var checkpoint = Checkpoint(configuration: Configuration(), tasksSeen: tasks)
    checkpoint.arrays.append(StoredArray(name: "note", bytes: Array("seen \(tasks)".utf8)))
    return checkpoint
  }

  private func create(_ path: String, _ calls: FileCalls) throws -> RunDirectory {
    let configuration = Configuration()
    return try RunDirectory.create(
      at: path, configuration: configuration,
      provenance: Provenance(configuration: configuration, datasets: [], machine: Self.machine), calls: calls)
  }

  /// Where the disk is full from the start, there is nothing to resume; what is advised works.
  @Test func aRunThatCannotBeginIsNotResumed() throws {
    var failures = 0
    for moment in 1...40 {
      let folder = try TemporaryFolder()
      let disk = FaultyDisk(at: moment, .fails(ENOSPC))
      do {
        _ = try create(folder.file("run"), disk.calls)
        break
      } catch let error as RunError {
        #expect(error.isDiskFull)
        guard error.help?.contains("the same command again, without --resume") == true else {
          // Only the last call can fail with the run in place.
          _ = try RunDirectory.resume(folder.file("run"))
          continue
        }
        failures += 1
      }
      _ = try create(folder.file("run"), .system)
    }
    #expect((2..<40).contains(failures))
  }

  /// Two lines and two checkpoints, the second of which makes the first one go.
  private func work(_ run: RunDirectory) throws {
    let journal = try run.journal()
    for tasks in [2, 3] {
      try journal.append(["tasks": tasks])
      try journal.sync()
      try run.save(checkpoint(tasks))
    }
    try run.writeResult([1, 2, 3], named: "result")
  }

  private static let faults: [FaultyDisk.Fault] = [.death, .fails(EIO), .fails(ENOSPC), .shortWrite]

  @Test(arguments: faults.indices) func everyCallMayFail(kind: Int) throws {
    let fault = Self.faults[kind]
    var moment = 1
    while true {
      let folder = try TemporaryFolder()
      let path = folder.file("run")
      do {
        let run = try create(path, .system)
        try run.save(checkpoint(1))
      }
      let disk = FaultyDisk(at: moment, fault)
      do {
        let run = try RunDirectory.resume(path, keptCheckpoints: 1, calls: disk.calls)
        try work(run)
      } catch let error as any DiskFullReporting {
        if case .fails(ENOSPC) = fault { #expect(error.isDiskFull, "call \(moment): \(error)") }
      }
      // What a new process finds.
      let run = try RunDirectory.resume(path, keptCheckpoints: 1)
      let found = try run.latestCheckpoint()
      #expect(found == checkpoint(found.tasksSeen), "call \(moment)")
      #expect(run.abandonedBy == nil)
      let lines = try run.journal().lines()
      #expect(lines == ["{\"tasks\":2}", "{\"tasks\":3}"].prefix(lines.count).map { $0 }, "call \(moment)")
      // A checkpoint never says more than the journal.
      #expect(lines.count >= found.tasksSeen - 1, "call \(moment)")
      if let result = try? run.readResult([Int].self, named: "result") { #expect(result == [1, 2, 3]) }
      // The waste of the dead is gone, and the work can be done again.
      for part in ["", "/checkpoints", "/results"] {
        let entries = try FileManager.default.contentsOfDirectory(atPath: path + part)
        #expect(!entries.contains { $0.contains(".tmp-") }, "call \(moment): \(entries)")
      }
      try run.journal().rewind(toTasks: 1)
      try work(run)
      #expect(try run.latestCheckpoint().tasksSeen == 3)
      #expect(try run.checkpoints().count == 1)
      guard disk.isDone else { break }
      moment += 1
    }
    // Twice: a line, its sync; a temporary file opened, written, synced, renamed, the folder synced, the old one removed.
    #expect(moment > 16)
  }

  @Test func aRunWhoseMakingDiedCanBeMade() throws {
    var moment = 1
    while true {
      let folder = try TemporaryFolder()
      let path = folder.file("run")
      let disk = FaultyDisk(at: moment, .death)
      let first = try? create(path, disk.calls)
      guard disk.isDone else {
        #expect(first != nil)
        break
      }
      if FileManager.default.fileExists(atPath: path + "/configuration.yaml") {
        _ = try RunDirectory.resume(path)
      } else {
        _ = try create(path, .system)
      }
      moment += 1
    }
    #expect(moment > 8)
  }

  @Test func aFullJournalLosesNoLineAndKeepsNoHalfOne() throws {
    let folder = try TemporaryFolder()
    let disk = FaultyDisk(room: 80)
    let journal = try Journal(path: folder.file("log.jsonl"), calls: disk.calls)
    try journal.append(["first": "twenty bytes long"])
    let error = #expect(throws: RunError.self) { try journal.append(["second": "twenty bytes long"]) }
    #expect(error?.isDiskFull == true)
    #expect(error?.help == "free some space; what was written before is unharmed")
    #expect(try journal.lines() == ["{\"first\":\"twenty bytes long\"}"])
    disk.free()
    try journal.append(["second": "twenty bytes long"])
    #expect(try journal.lines().count == 2)
  }

  @Test func theLastHolderIsNamedWhereItWasKilled() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("run")
    do { _ = try create(path, .system) }
    #expect(try RunDirectory.resume(path).abandonedBy == nil)
    try folder.write("4711 2026-01-02T03:04:05Z host\n", to: "run/lock")
    #expect(try RunDirectory.resume(path).abandonedBy == "process 4711, started 2026-01-02T03:04:05Z on host")
    #expect(try RunDirectory.resume(path).abandonedBy == nil)
  }
}
