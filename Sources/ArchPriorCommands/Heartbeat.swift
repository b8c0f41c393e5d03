import ArchPrior
import Foundation

/// Says that work goes on where nothing else was said for some seconds: soon at first, then less and less often.
final class Heartbeat: Sendable {
  /// Seconds of silence before the first line, and the most between two.
  static let (first, most) = (5.0, 60.0)

  private let isOver = DispatchSemaphore(value: 0)

  /// - Parameter label: what is going on.
  init(_ label: String) {
    let isOver = isOver
    let start = ContinuousClock.now
    Thread.detachNewThread {
      var silence = Self.first
      var wait = silence
      while isOver.wait(timeout: .now() + wait) == .timedOut {
        // Progress lines and notes say as much.
        let quiet = StandardStream.error.secondsSinceWrite
        guard quiet >= silence else {
          wait = max(0.1, silence - quiet)
          continue
        }
        let lineStart = isatty(STDERR_FILENO) == 1 ? "\r\u{1B}[K" : ""
        Output.note("\(lineStart)\(label): \(ProgressState.duration((ContinuousClock.now - start) / .seconds(1))) so far")
        silence = min(Self.most, 2 * silence)
        wait = silence
      }
    }
  }

  /// Says no more.
  func end() { isOver.signal() }

  /// Does a piece of work.
  static func during<Result>(_ label: String, _ work: () throws -> Result) rethrows -> Result {
    let heartbeat = Heartbeat(label)
    defer { heartbeat.end() }
    return try work()
  }
}
