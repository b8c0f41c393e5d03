import ArchPrior
import ArgumentParser

/// Meta-gradients of T-NAS tasks: inner steps on (w, θ) with the support set, then the query loss's gradient.
struct TNASWorkload: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tnas", abstract: "T-NAS tasks: inner steps on weights and architecture, then the query gradient.")

  @OptionGroup var options: RunOptions
  @OptionGroup var network: TNASNetwork

  @Option(help: "first or exact.")
  var order: Order = .first

  @Option(help: "Tasks a run; they are spread over the threads.")
  var tasks = 1

  @Flag(help: "Print where the time goes, by primitive, instead of the report.")
  var profile = false

  func run() throws {
    let model = try network.model()
    let start = DeterministicInputs.parameters(model.layout, options.elementType).tensors
    let episodes = (0..<tasks).map { network.task($0, options.elementType) }
    let loop = network.loop(for: model)
    let estimator = order.estimator
    func once(threads: Int) throws -> Outcome {
      let results = try parallelMap(episodes.count, threads: threads) { index in
        let problem = FewShotProblem(model, task: episodes[index], batchNorm: .transductive)
        let result = try estimator.hypergradient(of: problem, loop: loop, at: start)
        return (loss: result.outerLoss, gradient: result.gradient)
      }
      return Outcome.mean(results)
    }
    if profile { return try printProfile(options) { _ = try once(threads: 1) } }
    // One task leaves the other threads to the work inside of it.
    try SingleTaskThreads.with(tasks == 1 ? options.threads : 1) {
      try measure(
        WorkloadDescription(
          name: "tnas",
          settings: network.settings.merging(["order": .text(order.rawValue)]) { $1 }, tasks: tasks,
          gigaflop: Double(tasks)
            * order.gigaflop(
              multiplyAdds: model.supernet.space.supernetCost.multiplyAdds, support: network.way,
              query: network.way * network.query,
              steps: network.steps)),
        options
      ) { try once(threads: options.threads) }
    }
  }
}

/// The network and the tasks of the T-NAS workloads.
struct TNASNetwork: ParsableArguments {
  @Option(help: "C, the channels of the first cell's nodes.")
  var channels = 16

  @Option(help: "The images' side in pixels.")
  var size = 28

  @Option(help: "Query images a class.")
  var query = 15

  @Option(help: "Inner steps.")
  var steps = 5

  // Small enough that Float32's rounding does not grow over the steps: the losses are compared between programs.
  @Option(help: "The inner rate of the weights.")
  var weightRate = 0.01

  @Option(help: "The inner rate of the architecture parameters.")
  var architectureRate = 1.0

  var way: Int { 5 }

  func model() throws -> SupernetModel {
    let space = try DARTSSpace(
      channels: channels, stem: .flat, inputHeight: size, inputWidth: size, inputChannels: 1, way: way)
    return SupernetModel(Supernet(space))
  }

  func task(_ index: Int, _ type: ElementType) -> FewShotTask {
    DeterministicInputs.task(index, way: way, queriesPerClass: query, side: size, type)
  }

  func loop(for model: SupernetModel) -> InnerLoop {
    TNAS(steps: steps, weightRate: weightRate, architectureRate: architectureRate).loop(for: model)
  }

  var settings: [String: JSONValue] {
    [
      "channels": .integer(channels), "size": .integer(size), "query": .integer(query), "steps": .integer(steps),
      "weightRate": .number(weightRate), "architectureRate": .number(architectureRate),
    ]
  }
}
