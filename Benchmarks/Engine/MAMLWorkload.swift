import ArchPrior
import ArgumentParser

/// The meta-gradient of a meta-batch of MAML tasks with the four-layer convolution network of 64 filters.
struct MAMLWorkload: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "maml", abstract: "A meta-batch of MAML tasks with Conv-4.")

  @OptionGroup var options: RunOptions

  @Option(help: "first or exact.")
  var order: Order = .first

  @Option(help: "Tasks a run; they are spread over the threads.")
  var tasks = 32

  @Option(help: "Channels of every layer.")
  var filters = 64

  @Option(help: "Query images a class.")
  var query = 15

  @Option(help: "Inner steps.")
  var steps = 5

  @Option(help: "The inner rate.")
  var rate = 0.01

  @Flag(help: "Print where the time goes, by primitive, instead of the report.")
  var profile = false

  func run() throws {
    let (way, side) = (5, 28)
    let network = Conv4(filters: filters, inputHeight: side, inputWidth: side, inputChannels: 1, way: way)
    let trainer = MetaTrainer.maml(network, innerRate: rate, innerSteps: steps, estimator: order.estimator)
    let start = DeterministicInputs.parameters(network.layout, options.elementType).tensors
    let episodes = (0..<tasks).map {
      DeterministicInputs.task($0, way: way, queriesPerClass: query, side: side, options.elementType)
    }
    func once(threads: Int) throws -> Outcome {
      let results = try parallelMap(episodes.count, threads: threads) { index in
        let problem = FewShotProblem(trainer.model, task: episodes[index], batchNorm: .transductive)
        let result = try trainer.estimator.hypergradient(of: problem, loop: trainer.loop, at: start)
        return (loss: result.outerLoss, gradient: result.gradient)
      }
      return Outcome.mean(results)
    }
    if profile { return try printProfile(options) { _ = try once(threads: 1) } }
    try measure(
      WorkloadDescription(
        name: "maml",
        settings: [
          "order": .text(order.rawValue), "filters": .integer(filters), "query": .integer(query), "steps": .integer(steps),
          "rate": .number(rate),
        ], tasks: tasks,
        gigaflop: Double(tasks)
          * order.gigaflop(
            multiplyAdds: network.multiplyAdds(inputHeight: side, inputWidth: side), support: way, query: way * query,
            steps: steps)),
      options
    ) { try once(threads: options.threads) }
  }
}
