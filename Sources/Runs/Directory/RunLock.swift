import Foundation

/// Keeps a second process out of a folder, from its creation to its end.
///
/// The lock is the operating system's (`flock`), which lets go of it when the process ends in whatever way, so that no stale lock can
/// remain; the process number in the file is only for the message.
final class RunLock: Sendable {
  private let descriptor: Int32

  /// - Throws: `RunError.Problem.locked` if another process (or another part of this one) has the folder.
  init(folder: String) throws(RunError) {
    let path = folder + "/lock"
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw RunError(.system(action: "open \(path)", reason: lastSystemError), path: folder) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      let reason = lastSystemError
      let holder = try? String(contentsOfFile: path, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
      close(descriptor)
      guard code == EWOULDBLOCK else { throw RunError(.system(action: "lock \(path)", reason: reason), path: folder) }
      throw RunError(.locked(process: holder.flatMap { $0.isEmpty ? nil : "process \($0)" } ?? "another process"), path: folder)
    }
    let text = Array("\(getpid())\n".utf8)
    // Only the message of the next process depends on this, so its failure does not matter.
    if ftruncate(descriptor, 0) == 0 { _ = pwrite(descriptor, text, text.count, 0) }
  }

  deinit { close(descriptor) }
}

/// Why the last system call failed.
var lastSystemError: String { String(cString: strerror(errno)) }
