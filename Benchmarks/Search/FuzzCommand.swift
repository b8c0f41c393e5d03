import ArchPriorTesting
import ArgumentParser
import Foundation
import SearchSpaces
import Tensors

/// Damaged files of every kind that the readers of benchmarks take.
struct FuzzCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fuzz",
    abstract: "Reads mutated benchmark files: each must be read or end in an error, never a crash.")

  @Option(help: "Files in all.")
  var files = 100_000
  @Option(help: "Determines the mutations.")
  var seed: UInt64 = 1
  @Option(help: "Threads.")
  var threads = ProcessInfo.processInfo.activeProcessorCount

  func run() throws {
    let begin = Date()
    let pieces = 64
    let reports = try parallelMap(pieces, threads: threads) { piece in
      BenchmarkFuzzer(seed: seed &+ UInt64(piece) << 32).run(files: (files + pieces - 1) / pieces)
    }
    var total = BenchmarkFuzzer.Report()
    for report in reports { total.add(report) }
    for (kind, outcome) in total.outcomes.sorted(by: { $0.key < $1.key }) {
      say("\(kind): \(outcome.read) read, \(outcome.refused) refused")
    }
    say(
      "\(total.files) files, no crash, \(total.withoutPlace) errors without path or byte; "
        + String(format: "%.1f s, %.0f MB of peak memory", Date().timeIntervalSince(begin), peakMegabytes()))
    if total.withoutPlace > 0 { throw ExitCode(1) }
  }
}
