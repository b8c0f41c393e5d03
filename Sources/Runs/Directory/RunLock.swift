import Datasets
import Foundation

/// Keeps a second process out of a folder, from its creation to its end; and a second part of this process too.
///
/// The lock is the operating system's (`flock`), which lets go of it when the process ends in whatever way, so that no stale lock can
/// remain. The file's text is only for messages: who holds the lock, and, where nobody does, that the last holder was killed.
package final class RunLock: Sendable {
  let descriptor: Int32
  /// Who had the lock last, where that process did not live to release it: "process 123, started 2026-01-01T00:00:00Z on host".
  package let abandonedBy: String?

  /// - Throws: `RunError.Problem.locked` if another process (or another part of this one) has the folder.
  package init(folder: String) throws(RunError) {
    let path = folder + "/lock"
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw RunError(.system(action: "open \(path)", reason: lastSystemError), path: folder) }
    guard Self.lock(descriptor, path) else {
      let code = errno
      let reason = lastSystemError
      let holder = Self.holder(in: path)
      close(descriptor)
      guard code == EWOULDBLOCK else { throw RunError(.system(action: "lock \(path)", reason: reason), path: folder) }
      throw RunError(.locked(process: holder ?? "another process"), path: folder)
    }
    abandonedBy = Self.holder(in: path)
    let text = Array("\(getpid()) \(Self.started) \(ProcessInfo.processInfo.hostName)\n".utf8)
    // Only messages depend on this, so its failure does not matter.
    if ftruncate(descriptor, 0) == 0 { _ = pwrite(descriptor, text, text.count, 0) }
  }

  deinit {
    // An empty file says that nothing was left undone.
    _ = ftruncate(descriptor, 0)
    // A process that is being started right now has a copy of the descriptor until it is, and the lock is let go with the last copy.
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }

  /// Takes the lock; waits a moment for a process that only asks who has it (``state(of:)``) and does not write its name.
  private static func lock(_ descriptor: Int32, _ path: String) -> Bool {
    for _ in 0..<20 {
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
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
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return .free }
    defer { close(descriptor) }
    let holder = holder(in: path)
    // A shared lock, for as long as it takes to ask.
    guard flock(descriptor, LOCK_SH | LOCK_NB) == 0 else { return .held(by: holder ?? "another process") }
    flock(descriptor, LOCK_UN)
    return holder.map { .abandoned(by: $0) } ?? .free
  }

  private static let started = Date().formatted(.iso8601)

  /// What the file says of its holder; `nil` where it says nothing.
  private static func holder(in path: String) -> String? {
    guard let bytes = try? ByteFile.read(path, limit: 1 << 16) else { return nil }
    let text = String(decoding: bytes, as: UTF8.self)
    let words = text.split(whereSeparator: \.isWhitespace)
    guard let process = words.first else { return nil }
    let (time, host) = (
      words.dropFirst().first.map { ", started \($0)" } ?? "", words.dropFirst(2).first.map { " on \($0)" } ?? ""
    )
    return "process \(process)\(time)\(host)"
  }
}

/// Why the last system call failed.
var lastSystemError: String { String(cString: strerror(errno)) }
