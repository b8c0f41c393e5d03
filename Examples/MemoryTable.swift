import ArchPrior
import ArgumentParser
import Foundation

/// Peak memory of exact meta-gradients against the number of inner steps: going backwards with Hessian–vector products, or over the graph
/// of all steps. Every run has a process of its own, and before each the estimate is printed.
struct MemoryTable: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "memory", abstract: "Peak memory of exact meta-gradients, estimated before and measured after.")

  @OptionGroup var results: ResultOptions
  @Option(parsing: .upToNextOption, help: "Inner steps.") var steps = [1, 5, 20, 50]
  @Option(help: "Filters of Conv-4.") var filters = 64
  @Option(help: "Channels of the supernet.") var channels = 16
  @Option(help: "Runs that are estimated to take more MiB than this are left out.") var limit = 14_000

  func run() throws {
    var rows: [[String]] = []
    for (workload, width, name) in [
      (MemoryRun.Workload.conv4, filters, "MAML, Conv-4"), (.tnas, channels, "T-NAS supernet"),
    ] {
      for estimator in MemoryRun.Estimator.allCases {
        for steps in steps {
          let arguments = [
            "memory-run", "--workload", workload.rawValue, "--estimator", estimator.rawValue, "--steps", "\(steps)", "--width",
            "\(width)",
          ]
          let estimate = try run(arguments + ["--estimate"])
          note("\(name), \(estimator.rawValue), \(steps) steps: estimate \(mebibytes(estimate.peak)) MiB")
          guard estimate.peak >> 20 <= limit else {
            rows.append([
              name, estimator.rawValue, "\(steps)", mebibytes(estimate.peak), "not run", "", mebibytes(estimate.kept), "",
            ])
            continue
          }
          let measured = try run(arguments)
          note("  measured \(mebibytes(measured.peak)) MiB in \(String(format: "%.1f", measured.seconds)) s")
          rows.append([
            name, estimator.rawValue, "\(steps)", mebibytes(estimate.peak), mebibytes(measured.peak),
            String(format: "%+.1f %%", 100 * (Double(estimate.peak) / Double(measured.peak) - 1)), mebibytes(estimate.kept),
            mebibytes(measured.peak - estimate.kept),
          ])
        }
      }
    }
    try ResultTable(
      title: "Memory of exact meta-gradients",
      notes: [
        "Peak resident memory (VmHWM) of one process for each number, in MiB: one 5-way 1-shot task of 28×28 images with 75 queries.",
        "Conv-4 with \(filters) filters; supernet with \(channels) channels, two cells, flat stem. The estimate is made before, in "
          + "another process, from loops of 2 steps (and 5, for the graph).",
        "Kept: what of the estimate is states (exact) or graphs (exact-graph) of the inner steps; the rest should not change.",
      ],
      columns: ["work", "estimator", "steps", "estimate", "measured", "error", "kept", "measured without kept"], rows: rows
    ).report("memory", to: results.output)
  }

  private func mebibytes(_ bytes: Int) -> String { String(format: "%.1f", Double(bytes) / 1_048_576) }

  private func note(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }

  /// Runs this program with other arguments.
  private func run(_ arguments: [String]) throws -> MemoryRun.Report {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = arguments
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw ValidationError("\(arguments.joined(separator: " ")) failed") }
    return try JSONDecoder().decode(MemoryRun.Report.self, from: data)
  }
}
