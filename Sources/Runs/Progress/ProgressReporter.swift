import Foundation
import Synchronization

/// Shows how far a long job is: one line that is drawn again and again on a terminal, a plain line now and then elsewhere.
/// May be told from several threads.
public final class ProgressReporter: Sendable {
  /// Where lines go and how.
  public struct Output: Sendable {
    /// Whether the last line can be drawn over.
    public var isTerminal: Bool
    /// Columns of the terminal.
    public var columns: Int
    /// Seconds between lines.
    public var interval: Double
    /// Gets the characters to show, line ends included.
    public var write: @Sendable (String) -> Void

    /// A place to write to; `columns` counts on terminals only.
    ///
    /// - Parameters:
    ///   - isTerminal: whether the last line can be drawn over.
    ///   - columns: the width of the terminal, in characters.
    ///   - interval: the least number of seconds between lines.
    ///   - write: gets the characters to show, line ends included.
    public init(isTerminal: Bool, columns: Int = 80, interval: Double, write: @escaping @Sendable (String) -> Void) {
      self.isTerminal = isTerminal
      self.columns = columns
      self.interval = interval
      self.write = write
    }

    /// Standard error, so that standard output holds nothing but results.
    public static var standardError: Output {
      let isTerminal = isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
      var size = winsize()
      let known = isTerminal && ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
      return Output(isTerminal: isTerminal, columns: known ? Int(size.ws_col) : 80, interval: isTerminal ? 0.1 : 5) {
        // A line that cannot be shown does not end the work.
        StandardStream.error.write($0)
      }
    }

    /// Says nothing.
    public static let silent = Output(isTerminal: false, interval: .infinity) { _ in }
  }

  private struct State {
    var lastShown: Double?
    var drawn = false
    var marks: [(time: Double, tasks: Int)] = []
  }

  private let label: String
  private let unit: String
  private let output: Output
  private let clock: @Sendable () -> Double
  private let start: Double
  private let state = Mutex(State())

  /// A reporter whose time starts now.
  ///
  /// - Parameters:
  ///   - label: what is going on, at the start of every line.
  ///   - unit: what the counted things are called.
  ///   - output: where the lines are written.
  ///   - clock: seconds from any start; tests give their own.
  public init(
    label: String, unit: String = "tasks", output: Output = .standardError,
    clock: @escaping @Sendable () -> Double = { Double(DispatchTime.now().uptimeNanoseconds) * 1e-9 }
  ) {
    self.label = label.visible
    self.unit = unit
    self.output = output
    self.clock = clock
    start = clock()
  }

  /// Tells how far the job is; most calls show nothing, because the last line is too fresh.
  ///
  /// - Parameters:
  ///   - tasks: done so far.
  ///   - totalTasks: in all, where a number of tasks is the limit.
  ///   - totalSeconds: in all, where a time is the limit.
  ///   - fraction: the share that is done, in 0...1, where the caller knows better.
  ///   - elapsed: seconds that the job took so far, where it began before this reporter.
  ///   - loss: the present loss; `nil` to show none.
  ///   - accuracy: in 0...1.
  public func report(
    tasks: Int, of totalTasks: Int? = nil, totalSeconds: Double? = nil, fraction: Double? = nil, elapsed: Double? = nil,
    loss: Double? = nil, accuracy: Double? = nil
  ) {
    let now = clock()
    state.withLock { state in
      if let last = state.lastShown, now - last < output.interval { return }
      state.lastShown = now
      state.marks.append((now, tasks))
      // The speed of the last 30 seconds or so, for speeds change with the load of the machine.
      while state.marks.count > 2, now - state.marks[1].time > 30 { state.marks.removeFirst() }
      let elapsed = elapsed ?? now - start
      let fraction = fraction ?? totalTasks.map { Double(tasks) / Double(max(1, $0)) } ?? totalSeconds.map { elapsed / $0 } ?? 0
      let first = state.marks[0]
      let rate = now > first.time ? Double(tasks - first.tasks) / (now - first.time) : nil
      let line = ProgressState(
        fraction: fraction, tasks: tasks, totalTasks: totalTasks, loss: loss, accuracy: accuracy, elapsed: elapsed, rate: rate
      ).line(label: label, unit: unit)
      if output.isTerminal {
        output.write("\r\u{1B}[K" + line.prefix(max(10, output.columns - 1)))
        state.drawn = true
      } else {
        output.write(line + "\n")
      }
    }
  }

  /// Writes a line of its own, above the one that is drawn.
  public func note(_ text: String) {
    state.withLock { state in
      output.write((state.drawn ? "\r\u{1B}[K" : "") + text.visibleLines + "\n")
      state.drawn = false
    }
  }

  /// Ends the line that is drawn; call it when the job is over, however it ended.
  public func finish() {
    state.withLock { state in
      if state.drawn { output.write("\n") }
      state.drawn = false
    }
  }
}
