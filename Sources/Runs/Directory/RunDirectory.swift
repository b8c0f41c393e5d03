import Datasets
import Foundation
import Messages

/// A run's folder: the configuration, where the numbers come from, the journal, checkpoints and results.
///
/// | file | content |
/// | --- | --- |
/// | `configuration.yaml` | the configuration with all defaults written out |
/// | `provenance.json` | version, seed, data checksums, machine |
/// | `log.jsonl` | the journal: one JSON object a line |
/// | `checkpoints/` | `tasks-000000012000.checkpoint`, named by the number of tasks seen |
/// | `results/` | evaluations and comparisons, JSON |
/// | `tensorboard/` | the learning curves as an event file of TensorBoard |
/// | `report.html` | for people |
/// | `lock` | held by the process that works on the run |
///
/// Only one process at a time can have a run for writing; reading needs no lock.
public final class RunDirectory: Sendable {
  /// What to do where the folder holds a run.
  public enum Existing: Sendable {
    /// Refuse.
    case refuse
    /// Remove the run first: the files named above, no others.
    case overwrite
  }

  /// The folder.
  public let path: String
  /// `nil` for a run opened for reading.
  private let lock: RunLock?
  /// The configuration as the folder has it.
  public let configuration: Configuration
  /// How many checkpoints are kept; older ones are removed when a new one is safely written.
  public let keptCheckpoints: Int
  /// The process that worked on the run before, where it was killed or crashed; `nil` where it came to an orderly end.
  public var abandonedBy: String? { lock?.abandonedBy }
  let calls: FileCalls

  private init(path: String, lock: RunLock?, configuration: Configuration, keptCheckpoints: Int, calls: FileCalls) {
    self.path = path
    self.lock = lock
    self.configuration = configuration
    self.keptCheckpoints = max(1, keptCheckpoints)
    self.calls = calls
  }

  /// Makes a new run, with its folder if there is none.
  ///
  /// - Throws: `RunError`, in particular where the folder holds a run or other files.
  public static func create(
    at path: String, configuration: Configuration, provenance: Provenance, existing: Existing = .refuse, keptCheckpoints: Int = 2
  ) throws(RunError) -> RunDirectory {
    try create(
      at: path, configuration: configuration, provenance: provenance, existing: existing, keptCheckpoints: keptCheckpoints,
      calls: .system)
  }

  package static func create(
    at path: String, configuration: Configuration, provenance: Provenance, existing: Existing = .refuse, keptCheckpoints: Int = 2,
    calls: FileCalls
  ) throws(RunError) -> RunDirectory {
    try makeFolder(path, of: path)
    try check(path, existing: existing)
    let lock = try RunLock(folder: path)
    // Once more: another process may have made a run before this one had the lock.
    try check(path, existing: existing)
    // The configuration goes last: after an interrupted removal the folder is still known as a run.
    for entry in parts.reversed() where try list(path).contains(entry) {
      do {
        try FileManager.default.removeItem(atPath: "\(path)/\(entry)")
      } catch {
        throw RunError(.system(action: "remove \(entry)", reason: FailureText.of(error)), path: path)
      }
    }
    let run = RunDirectory(
      path: path, lock: lock, configuration: configuration, keptCheckpoints: keptCheckpoints, calls: calls)
    run.removeWaste()
    try makeFolder(run.checkpointFolder, of: path)
    try makeFolder(path + "/results", of: path)
    try run.write(try json(provenance, "provenance.json", of: path), to: "provenance.json")
    try run.write(Array(configuration.resolved.utf8), to: "configuration.yaml")
    return run
  }

  /// What a run's folder holds, beside the lock.
  static let parts = [
    "configuration.yaml", "provenance.json", "log.jsonl", "checkpoints", "results", "tensorboard", "report.html",
  ]

  /// Whether a run may be made here. A folder with some parts but no configuration is one whose making was interrupted.
  private static func check(_ path: String, existing: Existing) throws(RunError) {
    let entries = try list(path)
    if entries.contains("configuration.yaml") {
      guard entries.contains("provenance.json") else { throw RunError(.notEmpty, path: path) }
      guard existing == .overwrite else { throw RunError(.exists, path: path) }
    } else if entries.contains(where: { $0 != "lock" && !parts.contains($0) && !ByteFile.isTemporary($0) }) {
      throw RunError(.notEmpty, path: path)
    }
  }

  /// Opens a run to go on with it; keeps other processes out.
  ///
  /// - Throws: `RunError`, or `ConfigurationError` where its configuration cannot be read.
  public static func resume(_ path: String, keptCheckpoints: Int = 2) throws -> RunDirectory {
    try resume(path, keptCheckpoints: keptCheckpoints, calls: .system)
  }

  package static func resume(_ path: String, keptCheckpoints: Int = 2, calls: FileCalls) throws -> RunDirectory {
    let configuration = try storedConfiguration(path)
    let run = RunDirectory(
      path: path, lock: try RunLock(folder: path), configuration: configuration, keptCheckpoints: keptCheckpoints, calls: calls)
    run.removeWaste()
    return run
  }

