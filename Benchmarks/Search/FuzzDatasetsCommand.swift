import ArchPriorTesting
import ArgumentParser
import Datasets
import Foundation
import Tensors

/// Damaged files of every format that data sets are read from.
struct FuzzDatasetsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fuzz-datasets",
    abstract: "Reads mutated data set files: each must be read or end in an error with path and place, never a crash.")

  @Option(help: "Files of each format.")
  var files = 100_000
  @Option(help: "Determines the mutations.")
  var seed: UInt64 = 1
  @Option(help: "Threads.")
  var threads = ProcessInfo.processInfo.activeProcessorCount

  func run() throws {
    let begin = Date()
    let pieces = 64
    let all = files * ReaderFuzzer.formats.count
    let reports = try parallelMap(pieces, threads: threads) { piece in
      var fuzzer = ReaderFuzzer(seed: seed &+ UInt64(piece) << 32)
      return fuzzer.run(files: (all + pieces - 1) / pieces)
    }
    var total = ReaderFuzzer.Report()
    for report in reports { total.add(report) }
    for (kind, outcome) in total.outcomes.sorted(by: { $0.key < $1.key }) {
      say("\(kind): \(outcome.read + outcome.refused) files, \(outcome.read) read, \(outcome.refused) refused")
    }
    say(
      "\(total.files) files, no crash, \(total.withoutPath) errors without path, \(total.withoutPlace) without byte or entry; "
        + String(format: "%.1f s, %.0f MB of peak memory", Date().timeIntervalSince(begin), peakMegabytes()))
    for example in total.examples { say(example) }
    if total.withoutPath + total.withoutPlace > 0 { throw ExitCode(1) }
  }
}
