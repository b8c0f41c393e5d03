import Basics
import Foundation

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

  /// The path of the folder.
  public let path: String
  /// `nil` for a run opened for reading.
  let lock: RunLock?
  /// The configuration as the folder has it.
  public let configuration: Configuration
  /// What all files of the run belong to: method, seed, configuration and data when it was made. Empty for a run of a version without
  /// checksums.
  public let identity: String
  /// Whether the run was made with checksums, so that a file without one is damaged.
  public let isSealed: Bool
  /// What people should know of the folder as it was found: what was damaged, and what became of it.
  public var notes: [String] { found.all }
  let found: FolderNotes
  /// How many checkpoints are kept; older ones are removed when a new one is safely written.
  public let keptCheckpoints: Int
  /// The process that worked on the run before, where it was killed or crashed; `nil` where it came to an orderly end.
  public var abandonedBy: String? { lock?.abandonedBy }
  let calls: FileCalls

  private init(path: String, lock: RunLock?, papers: Papers, keptCheckpoints: Int, calls: FileCalls) {
    self.path = path
    self.lock = lock
    configuration = papers.configuration
    identity = papers.identity ?? ""
    isSealed = papers.identity != nil
    found = FolderNotes(papers.notes)
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
    do throws(RunError) {
      return try make(path, configuration, provenance, existing, keptCheckpoints, calls)
    } catch {
      guard error.isDiskFull, (try? isThere(path)) == false else { throw error }
      throw error.mended(
        by: "free some space and give the same command again, without --resume: there is no run yet to go on with")
    }
  }

  private static func make(
    _ path: String, _ configuration: Configuration, _ provenance: Provenance, _ existing: Existing, _ keptCheckpoints: Int,
    _ calls: FileCalls
  ) throws(RunError) -> RunDirectory {
    try makeFolder(path, of: path)
    try check(path, existing: existing)
    let lock = try RunLock(folder: path)
    // Once more: another process may have made a run before this one had the lock.
    try check(path, existing: existing)
    try clear(path)
    let papers = Papers(configuration: configuration, identity: identity(of: configuration, provenance.datasets))
    let run = RunDirectory(path: path, lock: lock, papers: papers, keptCheckpoints: keptCheckpoints, calls: calls)
    run.removeWaste()
    try makeFolder(run.checkpointFolder, of: path)
    try makeFolder(path + "/results", of: path)
    try run.write(try json(provenance, "provenance.json", of: path, owner: run.identity), to: "provenance.json")
    try run.replaceConfiguration(configuration)
    return run
  }

  /// Opens a run to go on with it; keeps other processes out. Damaged files are put aside, as ``notes`` say, where they can be made
  /// again or an earlier checkpoint is whole.
  ///
  /// - Parameters:
  ///   - path: the run's folder.
  ///   - keptCheckpoints: how many of the newest checkpoints stay; older ones are removed.
  ///   - beginsAgain: whether the run begins again where no checkpoint is whole; otherwise the damaged one is an error once it is
  ///     read.
  /// - Throws: `RunError`, or `ConfigurationError` where its configuration cannot be read.
  public static func resume(_ path: String, keptCheckpoints: Int = 2, beginsAgain: Bool = false) throws -> RunDirectory {
    try resume(path, keptCheckpoints: keptCheckpoints, beginsAgain: beginsAgain, calls: .system)
  }

  package static func resume(
    _ path: String, keptCheckpoints: Int = 2, beginsAgain: Bool = false, calls: FileCalls
  ) throws -> RunDirectory {
    guard try isThere(path) else { throw RunError.noRun(path) }
    let lock = try RunLock(folder: path)
    let papers = try papers(of: path, mending: calls)
    let run = RunDirectory(path: path, lock: lock, papers: papers, keptCheckpoints: keptCheckpoints, calls: calls)
    try run.setDamagedResultsAside()
    // Before older ones are removed, which may be needed.
    try run.setDamagedCheckpointsAside(beginsAgain: beginsAgain)
    run.removeWaste()
    return run
  }

  /// Removes what a killed process was writing, or about to remove. The lock is held, so that nobody else trains; others may be writing
  /// results.
  private func removeWaste() {
    for folder in [path, checkpointFolder, path + "/results", path + "/tensorboard"] {
      ByteFile.removeAbandoned(in: folder, calls: calls)
    }
    // Where the user linked the folder to another place, old checkpoints there go only when this process writes new ones.
    guard !Self.isLink(checkpointFolder) else { return }
    for old in ((try? checkpoints()) ?? []).dropLast(keptCheckpoints) { calls.unlink(old) }
  }

  /// Opens a run for reading, also while another process trains it.
  ///
  /// - Throws: `RunError`, or `ConfigurationError` where its configuration cannot be read.
  public static func read(_ path: String) throws -> RunDirectory {
    RunDirectory(path: path, lock: nil, papers: try papers(of: path), keptCheckpoints: 2, calls: .system)
  }

  /// The run's journal; only to read it, use `Journal.lines`.
  ///
  /// - Throws: `RunError`.
  public func journal() throws(RunError) -> Journal {
    try Journal(path: path + "/log.jsonl", owner: identity, mustBeSealed: isSealed, calls: calls)
  }

  /// Where the numbers come from.
  ///
  /// - Throws: `RunError`.
  public func provenance() throws(RunError) -> Provenance {
    do {
      return try decode(Provenance.self, from: "provenance.json", owner: identity)
    } catch {
      guard error.isDamage, isSealed else { throw error }
      throw error.mended(by: "this makes it again: \(Advice.resume(run: path))")
    }
  }

  /// Writes a result as JSON with sorted keys and a checksum to `results/NAME.json`, whole or not at all. A name that cannot be a file's
  /// becomes one.
  ///
  /// - Parameters:
  ///   - value: the result.
  ///   - name: the result's name, without ending.
  ///   - subject: what the result is about, beside the run, such as the tasks of a test.
  /// - Throws: `RunError`.
  public func writeResult(_ value: some Encodable, named name: String, about subject: String = "") throws(RunError) {
    let file = Self.resultFile(name)
    try write(try Self.json(value, file, of: path, owner: owner(subject)), to: file)
  }

  /// Reads a result that ``writeResult(_:named:about:)`` wrote.
  ///
  /// - Throws: `RunError`, also where it is damaged, or another run's or about something else.
  public func readResult<Value: Decodable>(
    _ type: Value.Type, named name: String, about subject: String = ""
  ) throws(RunError) -> Value {
    try decode(type, from: existingResultFile(name), owner: owner(subject))
  }

  /// Whether there is a result of a name, be it damaged or not.
  ///
  /// - Throws: `RunError` where the folder may not be looked into.
  public func hasResult(named name: String) throws(RunError) -> Bool { try FolderFile.exists(Self.resultFile(name), of: path) }

  private func owner(_ subject: String) -> String {
    subject.isEmpty ? identity : identity.isEmpty ? subject : "\(identity); \(subject)"
  }

  private static func json(_ value: some Encodable, _ file: String, of path: String, owner: String) throws(RunError) -> [UInt8] {
    do {
      return Seal.seal(json: try FolderFile.prettyJSON(value), owner: owner)
    } catch {
      throw RunError(.system(action: "write \(file)", reason: FailureText.of(error)), path: path)
    }
  }

  private func decode<Value: Decodable>(_ type: Value.Type, from file: String, owner: String) throws(RunError) -> Value {
    try FolderFile.read(json: type, from: file, of: path, owner: owner, mustBeSealed: isSealed)
  }

  /// Writes a file of the run, whole or not at all.
  ///
  /// - Throws: `RunError`.
  public func write(_ bytes: [UInt8], to file: String) throws(RunError) {
    try checkPlace()
    try FolderFile.write(bytes, to: file, of: path, calls: calls)
  }
}

