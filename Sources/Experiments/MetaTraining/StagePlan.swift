import ArchitecturePriors
import Basics
import Bilevel
import CellNetworks
import MetaLearning
import NeuralNetworks
import Runs
import SearchSpaces
import Tensors

/// What a run does, made of its configuration: one stage, or, for a prior over architectures, a second one of the network that it decodes.
///
/// This is the only place that tells few-shot methods from priors; all else follows from the values here.
struct StagePlan: Sendable {
  /// A way to adapt what the first stage has learned.
  struct Learner: Sendable {
    var name: String
    var loop: InnerLoop
  }

  /// How a prior's architecture becomes a network.
  struct Decoding: Sendable {
    /// The genotype that a trained prior stands for.
    var genotype: @Sendable (ParameterTree, StudyData, _ threads: Int) throws -> Genotype
    /// The space that it is of.
    var space: DARTSSpace
  }

  /// The stage that comes first.
  var first: PriorStage
  /// What of it can adapt, the usual one first.
  var learners: [Learner]
  /// Where the second stage comes from; `nil` where there is none.
  var decoding: Decoding?
}

extension Configuration {
  /// What a run of this configuration does.
  ///
  /// - Throws: `GenotypeError` where `genotype` is not in the configured space, `SearchSpaceError`, `ConfigurationError` for what this
  ///   machine cannot hold and for a method that nobody registered.
  func stagePlan(imageShape: [Int]) throws -> StagePlan {
    try checkNetwork(imageShape: imageShape)
    switch try configuredMethod() {
    case let method as any FewShotMethod: return try plan(method, imageShape: imageShape)
    case let prior as any ArchitecturePrior: return try plan(prior, imageShape: imageShape)
    case let other:
      throw ConfigurationError(
        key: "method", problem: "\(type(of: other).name) is neither a few-shot method nor a prior",
        help: "let its type conform to FewShotMethod or ArchitecturePrior")
    }
  }

  private func plan(_ method: any FewShotMethod, imageShape: [Int]) throws -> StagePlan {
    let trainer = method.trainer(for: try network(imageShape: imageShape).network, setup)
    var loop = trainer.loop
    if type(of: method).hasInnerLoop { loop.rounds = inner.testSteps }
    let stage = PriorStage(
      name: "prior", trainer: trainer, testLoop: loop, metaBatch: outer.metaBatch, budget: trainingBudget,
      cost: try classifierCost(trainer.model, imageShape: imageShape))
    return StagePlan(first: stage, learners: [.init(name: genotype == nil ? "conv-4" : "network", loop: loop)])
  }

  private func plan<Prior: ArchitecturePrior>(_ prior: Prior, imageShape: [Int]) throws -> StagePlan {
    let (space, setup) = (try searchSpace(imageShape: imageShape), priorSetup)
    let trainer = try prior.trainer(on: space, setup)
    func loop(isFrozen: Bool) -> InnerLoop {
      prior.testLoop(for: trainer.model, setup, steps: inner.testSteps, isFrozen: isFrozen)
    }
    let testLoop = loop(isFrozen: false)
    let stage = PriorStage(
      name: "prior", trainer: trainer.erased, testLoop: testLoop, metaBatch: outer.metaBatch, budget: trainingBudget,
      cost: space.supernetCost)
    let (model, batchNorm, count) = (trainer.model, batchNorm, evaluation.validationTasks)
    return StagePlan(
      first: stage,
      learners: [.init(name: "prior", loop: testLoop), .init(name: "prior, θ frozen", loop: loop(isFrozen: true))],
      decoding: .init(
        genotype: { parameters, data, threads in
          try prior.decode(
            model, parameters,
            by: DecodingTasks(
              data.metaValidation, maker: data.maker, count: count, loop: testLoop, batchNorm: batchNorm, threads: threads))
        }, space: space))
  }

  /// The stage of the network that a prior decodes: MAML.
  ///
  /// - Throws: `GenotypeError` where the genotype does not belong to the configured space.
  func decodedStage(_ genotype: Genotype, imageShape: [Int]) throws -> PriorStage {
    let space = try searchSpace(imageShape: imageShape)
    var setup = setup
    (setup.innerRate, setup.innerSteps, setup.outerRate) = (decoded.weightRate, decoded.steps, decoded.outerRate)
    let trainer = MAML().trainer(for: try GenotypeNetwork(genotype, in: space), setup)
    var loop = trainer.loop
    loop.rounds = decoded.testSteps
    return PriorStage(
      name: "decoded", trainer: trainer, testLoop: loop, metaBatch: decoded.metaBatch,
      budget: TrainingBudget(tasks: decoded.tasks, seconds: decoded.seconds), cost: try space.cost(of: genotype))
  }

