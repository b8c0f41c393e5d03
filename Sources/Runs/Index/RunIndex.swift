import Basics
import Foundation
import GRDB

/// All runs below a folder, in an SQLite file there (`index.sqlite`) so that listing thousands is quick.
///
/// The index is a cache: every call looks at the folders, reads again what has changed since, and forgets what is gone. A missing index is
/// made, one of an earlier version or a damaged one made anew; nothing is lost with it. Only a file with ArchPrior's own mark is ever
/// replaced. Where there is another's, where the folder may only be read, or while another process writes, runs are listed without an
/// index, and ``note`` says why.
public final class RunIndex {
  /// The folder that is searched.
  public let root: String
  /// Whether the file was damaged and was made anew; why.
  public private(set) var rebuilt: String?
  /// Why there is no index, in a sentence for people that names the file; `nil` where there is one.
  public private(set) var note: String?
  /// Folders that may not be looked into, so that runs in them are not listed, and why; of the last ``runs()``.
  public private(set) var closed: [(path: String, reason: String)] = []
  /// `nil` where there is no index.
  private var database: DatabaseQueue?

  /// The version of the table.
  private static let version = 2
  /// How deep below the root runs are looked for: `runs/study/cells/cell`.
  private static let depth = 4
  /// Seconds to wait for another process that writes.
  private static let patience = 1.0

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

  private var path: String { root + "/index.sqlite" }

  /// Opens the index of a folder, or makes it.
  ///
  /// - Throws: `RunError` where the folder cannot be listed.
  public init(root: String) throws {
    self.root = root
    var isFolder: ObjCBool = false
    let isThere = FileManager.default.fileExists(atPath: root, isDirectory: &isFolder)
    guard isThere, isFolder.boolValue else {
      throw RunError(.noRoot(isFile: isThere), path: root)
    }
    switch IndexFile(path: path).owner {
    case .other(let what):
      note = "\(path) is \(what), which ArchPrior did not write: it stays, and runs are listed without an index"
    case .archPrior(let version) where version > Self.version:
      note = "\(path) is the index of a newer ArchPrior: it stays, and runs are listed without an index"
    case .archPrior, .nobody: open()
    }
  }

  private func open() {
    if let problem = Self.obstacle(in: root, path) {
      note = "cannot keep an index in \(root) (\(problem)): runs are listed without it"
      return
    }
    do {
      database = try Self.open(path)
    } catch {
      guard Self.isDamage(error), IndexFile(path: path).remove() else { return note(error) }
      do {
        database = try Self.open(path)
        rebuilt = "it cannot be read"
      } catch {
        note(error)
      }
    }
  }

  /// Gives the index up for now.
  private func note(_ error: any Error) {
    database = nil
    // SQLite's own words are for programmers.
    let reason =
      switch (error as? DatabaseError)?.resultCode {
      case .SQLITE_BUSY?, .SQLITE_LOCKED?: "another process is writing to it"
      case .SQLITE_READONLY?, .SQLITE_PERM?, .SQLITE_AUTH?: "it is read-only"
      case .SQLITE_FULL?: "the disk is full"
      case .SQLITE_CORRUPT?, .SQLITE_NOTADB?: "it is damaged and in use; remove it when nothing uses it"
      case .SQLITE_CANTOPEN?: "it cannot be opened"
      case .SQLITE_IOERR?: "reading or writing failed"
      case let code?: "code \(code.rawValue) of SQLite"
      case nil: "it cannot be used"
      }
    note = "the index \(path) is not used (\(reason)): runs are listed without it"
  }