  /// Removes what a killed process was writing, or about to remove. The lock is held, so that nobody else is.
  private func removeWaste() {
    for folder in [path, checkpointFolder, path + "/results", path + "/tensorboard"] {
      let entries = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      for entry in entries where ByteFile.isTemporary(entry) { calls.unlink("\(folder)/\(entry)") }
    }
    for old in ((try? checkpoints()) ?? []).dropLast(keptCheckpoints) { calls.unlink(old) }
  }

  /// Opens a run for reading, also while another process trains it.
  ///
  /// - Throws: `RunError`, or `ConfigurationError` where its configuration cannot be read.
  public static func read(_ path: String) throws -> RunDirectory {
    RunDirectory(path: path, lock: nil, configuration: try storedConfiguration(path), keptCheckpoints: 2, calls: .system)
  }

  private static func storedConfiguration(_ path: String) throws -> Configuration {
    let file = path + "/configuration.yaml"
    guard FileManager.default.fileExists(atPath: file) else { throw RunError(.noRun, path: path) }
    return try Configuration(contentsOf: file)
  }

  /// The run's journal; for reading alone use `Journal.lines`.
  ///
  /// - Throws: `RunError`.
  public func journal() throws(RunError) -> Journal { try Journal(path: path + "/log.jsonl", calls: calls) }

  /// Where the numbers come from.
  ///
  /// - Throws: `RunError`.
  public func provenance() throws(RunError) -> Provenance { try decode(Provenance.self, from: "provenance.json") }

  /// Writes a result as JSON with sorted keys to `results/NAME.json`, whole or not at all.
  ///
  /// - Throws: `RunError`.
  public func writeResult(_ value: some Encodable, named name: String) throws(RunError) {
    let file = "results/\(name).json"
    try write(try Self.json(value, file, of: path), to: file)
  }

  /// Reads a result that ``writeResult(_:named:)`` wrote.
  ///
  /// - Throws: `RunError`.
  public func readResult<Value: Decodable>(_ type: Value.Type, named name: String) throws(RunError) -> Value {
    try decode(type, from: "results/\(name).json")
  }

  private static func json(_ value: some Encodable, _ file: String, of path: String) throws(RunError) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
      return Array(try encoder.encode(value)) + [10]
    } catch {
      throw RunError(.system(action: "write \(file)", reason: FailureText.of(error)), path: path)
    }
  }

  private func decode<Value: Decodable>(_ type: Value.Type, from file: String) throws(RunError) -> Value {
    do {
      return try JSONDecoder().decode(type, from: Data(try ByteFile.read("\(path)/\(file)", limit: 1 << 30)))
    } catch let error as ByteFile.Failure {
      throw RunError(.unreadable(file: file, reason: error.reason), path: path)
    } catch {
      throw RunError(.unreadable(file: file, reason: FailureText.of(error)), path: path)
    }
  }

  /// Writes a file of the run, whole or not at all.
  ///
  /// - Throws: `RunError`.
  public func write(_ bytes: [UInt8], to file: String) throws(RunError) {
    do {
      try ByteFile.writeAtomically(bytes, to: "\(path)/\(file)", calls: calls)
    } catch {
      throw RunError(error, action: "write \(file)", path: path)
    }
  }
}

extension RunDirectory {
  private static let suffix = ".checkpoint"
  private var checkpointFolder: String { path + "/checkpoints" }

  /// Writes a checkpoint, and removes the oldest where there are more than ``keptCheckpoints``.
  ///
  /// - Throws: `CheckpointError` or `RunError`; earlier checkpoints are then still there.
  public func save(_ checkpoint: Checkpoint) throws {
    let digits = String(checkpoint.tasksSeen)
    let number = String(repeating: "0", count: max(0, 12 - digits.count)) + digits
    try checkpoint.write(to: "\(checkpointFolder)/tasks-\(number)\(Self.suffix)", calls: calls)
    for old in try checkpoints().dropLast(keptCheckpoints) { calls.unlink(old) }
  }

  /// The paths of the checkpoints, by the number of tasks seen.
  ///
  /// - Throws: `RunError`.
  public func checkpoints() throws(RunError) -> [String] {
    try Self.list(checkpointFolder, of: path)
      .filter { $0.hasPrefix("tasks-") && $0.hasSuffix(Self.suffix) }
      .sorted { ($0.count, $0) < ($1.count, $1) }
      .map { "\(checkpointFolder)/\($0)" }
  }

  /// The newest checkpoint. A damaged one is an error, never passed over in silence.
  ///
  /// - Parameter configuration: the configuration to go on with; `nil` for the run's own.
  /// - Throws: `RunError` where there is none, `CheckpointError` where it is damaged or does not fit.
  public func latestCheckpoint(for configuration: Configuration? = nil) throws -> Checkpoint {
    guard let newest = try checkpoints().last else { throw RunError(.noCheckpoint, path: path) }
    return try Checkpoint(contentsOf: newest, for: configuration ?? self.configuration)
  }

  private static func makeFolder(_ folder: String, of path: String) throws(RunError) {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw RunError(.system(action: "make the folder \(folder)", reason: FailureText.of(error)), path: path)
    }
  }

  private static func list(_ folder: String, of path: String? = nil) throws(RunError) -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder)
    } catch {
      throw RunError(.system(action: "list \(folder)", reason: FailureText.of(error)), path: path ?? folder)
    }
  }
}