extension RunDirectory {
  private static let suffix = ".checkpoint"
  private var checkpointFolder: String { path + "/checkpoints" }

  /// Writes a checkpoint, and removes the oldest where there are more than ``keptCheckpoints``.
  ///
  /// - Throws: `CheckpointError` or `RunError`; earlier checkpoints are then still there.
  public func save(_ checkpoint: Checkpoint) throws {
    try checkPlace()
    let digits = String(checkpoint.tasksSeen)
    let number = String(repeating: "0", count: max(0, 12 - digits.count)) + digits
    var owned = checkpoint
    owned.belongsTo = isSealed ? identity : nil
    try owned.write(to: "\(checkpointFolder)/tasks-\(number)\(Self.suffix)", calls: calls)
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
    do throws(CheckpointError) {
      return try read(newest, for: configuration ?? self.configuration)
    } catch {
      guard error.isDamage else { throw error }
      var error = error
      error.remedy =
        try checkpoints().dropLast().contains { damage(of: $0) == nil }
        ? "this puts it aside, and goes on from an earlier one: \(Advice.resume(run: path))"
        : "no earlier one is whole: put back a copy, or begin again with --overwrite"
      throw error
    }
  }

  static func makeFolder(_ folder: String, of path: String) throws(RunError) {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw RunError(.system(action: "make the folder \(folder)", reason: FailureText.of(error)), path: path)
    }
  }

  static func list(_ folder: String, of path: String? = nil) throws(RunError) -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder)
    } catch {
      throw RunError(.system(action: "list \(folder)", reason: FailureText.of(error)), path: path ?? folder)
    }
  }
}
