import Foundation

/// The lock of an open file or folder (`flock`), which is the process's for as long as the file is open.
package enum FileLock {
  /// Locks or unlocks; asks again where a signal interrupts the call.
  ///
  /// - Parameters:
  ///   - operation: such as `LOCK_EX | LOCK_NB`.
  ///   - call: the system's own; tests give one that fails.
  /// - Returns: whether it was done; where not, `errno` says why.
  @discardableResult package static func take(
    _ descriptor: Int32, _ operation: Int32, call: (Int32, Int32) -> Int32 = { systemLock($0, $1) }
  ) -> Bool {
    // Signals come one at a time; where every call is interrupted, something else is wrong.
    for _ in 0..<10_000 {
      if call(descriptor, operation) == 0 { return true }
      guard errno == EINTR else { return false }
    }
    return false
  }
}

package func systemLock(_ descriptor: Int32, _ operation: Int32) -> Int32 { flock(descriptor, operation) }
