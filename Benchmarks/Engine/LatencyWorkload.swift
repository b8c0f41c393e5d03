import ArchPrior
import ArgumentParser

/// How long a user who keeps a prior in memory waits: adaptation of one task and the query images' classes.
struct LatencyWorkload: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "latency", abstract: "Adaptation of one task with the prior in memory: median and 99th percentile.")

  @OptionGroup var network: TNASNetwork

  @Option(help: "Threads that work on the task.")
  var threads = 1

  @Option(help: "Adaptations.")
  var repeats = 50

  @Option(help: "Adaptations before those that are timed.")
  var warmup = 2

  private struct LatencyReport: Encodable {
    var workload = "latency"
    var engine = "ArchPrior"
    var version = ArchPriorVersion.current
    var settings: [String: JSONValue]
    var threads: Int
    /// Whether the engine can use several threads for one task at all.
    var singleTaskThreadsSupported = SingleTaskThreads.isSupported
    var seconds: [Double]
    var median: Double
    var minimum: Double
    var maximum: Double
    var percentile99: Double
    var loss: Double
    /// A hash of the bits of the adapted parameters and of the probabilities, the same in every adaptation.
    var bits: String
    var bitsStayTheSame: Bool
    var peakMemoryMiB: Double
    var loadAverage: Double
  }

  func run() throws {
    let model = try network.model()
    let prior = DeterministicInputs.parameters(model.layout, .float32)
    let task = network.task(0, .float32)
    let loop = network.loop(for: model)
    var seconds: [Double] = []
    var hashes: Set<UInt64> = []
    var loss = 0.0
    try SingleTaskThreads.with(threads) {
      for number in 0..<warmup + repeats {
        let start = Clock.now
        let result = try adapt(model, from: prior, to: task, loop: loop, batchNorm: .transductive)
        let time = Clock.seconds(since: start)
        if number >= warmup { seconds.append(time) }
        loss = result.queryLoss
        let tensors = result.parameters.tensors + [result.probabilities]
        hashes.insert(tensors.reduce(FNV1a.start) { FNV1a.hash($1.bytes, from: $0) })
      }
    }
    guard !seconds.isEmpty else { throw ValidationError("no run was asked for") }
    try printJSON(
      LatencyReport(
        settings: network.settings, threads: threads, seconds: seconds, median: OrderStatistics.median(seconds),
        minimum: seconds.min() ?? 0, maximum: seconds.max() ?? 0, percentile99: OrderStatistics.quantile(seconds, 0.99),
        loss: loss,
        bits: hashes.map { String($0, radix: 16) }.sorted().joined(separator: " "), bitsStayTheSame: hashes.count == 1,
        peakMemoryMiB: Memory.peak, loadAverage: loadAverage()))
  }
}
