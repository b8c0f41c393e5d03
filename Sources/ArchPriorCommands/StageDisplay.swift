import ArchPrior
import Foundation
import Synchronization

/// A progress line for jobs of several stages: a fresh one whenever the stage changes.
final class StageDisplay: Sendable {
  private let current = Mutex<(name: String, reporter: ProgressReporter)?>(nil)
  private let output: ProgressReporter.Output

  init(output: ProgressReporter.Output = .standardError) { self.output = output }

  /// Shows the progress of a stage.
  func show(_ name: String, _ progress: TrainingProgress) {
    reporter(name).report(
      tasks: progress.tasks, fraction: progress.fraction, elapsed: progress.seconds, loss: progress.queryLoss,
      accuracy: progress.queryAccuracy)
  }

  /// Shows how many tasks of an evaluation are done.
  func show(_ name: String, tasks: Int, of total: Int) { reporter(name).report(tasks: tasks, of: total) }

  /// Writes a line above the progress.
  func note(_ text: String) {
    guard let reporter = current.withLock({ $0?.reporter }) else { return output.write(text + "\n") }
    reporter.note(text)
  }

  /// Ends the line that is drawn.
  func finish() {
    current.withLock { current in
      current?.reporter.finish()
      current = nil
    }
  }

  private func reporter(_ name: String) -> ProgressReporter {
    current.withLock { current in
      if let current, current.name == name { return current.reporter }
      current?.reporter.finish()
      let fresh = ProgressReporter(label: name, output: output)
      current = (name, fresh)
      return fresh
    }
  }
}

/// A progress line for a number of equal pieces, done by several threads.
final class CountDisplay: Sendable {
  private let reporter: ProgressReporter
  private let total: Int
  private let done = Atomic<Int>(0)

  init(label: String, total: Int) {
    reporter = ProgressReporter(label: label)
    self.total = total
  }

  /// One more is done.
  func step() { reporter.report(tasks: done.add(1, ordering: .relaxed).newValue, of: total) }

  /// Ends the line.
  func finish() { reporter.finish() }
}
