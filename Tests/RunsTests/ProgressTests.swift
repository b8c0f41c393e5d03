import Foundation
import Runs
import Synchronization
import Testing

/// What a reporter wrote, under a clock that the test moves.
private final class Recorder: Sendable {
  let text = Mutex("")
  let time = Mutex(0.0)

  func reporter(terminal: Bool, columns: Int = 200, interval: Double) -> ProgressReporter {
    ProgressReporter(
      label: "T-NAS",
      output: .init(isTerminal: terminal, columns: columns, interval: interval) { text in self.text.withLock { $0 += text } },
      clock: { self.time.withLock { $0 } })
  }

  func wait(_ seconds: Double) { time.withLock { $0 += seconds } }
  var written: String { text.withLock { $0 } }
}

@Suite struct ProgressTests {
  @Test func theLineSaysEverything() {
    let state = ProgressState(
      fraction: 0.5, tasks: 500, totalTasks: 1000, loss: 1.2345, accuracy: 0.678, elapsed: 40, rate: 12.34)
    #expect(
      state.line(label: "T-NAS", barWidth: 10)
        == "T-NAS  [#####.....]  50%  500/1000 tasks  loss 1.234  acc 67.8%  12 tasks/s  0:40 left")
    #expect(ProgressState(fraction: .nan, tasks: 3).line(label: "x", barWidth: 2) == "x  [..]   0%  3 tasks")
    #expect(
      ProgressState(fraction: 0, tasks: 3, rate: 2).line(label: "x", unit: "searches", barWidth: 2)
        == "x  [..]   0%  3 searches  2.00 searches/s")
    #expect(ProgressState(fraction: 7, tasks: 3).line(label: "x", barWidth: 2) == "x  [##] 100%  3 tasks")
  }

  @Test(arguments: [(0.0, "0:00"), (59.6, "1:00"), (3599, "59:59"), (3600, "1:00:00"), (.infinity, "?"), (-1, "?")])
  func durations(seconds: Double, text: String) { #expect(ProgressState.duration(seconds) == text) }

  @Test func plainLinesComeNowAndThen() {
    let recorder = Recorder()
    let reporter = recorder.reporter(terminal: false, interval: 10)
    for tasks in 0..<25 {
      reporter.report(tasks: tasks, of: 100)
      recorder.wait(1)
    }
    reporter.finish()
    let lines = recorder.written.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines.last?.contains("20/100 tasks  1.00 tasks/s  1:20 left") == true, "\(lines)")
    #expect(!recorder.written.contains("\u{1B}"))
  }

  @Test func aTerminalHasOneLine() {
    let recorder = Recorder()
    let reporter = recorder.reporter(terminal: true, columns: 40, interval: 0.1)
    reporter.report(tasks: 0, totalSeconds: 100)
    recorder.wait(50)
    reporter.report(tasks: 5, totalSeconds: 100)
    reporter.note("validation 50%")
    reporter.report(tasks: 6, totalSeconds: 100)
    recorder.wait(1)
    reporter.report(tasks: 7, totalSeconds: 100)
    reporter.finish()
    let parts = recorder.written.components(separatedBy: "\r\u{1B}[K")
    #expect(parts.count == 5)
    #expect(parts[1...].allSatisfy { $0.trimmingCharacters(in: .newlines).count <= 39 })
    #expect(parts[2].contains(" 50%"))
    #expect(parts[3] == "validation 50%\n")
    #expect(parts[4].hasSuffix("\n"))
  }

  @Test func threadsMayReportAtOnce() {
    let recorder = Recorder()
    let reporter = recorder.reporter(terminal: false, interval: 0)
    DispatchQueue.concurrentPerform(iterations: 100) { reporter.report(tasks: $0, of: 100) }
    #expect(recorder.written.split(separator: "\n").count == 100)
    #expect(recorder.written.split(separator: "\n").allSatisfy { $0.hasPrefix("T-NAS  [") })
  }

  @Test func aSignalIsNoticed() {
    Interruption.clear()
    Interruption.watch()
    #expect(!Interruption.isRequested)
    kill(getpid(), SIGTERM)
    for _ in 0..<100 where !Interruption.isRequested { usleep(1000) }
    #expect(Interruption.isRequested)
    signal(SIGTERM, SIG_DFL)
    signal(SIGINT, SIG_DFL)
    Interruption.clear()
  }
}
