import ArchPrior

/// How many threads work together on one task: the seam between the benchmark and the engine's parallelism inside of a task.
enum SingleTaskThreads {
  /// Whether the engine can use more than one thread for one task.
  static let isSupported = true

  /// Runs a body in which a single task may use so many threads.
  static func with<Result>(_ threads: Int, _ body: () throws -> Result) rethrows -> Result {
    try TaskTeam.withThreads(threads, body)
  }
}
