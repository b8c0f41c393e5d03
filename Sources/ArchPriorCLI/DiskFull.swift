import ArchPrior
import Foundation
import Synchronization

/// What a command does while the disk is full: it says so, waits, and tries again, until there is space or the user stops it.
enum DiskFull {
  /// Seconds between two attempts.
  static let pause = 1.0

  /// Waits after a failed attempt to write.
  ///
  /// - Parameter say: gets the message, at the start of the wait and every minute.
  /// - Returns: a closure that returns `true` when it is time to try again, `false` where the user asked to stop.
  static func waiting(_ say: @escaping @Sendable (String) -> Void) -> @Sendable (any Error) -> Bool {
    let lastSaid = Mutex(Date.distantPast)
    return { error in
      let isDue = lastSaid.withLock { last in
        guard Date().timeIntervalSince(last) > 60 else { return false }
        last = Date()
        return true
      }
      if isDue { say("paused: \(ErrorReport(error).message); free some space to go on, or stop with Control-C: nothing is lost") }
      let end = Date(timeIntervalSinceNow: pause)
      while Date() < end {
        if Interruption.isRequested { return false }
        usleep(50_000)
      }
      return true
    }
  }
}
