/// How many threads work together on one task.
///
/// The seam between the benchmark and the engine's parallelism inside of a task. The engine runs a task on one thread so far.
enum SingleTaskThreads {
  /// Whether the engine can use more than one thread for one task.
  static let isSupported = false

  /// Runs a body in which a single task may use so many threads.
  static func with<Result>(_ threads: Int, _ body: () throws -> Result) rethrows -> Result {
    try body()
  }
}
