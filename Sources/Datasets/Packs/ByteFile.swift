import Foundation

/// Whole files in and out, with the operating system's reason where that fails.
package enum ByteFile {
  /// Why a file could not be read or written, in the operating system's words.
  package struct Failure: Error, Equatable {
    package var reason: String

    package static var last: Failure { Failure(reason: String(cString: strerror(errno))) }
  }

  /// Reads a regular file of at most `limit` bytes.
  package static func read(_ path: String, limit: Int) throws(Failure) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Failure.last }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Failure.last }
    guard status.st_mode & S_IFMT == S_IFREG else { throw Failure(reason: "not a regular file") }
    guard Int(status.st_size) <= limit else {
      throw Failure(reason: "it has \(status.st_size) bytes, more than the limit of \(limit)")
    }
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

  /// Writes a file under a temporary name in the same folder, syncs it, and renames it over `path`: a reader finds the old
  /// file or the whole new one, also after a crash.
  ///
  /// - Parameter call: writes some bytes and returns their number or -1 with `errno`; tests give one that fails.
  package static func writeAtomically(
    _ bytes: [UInt8], to path: String, call: (Int32, UnsafeRawPointer, Int) -> Int = systemWrite
  ) throws(Failure) {
    let url = URL(fileURLWithPath: path)
    let folder = url.deletingLastPathComponent().path
    let temporary = folder + "/." + url.lastPathComponent + ".tmp-\(getpid())-\(UInt64.random(in: 0 ... .max))"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw Failure.last }
    do throws(Failure) {
      defer { close(descriptor) }
      try write(bytes, to: descriptor, call: call)
      guard fsync(descriptor) == 0 else { throw Failure.last }
    } catch {
      unlink(temporary)
      throw error
    }
    guard rename(temporary, path) == 0 else {
      let failure = Failure.last
      unlink(temporary)
      throw failure
    }
    // The new name itself is durable only once the folder is synced; file systems that cannot do so say so, which is no failure.
    let folderDescriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if folderDescriptor >= 0 {
      fsync(folderDescriptor)
      close(folderDescriptor)
    }
  }

  private static func write(
    _ bytes: [UInt8], to descriptor: Int32, call: (Int32, UnsafeRawPointer, Int) -> Int
  ) throws(Failure) {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        buffer.baseAddress.map { call(descriptor, $0 + written, buffer.count - written) } ?? 0
      }
      if count < 0 {
        if errno == EINTR { continue }
        throw Failure.last
      }
      written += count
    }
  }
}

// The type's own `read` and `write` hide the system's.
private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer, _ count: Int) -> Int {
  read(descriptor, buffer, count)
}

package func systemWrite(_ descriptor: Int32, _ buffer: UnsafeRawPointer, _ count: Int) -> Int {
  write(descriptor, buffer, count)
}
