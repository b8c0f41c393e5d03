import ArchPrior
import ArgumentParser

/// Buffers that the pool asks of the system during each inner step of a T-NAS task, once a task of the same sizes has run.
struct AllocationsWorkload: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "allocations", abstract: "Buffers asked of the system, by inner step and by task, in steady state.")

  @OptionGroup var network: TNASNetwork

  @Option(help: "Tasks before those that are counted.")
  var warmup = 1

  @Option(help: "Tasks whose allocations are counted.")
  var repeats = 2

  private struct AllocationsReport: Encodable {
    var workload = "allocations"
    var engine = "ArchPrior"
    var version = ArchPriorVersion.current
    var settings: [String: JSONValue]
    /// Buffers asked of the system during each inner step, one step after the other over all counted tasks.
    var perStep: [Int]
    /// Buffers asked of the system by each counted task's meta-gradient.
    var perFirstOrderTask: [Int]
    var perExactTask: [Int]
    /// Bytes that the pool holds in the end, in MiB.
    var poolMiB: Double
  }

  func run() throws {
    let model = try network.model()
    let start = DeterministicInputs.parameters(model.layout, .float32).tensors
    let problem = FewShotProblem(model, task: network.task(0, .float32), batchNorm: .transductive)
    let loop = network.loop(for: model)
    func perStep() throws -> [Int] {
      var marks: [Int] = []
      _ = try loop.run(problem, from: start, outer: start) { _ in marks.append(BufferPool.systemAllocations) }
      return zip(marks.dropFirst(), marks).map { $0 - $1 }
    }
    func perTask(_ order: Order) throws -> [Int] {
      let estimator = order.estimator
      func once() throws -> Int {
        let before = BufferPool.systemAllocations
        _ = try estimator.hypergradient(of: problem, loop: loop, at: start)
        return BufferPool.systemAllocations - before
      }
      for _ in 0..<warmup { _ = try once() }
      return try (0..<repeats).map { _ in try once() }
    }
    for _ in 0..<warmup { _ = try perStep() }
    try printJSON(
      AllocationsReport(
        settings: network.settings, perStep: try (0..<repeats).flatMap { _ in try perStep() },
        perFirstOrderTask: try perTask(.first), perExactTask: try perTask(.exact),
        poolMiB: Double(BufferPool.systemBytes) / 1_048_576))
  }
}
