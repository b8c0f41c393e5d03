import Foundation

/// Whole files in and out, with the operating system's reason where that fails.
package enum ByteFile {
  /// Why a file could not be read or written, in the operating system's words.
  package struct Failure: ReportableError, Equatable {
    package var reason: String
    /// `errno`; 0 if the reason is another.
    package var code: Int32 = 0

    package var fault: Fault { Fault(reason) }

    package static var last: Failure { Failure(reason: FailureText.reason(), code: errno) }
    /// Whether the disk (or the user's share of it) is full, which passes.
    package var isFull: Bool { code == ENOSPC || code == EDQUOT }
  }

  /// Reads a regular file of at most `limit` bytes. Folders, named pipes and devices are refused at once.
  package static func read(_ path: String, limit: Int) throws(Failure) -> [UInt8] {
    // Without O_NONBLOCK, opening a named pipe waits for a writer; for regular files it changes nothing.
    var descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    while descriptor < 0, errno == EINTR { descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) }
    guard descriptor >= 0 else {
      let failure = Failure.last
      // Sockets and some devices cannot be opened at all: say what they are.
      if failure.code == ENXIO { try checkRegular(path) }
      throw failure
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Failure.last }
    try checkRegular(status)
    guard Int(status.st_size) <= limit else {
      throw Failure(reason: "it has \(status.st_size) bytes, more than the limit of \(limit)")
    }
    if let shortage = AvailableMemory.shortage(of: Int(status.st_size)) { throw Failure(reason: shortage) }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    var filled = 0
    while filled < bytes.count {
      let count = bytes.withUnsafeMutableBytes { buffer in
        buffer.baseAddress.map { systemRead(descriptor, $0 + filled, buffer.count - filled) } ?? 0
      }
      if count < 0 {
        if errno == EINTR { continue }
        throw Failure.last
      }
      if count == 0 { break }
      filled += count
    }
    bytes.removeLast(bytes.count - filled)
    return bytes
  }

  /// Checks that a path is a regular file, before a library opens it that would wait for a named pipe.
  package static func checkRegular(_ path: String) throws(Failure) {
    var status = stat()
    guard stat(path, &status) == 0 else { throw Failure.last }
    try checkRegular(status)
  }

  private static func checkRegular(_ status: stat) throws(Failure) {
    let kind: String
    switch status.st_mode & S_IFMT {
    case S_IFREG: return
    case S_IFDIR: kind = "a folder"
    case S_IFIFO: kind = "a named pipe"
    case S_IFSOCK: kind = "a socket"
    default: kind = "a device"
    }
    throw Failure(reason: "not a regular file but \(kind)")
  }

  /// Writes a file under a temporary name in the same folder, syncs it, and renames it over `path`: a reader finds the old
  /// file or the whole new one, also after a crash.
  ///
  /// - Parameter calls: what the operating system does; tests give calls that fail.
  package static func writeAtomically(
    _ bytes: [UInt8], to path: String, calls: FileCalls = .system
  ) throws(Failure) {
    let url = URL(fileURLWithPath: path)
    let folder = url.deletingLastPathComponent().path
    let temporary = folder + "/" + TemporaryName(of: url.lastPathComponent).text
    let descriptor = calls.opened(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC)
    guard descriptor >= 0 else { throw Failure.last }
    // Tells others that this process is writing it (`removeAbandoned(in:)`), for as long as that is so.
    FileLock.take(descriptor, LOCK_EX | LOCK_NB)
    do throws(Failure) {
      try write(bytes, to: descriptor, calls: calls)
      guard calls.synced(descriptor) == 0 else { throw Failure.last }
      guard calls.renamed(temporary, path) == 0 else { throw Failure.last }
    } catch {
      calls.closed(descriptor)
      calls.unlink(temporary)
      throw error
    }
    // Network file systems may tell only now that there was no space.
    guard calls.closed(descriptor) == 0 else { throw Failure.last }
    try syncFolder(folder, calls: calls)
  }

  /// Whether a name in a folder is one that ``writeAtomically(_:to:calls:)`` writes under: after a crash it is waste.
  package static func isTemporary(_ name: String) -> Bool { TemporaryName(parsing: name) != nil }

  /// Makes new names in a folder durable.
  package static func syncFolder(_ folder: String, calls: FileCalls = .system) throws(Failure) {
    let descriptor = calls.opened(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Failure.last }
    defer { calls.closed(descriptor) }
    // Some file systems cannot sync folders and say EINVAL, which is not a failure.
    if calls.synced(descriptor) != 0 && errno != EINVAL { throw Failure.last }
  }

  /// Writes all bytes to an open file, in as many calls as it takes.
  package static func write(_ bytes: [UInt8], to descriptor: Int32, calls: FileCalls = .system) throws(Failure) {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        buffer.baseAddress.map { calls.written(descriptor, $0 + written, buffer.count - written) } ?? 0
      }
      guard count >= 0 else { throw Failure.last }
      guard count > 0 else { throw Failure(reason: "nothing could be written", code: EIO) }
      written += count
    }
  }
}

// The type's own `read` hides the system's.
private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer, _ count: Int) -> Int {
  read(descriptor, buffer, count)
}
