import Foundation

/// The file that an index is kept in, looked at without SQLite, which would write journals beside files that are not ours.
struct IndexFile {
  /// What a file is by its first page.
  enum Owner: Equatable {
    /// There is none, or an empty one.
    case nobody
    /// An index of ArchPrior's, of this version of the table.
    case archPrior(version: Int)
    /// Something else; what, in words that follow "it is".
    case other(String)
  }

  /// ArchPrior's mark in SQLite's header (`PRAGMA application_id`), "ArcP".
  static let mark: Int32 = 0x4172_6350

  let path: String

  /// Whose the file is. Nothing is written, and nothing is waited for.
  var owner: Owner {
    var status = stat()
    guard lstat(path, &status) == 0 else { return errno == ENOENT ? .nobody : .other("a file that cannot be looked at") }
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFLNK: return .other("a symbolic link")
    case S_IFDIR: return .other("a folder")
    default: return .other("not a regular file")
    }
    guard status.st_size > 0 else { return .nobody }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { return .other("not readable") }
    defer { close(descriptor) }
    var page = [UInt8](repeating: 0, count: 4096)
    page.removeLast(page.count - max(0, pread(descriptor, &page, page.count, 0)))
    guard page.starts(with: Array("SQLite format 3\0".utf8)), page.count >= 100 else { return .other("no database") }
    func number(_ place: Int) -> Int32 { page[place..<place + 4].reduce(0) { $0 << 8 | Int32($1) } }
    let version = Int(number(60))
    if number(68) == Self.mark { return .archPrior(version: version) }
    return Self.isUnmarked(page, version) ? .archPrior(version: version) : .other("another program's database")
  }

  /// Before there was a mark: version 1, and a first page that declares our table and its key, and nothing else.
  private static func isUnmarked(_ page: [UInt8], _ version: Int) -> Bool {
    guard version == 1, page.count > 108, page[100] == 0x0D, page[103] == 0, page[104] == 2 else { return false }
    let columns = ["fingerprint", "name", "method", "status", "startedAt", "summary"].map { "\"\($0)\" TEXT NOT NULL" }
    let text = "CREATE TABLE \"run\" (\"path\" TEXT PRIMARY KEY NOT NULL, \(columns.joined(separator: ", ")))"
    return page.firstRange(of: Array(text.utf8)) != nil
  }

  /// Removes a damaged index with what SQLite keeps beside it, unless somebody is using it.
  ///
  /// - Returns: whether it is gone.
  func remove() -> Bool {
    guard case .archPrior = owner else { return false }
    let descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { return false }
    // Closing lets the lock go.
    defer { close(descriptor) }
    // SQLite's readers and writers lock bytes from 2^30 on ("File Locking And Concurrency In SQLite Version 3").
    var lock = flock()
    lock.l_type = Int16(F_WRLCK)
    lock.l_whence = Int16(SEEK_SET)
    lock.l_start = 1 << 30
    lock.l_len = 512
    guard fcntl(descriptor, F_SETLK, &lock) == 0 else { return false }
    var (mine, there) = (stat(), stat())
    guard fstat(descriptor, &mine) == 0, lstat(path, &there) == 0, mine.st_ino == there.st_ino, mine.st_dev == there.st_dev else {
      return false
    }
    // The file last: a journal without its file is nothing, but one beside a new file would be played into it.
    return ["-journal", "-wal", "-shm", ""].allSatisfy { unlink(path + $0) == 0 || errno == ENOENT }
  }
}
