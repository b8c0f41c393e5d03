import Basics
import Foundation

/// Keeps a second process out of a folder, from its creation to its end; and a second part of this process too.
///
/// The lock is the operating system's (`flock`), which lets go of it when the process ends in whatever way, so that no stale lock can
/// remain. It is taken twice: on the file `lock`, and on the folder itself, so that deleting the file lets nobody in. On a network file
/// system the folder often cannot be locked; the file can (NFS turns the lock into one of the server), and then it must stay where it
/// is. The file's text is only for messages: who holds the lock, and, where nobody does, that the last holder was killed.
package final class RunLock: Sendable {
  let descriptor: Int32
  private let folderDescriptor: Int32
  private let folder: String
  /// Who had the lock last, where that process did not live to release it: "process 123, started 2026-01-01T00:00:00Z on host".
  package let abandonedBy: String?

  /// - Throws: `RunError.Problem.locked` if another process (or another part of this one) has the folder.
  package init(folder: String) throws(RunError) {
    let path = folder + "/lock"
    let folderDescriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folderDescriptor >= 0 else { throw RunError(.system(action: "open it", reason: FailureText.reason()), path: folder) }
    do throws(RunError) {
      guard Self.lock(folderDescriptor, path) || errno != EWOULDBLOCK else {
        throw RunError(.locked(process: Self.holder(in: path) ?? "another process"), path: folder)
      }
      descriptor = try Self.lockedFile(path, of: folder)
    } catch {
      FileLock.take(folderDescriptor, LOCK_UN)
      close(folderDescriptor)
      throw error
    }
    self.folder = folder
    self.folderDescriptor = folderDescriptor
    abandonedBy = Self.holder(in: path)
    let text = Array("\(getpid()) \(Self.started) \(ProcessInfo.processInfo.hostName)\n".utf8)
    // Only messages depend on this, so its failure does not matter.
    if ftruncate(descriptor, 0) == 0 { _ = pwrite(descriptor, text, text.count, 0) }
  }

  deinit {
    // An empty file says that nothing was left undone.
    _ = ftruncate(descriptor, 0)
    for descriptor in [descriptor, folderDescriptor] {
      // A process that is being started right now has a copy of the descriptor until it is, and the lock is let go with the last copy.
      FileLock.take(descriptor, LOCK_UN)
      close(descriptor)
    }
  }

  /// Whether the folder's path still leads to the folder that is locked, and not to one that was put in its place.
  package var isInPlace: Bool { Self.isSame(folderDescriptor, folder, links: true) }

  /// Opens and locks the file. If it is deleted meanwhile, and perhaps made anew by another process, the lock is void, and is tried
  /// again.
  private static func lockedFile(_ path: String, of folder: String) throws(RunError) -> Int32 {
    for _ in 0..<100 {
      // Where it is a link, the file that it points to is not ours to write to.
      let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o644)
      guard descriptor >= 0 else {
        let reason = errno == ELOOP ? "it is a symbolic link" : FailureText.reason()
        throw RunError(.system(action: "open \(path)", reason: reason), path: folder)
      }
      guard lock(descriptor, path) else {
        let code = errno
        let reason = FailureText.reason()
        close(descriptor)
        guard code == EWOULDBLOCK else { throw RunError(.system(action: "lock \(path)", reason: reason), path: folder) }
        throw RunError(.locked(process: holder(in: path) ?? "another process"), path: folder)
      }
      if isSame(descriptor, path, links: false) {
        guard isOurs(descriptor) else {
          FileLock.take(descriptor, LOCK_UN)
          close(descriptor)
          throw RunError(.system(action: "lock it", reason: "\(path) is a file that ArchPrior did not write"), path: folder)
        }
        return descriptor
      }
      FileLock.take(descriptor, LOCK_UN)
      close(descriptor)
    }
    throw RunError(.system(action: "lock \(path)", reason: "it is deleted again and again"), path: folder)
  }

  /// Whether a path leads to an open file.
  private static func isSame(_ descriptor: Int32, _ path: String, links: Bool) -> Bool {
    var (mine, there) = (stat(), stat())
    guard fstat(descriptor, &mine) == 0, (links ? stat(path, &there) : lstat(path, &there)) == 0 else { return false }
    return mine.st_dev == there.st_dev && mine.st_ino == there.st_ino
  }

  /// Whether an open file is empty or says what a lock says; others are not to be written over.
  private static func isOurs(_ descriptor: Int32) -> Bool {
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size < 1024 else { return false }
    var bytes = [UInt8](repeating: 0, count: 1024)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    guard count > 0 else { return count == 0 }
    let words = String(decoding: bytes.prefix(count), as: UTF8.self).split(whereSeparator: \.isWhitespace)
    return words.count <= 3 && words.first.map { Int32($0) != nil } ?? true
  }

  /// Takes the lock; waits a moment for a process that only asks who has it (``state(of:)``) and does not write its name.
  private static func lock(_ descriptor: Int32, _ path: String) -> Bool {
    for _ in 0..<20 {
      if FileLock.take(descriptor, LOCK_EX | LOCK_NB) { return true }
      let code = errno
      guard code == EWOULDBLOCK, holder(in: path) == nil else {
        errno = code
        return false
      }
      usleep(5000)
    }
    errno = EWOULDBLOCK
    return false
  }

  /// Who works on a run, without touching its lock.
  enum State: Equatable {
    /// Nobody, and the last one left in an orderly way.
    case free
    /// This process works on it.
    case held(by: String)
    /// Nobody does; this process was killed while it did.
    case abandoned(by: String)
  }

  /// The state of a folder's lock.
  static func state(of folder: String) -> State {
    let path = folder + "/lock"
    let holder = holder(in: path)
    for (place, flags) in [(path, O_NOFOLLOW | O_NONBLOCK), (folder, O_DIRECTORY)] {
      let descriptor = open(place, O_RDONLY | O_CLOEXEC | flags)
      guard descriptor >= 0 else { continue }
      defer { close(descriptor) }
      // A shared lock, for as long as it takes to ask.
      guard FileLock.take(descriptor, LOCK_SH | LOCK_NB) || errno != EWOULDBLOCK else {
        return .held(by: holder ?? "another process")
      }
      FileLock.take(descriptor, LOCK_UN)
    }
    return holder.map { .abandoned(by: $0) } ?? .free
  }

  private static let started = Date().formatted(.iso8601)

  /// What the file says of its holder; `nil` where it says nothing.
  private static func holder(in path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 512)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    guard count > 0 else { return nil }
    let words = String(decoding: bytes.prefix(count), as: UTF8.self).split(whereSeparator: \.isWhitespace)
    guard let process = words.first else { return nil }
    let (time, host) = (
      words.dropFirst().first.map { ", started \($0)" } ?? "", words.dropFirst(2).first.map { " on \($0)" } ?? ""
    )
    return "process \(process)\(time)\(host)"
  }
}
