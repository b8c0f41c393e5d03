import ArchPrior
import Foundation
import Synchronization
import TestSupport
import Testing

/// A run that dies at any of its file operations and is resumed ends in the same bytes: checkpoints and results.
@Suite struct ResumeTests {
  private static func configuration(_ method: Configuration.Method) -> Configuration {
    var configuration = smallConfiguration()
    configuration.method = method
    configuration.conv4.filters = 2
    configuration.conv4.downsampling = .stride
    configuration.inner.steps = 1
    configuration.budget.tasks = 6
    configuration.decoded.tasks = 3
    configuration.evaluation.validationEvery = 3
    configuration.evaluation.validationTasks = 2
    return configuration
  }

  private func create(_ configuration: Configuration, _ folder: String, _ calls: FileCalls) throws -> RunDirectory {
    try RunDirectory.create(
      at: folder, configuration: configuration,
      provenance: Provenance(configuration: configuration, datasets: [], machine: .current(kernels: "test")), calls: calls)
  }

  /// The bytes of all checkpoints and of the results, by name; times are not among them.
  private func remains(_ folder: String) throws -> [String: Data] {
    var files: [String: Data] = [:]
    for part in ["checkpoints", "results"] {
      for name in try FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(part)") where name != "timing.json" {
        files[name] = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(part)/\(name)"))
      }
    }
    return files
  }

  @Test(arguments: ["t-nas", "maml"] as [Configuration.Method]) func deathAtEveryFileOperation(method: Configuration.Method)
    throws
  {
    let configuration = Self.configuration(method)
    let data = try syntheticData(configuration)
    let scratch = try TemporaryFolder()
    let whole = scratch.path + "/whole"
    do {
      let run = try create(configuration, whole, .system)
      #expect(try PriorRun(configuration: configuration, data: data, run: run, threads: 2).train().finished)
    }
    let expected = try remains(whole)
    #expect(expected.keys.contains("meta-training.json") && expected.count == 3)

    var moment = 1
    while true {
      let folder = "\(scratch.path)/\(moment)"
      let threads = 1 + moment % 2
      let disk = FaultyDisk(at: moment, .death)
      do {
        let run = try create(configuration, folder, disk.calls)
        _ = try PriorRun(configuration: configuration, data: data, run: run, threads: threads).train()
      } catch is RunError {} catch is CheckpointError {}
      guard disk.isDone else { break }
      // Dies once more on the way, further on.
      let again = FaultyDisk(at: 1 + 5 * moment % 37, .death)
      if let run = try? RunDirectory.resume(folder, calls: again.calls) {
        _ = try? PriorRun(configuration: configuration, data: data, run: run, threads: 3 - threads).train()
      }
      let started = FileManager.default.fileExists(atPath: folder + "/configuration.yaml")
      let run = try started ? RunDirectory.resume(folder) : create(configuration, folder, .system)
      #expect(try PriorRun(configuration: configuration, data: data, run: run, threads: threads).train().finished)
      #expect(try remains(folder) == expected, "death at file operation \(moment)")
      moment += 1
    }
    #expect(moment > 30)
  }

  @Test func stoppedBetweenPointsTheResultsAreTheSameToo() throws {
    var configuration = Self.configuration("t-nas")
    configuration.budget.tasks = 12
    configuration.outer.metaBatch = 1
    configuration.decoded.metaBatch = 1
    let data = try syntheticData(configuration)
    let scratch = try TemporaryFolder()
    let folders = ["whole", "parts"].map { "\(scratch.path)/\($0)" }
    for (folder, stepsASession) in zip(folders, [Int.max, 2]) {
      do { _ = try create(configuration, folder, .system) }
      var finished = false
      for _ in 0..<50 where !finished {
        let asked = Mutex(0)
        var part = PriorRun(configuration: configuration, data: data, run: try RunDirectory.resume(folder), threads: 1)
        part.observer.isInterrupted = {
          asked.withLock {
            $0 += 1
            return $0 > stepsASession
          }
        }
        finished = try part.train().finished
      }
      #expect(finished)
    }
    let (whole, parts) = (try remains(folders[0]), try remains(folders[1]))
    #expect(whole["meta-training.json"] == parts["meta-training.json"])
    let newest = try #require(whole.keys.filter { $0.hasSuffix(".checkpoint") }.max())
    #expect(whole[newest] == parts[newest])
  }

  @Test func aFullDiskPausesTheRun() throws {
    let configuration = Self.configuration("maml")
    let data = try syntheticData(configuration)
    let scratch = try TemporaryFolder()
    let whole = scratch.path + "/whole"
    do {
      let run = try create(configuration, whole, .system)
      _ = try PriorRun(configuration: configuration, data: data, run: run, threads: 1).train()
    }
    // Room for the papers and the first checkpoint, or for less.
    for room in [1_000, 4_000, 9_000] {
      let folder = "\(scratch.path)/\(room)"
      let disk = FaultyDisk(room: room)
      do { _ = try create(configuration, folder, .system) }
      let waits = Mutex(0)
      let said = Mutex<[String]>([])
      var training = PriorRun(
        configuration: configuration, data: data, run: try RunDirectory.resume(folder, calls: disk.calls), threads: 1)
      training.observer.say = { line in said.withLock { $0.append(line) } }
      training.observer.waitForSpace = { error in
        guard "\(error)".contains("the disk is full") else { return false }
        return waits.withLock {
          $0 += 1
          if $0 == 3 { disk.free() }
          return true
        }
      }
      #expect(try training.train().finished)
      #expect(waits.withLock { $0 } == 3)
      #expect(said.withLock { $0.contains("there is space again: going on") })
      #expect(try remains(folder) == remains(whole), "room for \(room) bytes")
    }
    // Where nobody waits it is an error, and the last checkpoint is whole.
    let folder = scratch.path + "/giving up"
    do { _ = try create(configuration, folder, .system) }
    let run = try RunDirectory.resume(folder, calls: FaultyDisk(room: 4_000).calls)
    let error = #expect(throws: (any Error).self) {
      _ = try PriorRun(configuration: configuration, data: data, run: run, threads: 1).train()
    }
    #expect((error as? any DiskFullReporting)?.isDiskFull == true)
  }
}