  // MARK: What methods are told

  /// When the first stage ends.
  var trainingBudget: TrainingBudget { TrainingBudget(tasks: budget.tasks, seconds: budget.seconds) }

  /// What every method is told.
  var setup: FewShotSetup {
    FewShotSetup(
      innerRate: inner.weightRate, innerSteps: inner.steps, estimator: estimator, outerRate: outer.weightRate,
      batchNorm: batchNorm, gradientClip: outer.gradientClip)
  }

  /// What priors are told.
  private var priorSetup: PriorSetup {
    PriorSetup(
      common: setup,
      architecture: .init(
        isAlternating: inner.variant == .alternating, innerRate: inner.architectureRate,
        outer: Adam(
          learningRate: outer.architectureRate, beta1: outer.architectureBetas[0], beta2: outer.architectureBetas[1],
          weightDecay: outer.architectureWeightDecay)))
  }

  /// The estimator that `outer.gradient` names.
  var estimator: any HypergradientEstimator { outer.gradient == .exact ? UnrolledRematerialized() : FirstOrder() }

  /// The worker threads that `threads` asks for.
  public func workers(cores: Int) -> Int { threads > 0 ? threads : max(1, cores) }

  // MARK: Networks

  /// The search space for images of a shape `[height, width, channels]`.
  ///
  /// - Throws: `SearchSpaceError`.
  func searchSpace(imageShape: [Int]) throws -> DARTSSpace {
    try DARTSSpace(
      cell: CellSpace(nodes: space.nodes, operations: space.operations), cells: space.cells, channels: space.channels,
      stem: space.stem, inputHeight: imageShape[0], inputWidth: imageShape[1], inputChannels: imageShape[2], way: task.way)
  }

  /// The network that few-shot methods meta-train.
  ///
  /// - Throws: `GenotypeError` where `genotype` is not in the configured space.
  func network(imageShape: [Int]) throws -> (network: any Network, cost: NetworkCost) {
    if let genotype {
      let space = try searchSpace(imageShape: imageShape)
      let choice = try parsedGenotype(genotype, in: space)
      return (try GenotypeNetwork(choice, in: space), try space.cost(of: choice))
    }
    let conv4 = Conv4(
      filters: conv4.filters, inputHeight: imageShape[0], inputWidth: imageShape[1], inputChannels: imageShape[2],
      way: task.way, downsampling: conv4.downsampling)
    return (
      conv4,
      NetworkCost(
        parameters: conv4.layout.scalarCount,
        multiplyAdds: conv4.multiplyAdds(inputHeight: imageShape[0], inputWidth: imageShape[1]))
    )
  }

  /// The genotype that the configuration fixes; `nil` for the four-layer network and for priors.
  func fixedGenotype(imageShape: [Int]) throws -> Genotype? {
    guard let genotype, !learnsArchitecture else { return nil }
    return try parsedGenotype(genotype, in: searchSpace(imageShape: imageShape))
  }

  /// The genotype of a text; `random` is one that the seed draws.
  private func parsedGenotype(_ text: String, in space: DARTSSpace) throws -> Genotype {
    guard text == "random" else { return try Genotype(parsing: text) }
    return randomGenotype(in: space)
  }

  /// The genotype of a space that the seed draws.
  func randomGenotype(in space: DARTSSpace) -> Genotype {
    var generator = Philox(seed: seed, stream: "random genotype")
    return Genotype.random(in: space, using: &generator)
  }

  /// What the network costs as a model uses it: prototypical networks have no head.
  ///
  /// - Throws: `GenotypeError` where `genotype` is not in the configured space.
  func classifierCost(_ model: any AdaptableModel, imageShape: [Int]) throws -> NetworkCost {
    let (network, cost) = try network(imageShape: imageShape)
    let head = network.layout.entries.first { $0.name == "head.weight" }?.shape.count ?? 0
    return NetworkCost(parameters: model.parameterCount, multiplyAdds: cost.multiplyAdds - (model.hasClassOutputs ? 0 : head))
  }
}
