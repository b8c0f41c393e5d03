import Datasets
import Foundation
import GRDB
import Messages

/// All runs below a folder, in an SQLite file there (`index.sqlite`) so that listing thousands is quick.
///
/// The index is a cache: every call looks at the folders, reads again what has changed since, and forgets what is gone. An index that is
/// missing, damaged, of another version, or in a place that cannot be written is made anew (in memory, where need be); nothing is
/// lost with it.
public final class RunIndex {
  /// The folder that is searched.
  public let root: String
  /// Whether the file could not be used as it was and was made anew; why.
  public private(set) var rebuilt: String?
  private let database: DatabaseQueue

  /// The version of the table.
  private static let version = 1
  /// How deep below the root runs are looked for: `runs/study/cells/cell`.
  private static let depth = 4

  private struct Row: Codable, FetchableRecord, PersistableRecord {
    static let databaseTableName = "run"
    var path: String
    /// Sizes and times of the files that the summary was read from.
    var fingerprint: String
    var name: String
    var method: String
    var status: String
    var startedAt: String
    /// The `RunSummary` as JSON.
    var summary: String
  }

  /// Opens the index of a folder, or makes it.
  ///
  /// - Throws: `RunError` where the folder cannot be listed, or SQLite does not work at all.
  public init(root: String) throws {
    self.root = root
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: root, isDirectory: &isFolder), isFolder.boolValue else {
      throw RunError(.system(action: "list runs", reason: "no such folder"), path: root)
    }
    let path = root + "/index.sqlite"
    do {
      database = try Self.open(path)
    } catch {
      rebuilt = "\(error)"
      for suffix in ["", "-journal", "-wal", "-shm"] { unlink(path + suffix) }
      do {
        database = try Self.open(path)
      } catch {
        // Such as a folder that may only be read.
        database = try Self.open(nil)
      }
    }
  }

  private struct OtherVersion: Error, CustomStringConvertible {
    var found: Int
    var description: String { "its version is \(found)" }
  }

  private static func open(_ path: String?) throws -> DatabaseQueue {
    var configuration = GRDB.Configuration()
    // Another process may be listing.
    configuration.busyMode = .timeout(5)
    let queue = try path.map { try DatabaseQueue(path: $0, configuration: configuration) } ?? DatabaseQueue()
    try queue.write { database in
      let found = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
      guard found == 0 || found == version else { throw OtherVersion(found: found) }
      if let problem = try String.fetchOne(database, sql: "PRAGMA quick_check(1)"), problem != "ok" {
        throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: problem)
      }
      try database.create(table: Row.databaseTableName, ifNotExists: true) { table in
        table.primaryKey("path", .text)
        for column in ["fingerprint", "name", "method", "status", "startedAt", "summary"] {
          table.column(column, .text).notNull()
        }
      }
      try database.execute(sql: "PRAGMA user_version = \(version)")
      // A table of other columns has the right version only by accident or malice; better found now than later.
      _ = try Row.fetchOne(database)
    }
    return queue
  }

  /// All runs, by the time they were started.
  ///
  /// - Throws: `RunError` where the root cannot be listed.
  public func runs() throws -> [RunSummary] {
    let folders = try Self.runFolders(below: root)
    return try database.write { database in
      let known = try Dictionary(Row.fetchAll(database).map { ($0.path, $0) }) { $1 }
      var result: [RunSummary] = []
      for folder in folders {
        let fingerprint = Self.fingerprint(of: folder)
        if let row = known[folder], row.fingerprint == fingerprint,
          let summary = try? JSONDecoder().decode(RunSummary.self, from: Data(row.summary.utf8))
        {
          result.append(summary)
          continue
        }
        let summary = RunSummary(folder: folder)
        let json = String(decoding: try JSONEncoder().encode(summary), as: UTF8.self)
        try Row(
          path: folder, fingerprint: fingerprint, name: summary.name, method: summary.method, status: summary.status.rawValue,
          startedAt: summary.startedAt, summary: json
        ).save(database)
        result.append(summary)
      }
      for path in Set(known.keys).subtracting(folders) { _ = try Row.deleteOne(database, key: path) }
      return result.sorted { ($0.startedAt, $0.path) < ($1.startedAt, $1.path) }
    }
  }

  /// The folders that hold a run: those with a configuration and papers. Runs do not lie inside of runs.
  static func runFolders(below root: String) throws(RunError) -> [String] {
    let entries: [String]
    do {
      entries = try FileManager.default.contentsOfDirectory(atPath: root)
    } catch {
      throw RunError(.system(action: "list runs", reason: FailureText.of(error)), path: root)
    }
    return entries.sorted().flatMap { runFolders(in: "\(root)/\($0)", depth: depth) }
  }

  private static func runFolders(in folder: String, depth: Int) -> [String] {
    guard depth > 0, let entries = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return [] }
    if entries.contains("configuration.yaml") && entries.contains("provenance.json") { return [folder] }
    return entries.sorted().flatMap { runFolders(in: "\(folder)/\($0)", depth: depth - 1) }
  }

  /// Sizes and times of everything that a summary depends on, and whether somebody holds the lock.
  private static func fingerprint(of folder: String) -> String {
    let parts = [
      "configuration.yaml", "provenance.json", "log.jsonl", "lock", "checkpoints", "results", "results/evaluation.json",
    ]
    let times = parts.map { part in
      var status = stat()
      guard stat("\(folder)/\(part)", &status) == 0 else { return "-" }
      return "\(status.st_size).\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
    }
    return (times + ["\(RunLock.state(of: folder))"]).joined(separator: " ")
  }
}
