import ArchPrior
import ArgumentParser
import Foundation

/// One exact meta-gradient in a process of its own, or the estimate of what it will take.
struct MemoryRun: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "memory-run", abstract: "One meta-gradient, and the memory that it took; what `memory` runs.")

  enum Workload: String, ExpressibleByArgument, CaseIterable, Sendable { case conv4, tnas }
  enum Estimator: String, ExpressibleByArgument, CaseIterable, Sendable {
    case exact
    case graph = "exact-graph"
  }

  @Option(help: "conv4 or tnas.") var workload: Workload
  @Option(help: "exact (rematerialised) or exact-graph.") var estimator: Estimator
  @Option(help: "Inner steps.") var steps: Int
  @Option(help: "Filters of Conv-4, or channels of the supernet.") var width: Int
  @Flag(help: "Do not run it: say what it will take.") var estimate = false

  /// What this process prints, as JSON.
  struct Report: Codable, Sendable {
    /// Bytes.
    var peak, kept: Int
    var seconds: Double
  }

  func run() throws {
    let report: Report
    switch workload {
    case .conv4:
      let network = Conv4(filters: width, inputHeight: 28, inputWidth: 28, inputChannels: 1, way: 5)
      let trainer = MetaTrainer.maml(network, innerRate: 0.01, innerSteps: steps)
      report = try measure(trainer.model, trainer.loop)
    case .tnas:
      let space = try DARTSSpace(
        channels: width, stem: .flat, inputHeight: 28, inputWidth: 28, inputChannels: 1, way: 5)
      let model = SupernetModel(Supernet(space))
      report = try measure(model, TNAS(steps: steps, weightRate: 0.01, architectureRate: 1).loop(for: model))
    }
    print(String(decoding: try JSONEncoder().encode(report), as: UTF8.self))
  }

  private func measure(_ model: some AdaptableModel, _ loop: InnerLoop) throws -> Report {
    var generator = Philox(seed: 1, stream: "images")
    func images(_ perClass: Int) -> (Tensor, [Int]) {
      let labels = (0..<5 * perClass).map { $0 / perClass }
      return (Tensor(shape: [labels.count, 28, 28, 1], generator.uniform(count: labels.count * 784)), labels)
    }
    let ((support, labels), (query, queryLabels)) = (images(1), images(15))
    let task = FewShotTask(supportImages: support, supportLabels: labels, queryImages: query, queryLabels: queryLabels, way: 5)
    let problem = FewShotProblem(model, task: task, batchNorm: .transductive)
    let start = model.layout.initialParameters(seed: 1).tensors
    let clock = ContinuousClock()
    let begin = clock.now
    let hypergradient: any HypergradientEstimator = estimator == .exact ? UnrolledRematerialized() : UnrolledGraph()
    var (peak, kept) = (0, 0)
    if estimate {
      let estimate = try hypergradient.memoryEstimate(of: problem, loop: loop, at: start)
      (peak, kept) = (estimate.peak(), estimate.kept)
    } else {
      _ = try hypergradient.hypergradient(of: problem, loop: loop, at: start)
      peak = ProcessMemory.peak ?? 0
    }
    return Report(peak: peak, kept: kept, seconds: (clock.now - begin) / .seconds(1))
  }
}
