import ArchPrior
import Foundation

/// Runs a body a few times and prints how its time divides among the primitives.
func printProfile(_ options: RunOptions, _ body: () throws -> Void) rethrows {
  for _ in 0..<options.warmup { try body() }
  let repeats = max(1, options.repeats)
  Profile.start()
  let start = Clock.now
  for _ in 0..<repeats { try body() }
  let seconds = Clock.seconds(since: start) / Double(repeats)
  let table = Profile.stop().sorted { $0.value.seconds > $1.value.seconds }
  func row(_ name: String, _ calls: String, _ milliseconds: Double, _ share: Double) {
    let padded = name.padding(toLength: 34, withPad: " ", startingAt: 0)
    print(
      padded + String(repeating: " ", count: max(0, 9 - calls.count)) + calls
        + String(format: "%11.1f ms %6.1f %%", milliseconds, 100 * share))
  }
  for (name, entry) in table {
    row(name, "\(entry.calls / repeats)", 1e3 * entry.seconds / Double(repeats), entry.seconds / Double(repeats) / seconds)
  }
  let measured = table.reduce(0) { $0 + $1.value.seconds } / Double(repeats)
  let calls = table.reduce(0) { $0 + $1.value.calls } / repeats
  row("between the primitives", "", 1e3 * (seconds - measured), 1 - measured / seconds)
  row("in all", "\(calls)", 1e3 * seconds, 1)
}
