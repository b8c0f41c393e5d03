import ArchPrior
import Foundation
import Synchronization

/// What a command does while the disk is full: it says so, waits, and tries again, until there is space or the user stops it.
enum DiskFull {
  /// Seconds between two attempts.
  static let pause = 1.0

  /// Waits after a failed attempt to write.
  ///
  /// - Parameters:
  ///   - kept: what is on the disk already, in words that follow "stopping now": asked when the message is due.
  ///   - say: gets the message, at the start of the wait and every minute.
  /// - Returns: a closure that returns `true` when it is time to try again, `false` where the user asked to stop.
  static func waiting(
    kept: @escaping @Sendable () -> String = { "loses only what was computed since it was last saved" },
    _ say: @escaping @Sendable (String) -> Void
  ) -> @Sendable (any Error) -> Bool {
    let lastSaid = Mutex(Date.distantPast)
    return { error in
      let isDue = lastSaid.withLock { last in
        guard Date().timeIntervalSince(last) > 60 else { return false }
        last = Date()
        return true
      }
      if isDue {
        say("paused: \(ErrorReport(error).message); free some space to go on; stopping now with Control-C \(kept())")
      }
      let end = Date(timeIntervalSinceNow: pause)
      while Date() < end {
        if Interruption.isRequested { return false }
        usleep(50_000)
      }
      return true
    }
  }

  /// What stopping costs where nothing is saved before the end.
  static let nothing: @Sendable () -> String = { "loses everything that was computed" }

  /// What stopping a run costs, by whether it has a checkpoint yet.
  static func kept(in run: RunDirectory) -> @Sendable () -> String {
    {
      ((try? run.checkpoints()) ?? []).isEmpty
        ? "loses all of the training: there is no checkpoint yet" : "loses what was trained since the last checkpoint"
    }
  }
}
