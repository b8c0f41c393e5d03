import Foundation

/// The calls of the operating system that change files: what a fault-injecting test replaces.
package struct FileCalls: Sendable {
  package var open: @Sendable (_ path: String, _ flags: Int32) -> Int32
  package var write: @Sendable (_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int
  package var sync: @Sendable (_ descriptor: Int32) -> Int32
  package var rename: @Sendable (_ from: String, _ to: String) -> Int32
  package var remove: @Sendable (_ path: String) -> Int32
  package var truncate: @Sendable (_ descriptor: Int32, _ length: Int) -> Int32
  package var close: @Sendable (_ descriptor: Int32) -> Int32

  package init(
    open: @escaping @Sendable (String, Int32) -> Int32, write: @escaping @Sendable (Int32, UnsafeRawPointer, Int) -> Int,
    sync: @escaping @Sendable (Int32) -> Int32, rename: @escaping @Sendable (String, String) -> Int32,
    remove: @escaping @Sendable (String) -> Int32, truncate: @escaping @Sendable (Int32, Int) -> Int32,
    close: @escaping @Sendable (Int32) -> Int32 = { systemClose($0) }
  ) {
    self.open = open
    self.write = write
    self.sync = sync
    self.rename = rename
    self.remove = remove
    self.truncate = truncate
    self.close = close
  }

  /// The operating system's own.
  package static let system = FileCalls(
    open: { systemOpen($0, $1, 0o666) }, write: { systemWrite($0, $1, $2) }, sync: { fsync($0) },
    rename: { systemRename($0, $1) }, remove: { systemUnlink($0) }, truncate: { ftruncate($0, $1) })
}

// MARK: Calls that a signal interrupted are made again.

extension FileCalls {
  package func opened(_ path: String, _ flags: Int32) -> Int32 { Self.again { open(path, flags) } }

  package func written(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
    Self.again { write(descriptor, bytes, count) }
  }

  package func synced(_ descriptor: Int32) -> Int32 { Self.again { sync(descriptor) } }

  package func renamed(_ from: String, _ to: String) -> Int32 { Self.again { rename(from, to) } }

  @discardableResult package func unlink(_ path: String) -> Int32 { Self.again { remove(path) } }

  @discardableResult package func truncated(_ descriptor: Int32, to length: Int) -> Int32 {
    Self.again { truncate(descriptor, length) }
  }

  /// Closes once: Linux lets go of the descriptor even where a signal interrupts the call, and its number may be another file's by now.
  @discardableResult package func closed(_ descriptor: Int32) -> Int32 {
    let result = close(descriptor)
    return result < 0 && errno == EINTR ? 0 : result
  }

  /// Signals come one at a time; where every call is interrupted, something else is wrong.
  private static func again<Result: SignedInteger>(_ call: () -> Result) -> Result {
    for _ in 0..<10_000 {
      let result = call()
      if result >= 0 || errno != EINTR { return result }
    }
    return -1
  }
}

// The members hide the system's functions.
private func systemWrite(_ descriptor: Int32, _ buffer: UnsafeRawPointer, _ count: Int) -> Int {
  write(descriptor, buffer, count)
}

private func systemOpen(_ path: String, _ flags: Int32, _ mode: mode_t) -> Int32 { open(path, flags, mode) }

private func systemRename(_ from: String, _ to: String) -> Int32 { rename(from, to) }

private func systemUnlink(_ path: String) -> Int32 { unlink(path) }

package func systemClose(_ descriptor: Int32) -> Int32 { close(descriptor) }
