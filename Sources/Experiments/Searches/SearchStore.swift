import Basics
import Datasets
import Foundation
import Runs
import Synchronization

/// The folder in which the searches of a comparison are kept as they go, so that a process that was stopped or killed loses a few seconds.
///
/// | file | content |
/// | --- | --- |
/// | `search.json` | what all searches in the folder have in common (``Settings``) |
/// | `searches.jsonl` | a line for every search that has ended |
/// | `running/METHOD-SEED` | the state of one that has not |
///
/// Methods and seeds are no settings: a later call finds the searches that it has in common with earlier ones.
public final class SearchStore: Sendable {
  /// What the outcome of a search with a given method and seed depends on.
  public struct Settings: Codable, Equatable, Sendable {
    /// The space.
    public var space: String
    /// The SHA-256 of the table that judges, if one does, and the data set of it that is searched on.
    public var table, dataset: String?
    /// The numbers of epochs that searches may use.
    public var epochs: [Int]
    /// The budget in seconds, if it is limited.
    public var budget: Double?
    /// The budget in evaluations, if it is limited.
    public var evaluations: Int?
    /// Proposals outstanding at once.
    public var batch: Int
    /// What judges in a table's place, with all that its scores depend on.
    public var estimator: String?
  }

  private struct Key: Hashable {
    var method: String
    var seed: UInt64
  }

  /// How often a search under way is saved.
  static let interval = Duration.seconds(2)
  private static let file = "searches.jsonl"
  private static let states = "running"

  private let folder: SearchFolder<Settings>
  private let journal: Journal
  private let ended: Mutex<[Key: SearchTrace]>

  /// Opens a folder, or makes it.
  ///
  /// - Throws: `RunError` where it holds something else, a process works on it or a file is damaged; `ConfigurationError` where it holds
  ///   searches with other settings.
  public init(_ path: String, settings: Settings) throws {
    folder = try SearchFolder(path, settings: settings)
    journal = try Journal(path: "\(path)/\(Self.file)", owner: folder.owner, mustBeSealed: folder.isSealed)
    try journal.drop { Self.flaw(ofLine: $0) }
    ended = Mutex(Self.traces(try journal.lines()))
    try FolderFile.makeFolder("\(path)/\(Self.states)", of: path)
    // The rests of a process that was killed: half-written files, and states of searches that have ended since.
    ByteFile.removeAbandoned(in: "\(path)/\(Self.states)")
    for key in ended.withLock({ Array($0.keys) }) { remove(key) }
  }

  /// Looks whether a folder can be used, without writing, and which searches have ended there: seeds by method.
  ///
  /// - Throws: as ``init(_:settings:)``, but for the lock.
  public static func check(_ path: String, _ settings: Settings) throws -> [String: Set<UInt64>] {
    try SearchFolder.check(path, settings)
    guard FileManager.default.fileExists(atPath: "\(path)/\(file)") else { return [:] }
    let lines = try Journal.reading("\(path)/\(file)", owner: SearchFolder.owner(settings)).texts
    return Dictionary(traces(lines).keys.map { ($0.method, [$0.seed]) }) { $0.union($1) }
  }

  /// What people should know of the folder as it was found: what was damaged, and what became of it.
  public var notes: [String] { folder.notes + journal.notes + found.all }
  private let found = FolderNotes()

  /// The process that worked here before, where it was killed.
  public var abandonedBy: String? { folder.abandonedBy }

  /// Writes a file of the folder, whole or not at all.
  ///
  /// - Throws: `RunError`.
  public func write(_ data: Data, to file: String) throws { try FolderFile.write(Array(data), to: file, of: folder.path) }

  // MARK: Searches

  /// A search that has ended.
  func trace(_ method: String, seed: UInt64) -> SearchTrace? { ended.withLock { $0[Key(method: method, seed: seed)] } }

  /// Keeps a search that has ended.
  func end(_ trace: SearchTrace) throws {
    let key = Key(method: trace.method, seed: trace.seed)
    // First the line, then the state: between them the search is there twice, never not at all.
    try journal.append(trace)
    ended.withLock { $0[key] = trace }
    remove(key)
  }

  /// Removes the state of a search that has ended; not behind a link.
  private func remove(_ key: Key) {
    try? HeldFolder(folder.path).folder(Self.states).remove(Self.name(key))
  }

  /// The state in which a search was saved last.
  func state(_ method: String, seed: UInt64) throws -> Data? {
    let file = "\(Self.states)/\(Self.name(Key(method: method, seed: seed)))"
    guard FileManager.default.fileExists(atPath: "\(folder.path)/\(file)") else { return nil }
    do {
      return Data(
        try FolderFile.readChecked(file, of: folder.path, owner: owner(method, seed), mustBeOwned: folder.isSealed))
    } catch {
      guard error.isDamage else { throw error }
      try beginAgain(method, seed: seed, error)
      return nil
    }
  }

  /// Puts the state of a search aside that cannot be used; the search begins again, and ends as it would have.
  func beginAgain(_ method: String, seed: UInt64, _ error: RunError) throws(RunError) {
    let kept = try DamagedFile.setAside("\(folder.path)/\(Self.states)/\(Self.name(Key(method: method, seed: seed)))")
    found.add("\(error.message); it is kept as \(Self.states)/\(kept), and the search begins again")
  }

  /// Gets the notes so far, and all later ones.
  public func listen(_ listener: @escaping @Sendable (String) -> Void) {
    for note in notes { listener(note) }
    found.listen(listener)
  }

  private func owner(_ method: String, _ seed: UInt64) -> String { "\(method), seed \(seed), \(folder.owner)" }

  /// Saves a search under way.
  func save(_ state: Data, _ method: String, seed: UInt64) throws {
    let file = "\(Self.states)/\(Self.name(Key(method: method, seed: seed)))"
    try FolderFile.writeChecked(Array(state), to: file, of: folder.path, owner: owner(method, seed))
  }

  /// The error for a part of the folder that cannot be understood.
  func unreadable(_ method: String, seed: UInt64, _ reason: String) -> RunError {
    RunError(
      .unreadable(file: "\(Self.states)/\(Self.name(Key(method: method, seed: seed)))", reason: reason),
      path: folder.path)
  }

  private static func name(_ key: Key) -> String {
    PathName.component("\(key.method.replacing(":", with: "-").replacing("/", with: "-"))-\(key.seed)")
  }

  /// What keeps a line from being a search that has ended; `nil` for a good one.
  private static func flaw(ofLine text: String) -> String? {
    do throws(JSONBounds.Violation) {
      return try JSONBounds.decode(SearchTrace.self, from: Array(text.utf8)).flaw
    } catch {
      return "no search: \(error.reason)"
    }
  }

  private static func traces(_ lines: [String]) -> [Key: SearchTrace] {
    let traces = lines.compactMap { try? JSONBounds.decode(SearchTrace.self, from: Array($0.utf8)) }.filter { $0.flaw == nil }
    return Dictionary(traces.map { (Key(method: $0.method, seed: $0.seed), $0) }) { first, _ in first }
  }
}