  private static func isDamage(_ error: any Error) -> Bool {
    [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains((error as? DatabaseError)?.resultCode)
  }

  /// What keeps a file from being written in a folder, which SQLite needs for its journals too; found by making one.
  private static func obstacle(in folder: String, _ index: String) -> String? {
    let probe = folder + "/" + TemporaryName(of: "index.sqlite").text
    let descriptor = systemOpen(probe, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    if descriptor >= 0 {
      close(descriptor)
      unlink(probe)
      return access(index, F_OK) == 0 && access(index, R_OK | W_OK) != 0 ? "\(index) is read-only" : nil
    }
    return switch errno {
    case EACCES, EPERM, EROFS: "read-only"
    case ENOSPC, EDQUOT: "the disk is full"
    default: FailureText.reason()
    }
  }

  private static func open(_ path: String) throws -> DatabaseQueue {
    var configuration = GRDB.Configuration()
    // Another process may be listing.
    configuration.busyMode = .timeout(patience)
    let queue = try DatabaseQueue(path: path, configuration: configuration)
    let isReady = try queue.read { database in
      // A table of other columns has the right version only by accident or malice; better found now than later.
      if let problem = try String.fetchOne(database, sql: "PRAGMA quick_check(1)"), problem != "ok" {
        throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: problem)
      }
      let found = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
      let mark = try Int32.fetchOne(database, sql: "PRAGMA application_id") ?? 0
      guard found == version, mark == IndexFile.mark, try database.tableExists(Row.databaseTableName) else { return false }
      return (try? Row.fetchOne(database)) != nil || (try? Row.fetchCount(database)) == 0
    }
    if isReady { return queue }
    // In place: another process may have the file open.
    try queue.write { database in
      let found = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
      let mark = try Int32.fetchOne(database, sql: "PRAGMA application_id") ?? 0
      // Another process may have been quicker.
      if found == version, mark == IndexFile.mark, (try? Row.fetchOne(database)) != nil { return }
      if try database.tableExists(Row.databaseTableName) { try database.drop(table: Row.databaseTableName) }
      try database.create(table: Row.databaseTableName) { table in
        table.primaryKey("path", .text)
        for column in ["fingerprint", "name", "method", "status", "startedAt", "summary"] {
          table.column(column, .text).notNull()
        }
      }
      try database.execute(sql: "PRAGMA application_id = \(IndexFile.mark)")
      try database.execute(sql: "PRAGMA user_version = \(version)")
    }
    return queue
  }

  /// All runs, by the time they were started.
  ///
  /// - Throws: `RunError` where the root cannot be listed.
  public func runs() throws -> [RunSummary] {
    let folders: [String]
    (folders, closed) = try Self.runFolders(below: root)
    var known: [String: Row] = [:]
    withDatabase { database in
      known = try database.read { try Dictionary(Row.fetchAll($0).map { ($0.path, $0) }) { $1 } }
    }
    var (result, changed) = ([RunSummary](), [Row]())
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
      changed.append(
        Row(
          path: folder, fingerprint: fingerprint, name: summary.name, method: summary.method, status: summary.status.rawValue,
          startedAt: summary.startedAt, summary: json))
      result.append(summary)
    }
    let gone = Set(known.keys).subtracting(folders)
    if !changed.isEmpty || !gone.isEmpty {
      withDatabase { database in
        try database.write { database in
          for row in changed { try row.save(database) }
          for path in gone { _ = try Row.deleteOne(database, key: path) }
        }
      }
    }
    return result.sorted { ($0.startedAt, $0.path) < ($1.startedAt, $1.path) }
  }

  /// Works with the index, if there is one; runs are listed even if something is wrong with it.
  private func withDatabase(_ work: (DatabaseQueue) throws -> Void) {
    guard let database else { return }
    do { try work(database) } catch { note(error) }
  }

  /// The folders that hold a run: those with a configuration and a provenance. Runs do not lie inside runs. Links are followed; a run
  /// that several paths lead to is listed once, by one without links where there is such a path.
  static func runFolders(below root: String) throws(RunError) -> (found: [String], closed: [(path: String, reason: String)]) {
    let entries: [String]
    do {
      entries = try FileManager.default.contentsOfDirectory(atPath: root)
    } catch {
      throw RunError(.system(action: "list runs", reason: FailureText.of(error)), path: root)
    }
    var (found, seen) = ([String](), Set<[UInt64]>())
    var closed: [(path: String, reason: String)] = []
    let all = entries.sorted().flatMap { runFolders(in: "\(root)/\($0)", depth: depth, isLinked: false, &closed) }
    for (folder, _) in all.filter({ !$0.isLinked }) + all.filter(\.isLinked) {
      var status = stat()
      guard stat(folder, &status) == 0, seen.insert([UInt64(status.st_dev), UInt64(status.st_ino)]).inserted else { continue }
      found.append(folder)
    }
    return (found, closed)
  }

  private static func runFolders(
    in folder: String, depth: Int, isLinked: Bool, _ closed: inout [(path: String, reason: String)]
  ) -> [(folder: String, isLinked: Bool)] {
    guard depth > 0 else { return [] }
    let entries: [String]
    do {
      entries = try FileManager.default.contentsOfDirectory(atPath: folder)
    } catch {
      // Files are no folders, and what is gone meanwhile is no matter.
      if [EACCES, EPERM, EIO].contains(FailureText.errorNumber(of: error)) { closed.append((folder, FailureText.of(error))) }
      return []
    }
    let isLinked = isLinked || RunDirectory.isLink(folder)
    if entries.contains("configuration.yaml") && entries.contains("provenance.json") { return [(folder, isLinked)] }
    var found: [(folder: String, isLinked: Bool)] = []
    for entry in entries.sorted() {
      found += runFolders(in: "\(folder)/\(entry)", depth: depth - 1, isLinked: isLinked, &closed)
    }
    return found
  }

  /// Sizes and times of everything that a summary depends on, and whether somebody holds the lock.
  private static func fingerprint(of folder: String) -> String {
    let parts = [
      "configuration.yaml", "provenance.json", "log.jsonl", "lock", "checkpoints", "results", "results/evaluation.json",
      "results/meta-training.json",
    ]
    let times = parts.map { part in
      var status = stat()
      guard stat("\(folder)/\(part)", &status) == 0 else { return "-" }
      // The change time tells when permissions changed.
      return
        "\(status.st_size).\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec).\(status.st_ctim.tv_sec).\(status.st_ctim.tv_nsec)"
    }
    return (times + ["\(RunLock.state(of: folder))"]).joined(separator: " ")
  }
}

// The type's own `open` hides the system's.
private func systemOpen(_ path: String, _ flags: Int32, _ mode: mode_t) -> Int32 { open(path, flags, mode) }
