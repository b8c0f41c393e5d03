import ArgumentParser
import Foundation
import SearchSpaces
import Tensors

/// All cells of NAS-Bench-101, hashed as the benchmark hashes them.
struct NASBench101Command: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "nb101",
    abstract: "All labelled graphs of NAS-Bench-101 enumerated and hashed; unique hashes and parameters counted.")

  @Option(help: "Threads.")
  var threads = ProcessInfo.processInfo.activeProcessorCount

  /// Labelled graphs and different hashes by the most vertices, 2 to 7.
  private static let expected = [
    (1, 1), (7, 7), (97, 91), (3_364, 2_532), (128_509, 64_542), (1_293_208, 423_624),
  ]

  private struct Hash: Hashable { let high, low: UInt64 }

  func run() throws {
    let begin = Date()
    let space = NASBench101Space()
    var unique = [Hash: Int]()
    var labelled = 0
    var wrong = false
    for vertices in 2...NASBench101Cell.maximumVertices {
      let graphs = NASBench101Space.graphs(vertices: vertices)
      let found = try parallelMap(graphs.count, threads: threads) { index in
        let hasher = NASBench101Hasher()
        return NASBench101Space.labelled(graphs[index]).map { cell in
          let digest = hasher.digest(of: cell)
          return (Hash(high: digest.0, low: digest.1), space.networkCost(of: cell)?.parameters ?? 0)
        }
      }
      for (hash, parameters) in found.joined() {
        labelled += 1
        // Isomorphic cells may differ in how channels round; the table has one of them, so keep the first.
        if unique[hash] == nil { unique[hash] = parameters }
      }
      let target = Self.expected[vertices - 2]
      let right = target == (labelled, unique.count)
      wrong = wrong || !right
      say(
        "\(right ? "ok     " : "WRONG  ") up to \(vertices) vertices: \(graphs.count) graphs, \(labelled) labelled cells, "
          + "\(unique.count) hashes (expected \(target.0), \(target.1))")
    }
    let counts = unique.values
    let (low, high) = (counts.min() ?? 0, counts.max() ?? 0)
    wrong = wrong || (low, high) != (227_274, 49_979_274)
    say("parameters \(low) to \(high) (published 227274 to 49979274)")
    say(String(format: "%.1f s, %.0f MB of peak memory", Date().timeIntervalSince(begin), peakMegabytes()))
    if wrong { throw ExitCode(1) }
  }
}
