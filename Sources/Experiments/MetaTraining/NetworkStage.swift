import Bilevel
import CellNetworks
import MetaLearning
import NeuralNetworks
import Runs
import SearchSpaces
import Tensors

extension Configuration {
  /// The network that all methods but T-NAS meta-train.
  ///
  /// - Throws: `GenotypeError` where `genotype` is not in the configured space.
  func network(imageShape: [Int]) throws -> (network: any Network, cost: NetworkCost) {
    if let genotype {
      let space = try searchSpace(imageShape: imageShape)
      let choice = try Genotype(parsing: genotype)
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

  /// What the network costs as a model uses it: prototypical networks have no head.
  ///
  /// - Throws: `GenotypeError` where `genotype` is not in the configured space.
  func classifierCost(_ model: any AdaptableModel, imageShape: [Int]) throws -> NetworkCost {
    let (network, cost) = try network(imageShape: imageShape)
    let head = network.layout.entries.first { $0.name == "head.weight" }?.shape.count ?? 0
    return NetworkCost(parameters: model.parameterCount, multiplyAdds: cost.multiplyAdds - (model.hasClassOutputs ? 0 : head))
  }

  /// The only stage of a run with a fixed network.
  ///
  /// - Throws: `GenotypeError` where `genotype` is not in the configured space, `ConfigurationError` for what this machine cannot
  ///   hold.
  func networkStage(imageShape: [Int]) throws -> PriorStage<AnyAdaptableModel> {
    try checkNetwork(imageShape: imageShape)
    let trainer = try networkTrainer(network(imageShape: imageShape).network)
    var loop = trainer.loop
    if method != .protoNet { loop.rounds = inner.testSteps }
    return PriorStage(
      name: "prior", trainer: trainer, testLoop: loop, metaBatch: outer.metaBatch,
      budget: TrainingBudget(tasks: budget.tasks, seconds: budget.seconds))
  }

  /// What the configured method makes of a network.
  private func networkTrainer(_ network: any Network) -> MetaTrainer<AnyAdaptableModel> {
    let adam = Adam(learningRate: outer.weightRate)
    switch method {
    case .maml, .tNAS:
      return .erasing(
        .maml(
          network, innerRate: inner.weightRate, innerSteps: inner.steps, estimator: estimator, outer: adam,
          batchNorm: batchNorm, gradientClip: outer.gradientClip))
    case .anil:
      return .erasing(
        .anil(
          network, innerRate: inner.weightRate, innerSteps: inner.steps, estimator: estimator, outer: adam,
          batchNorm: batchNorm, gradientClip: outer.gradientClip))
    case .metaSGD:
      return MetaTrainer.metaSGD(
        network, initialRate: inner.weightRate, innerSteps: inner.steps, estimator: estimator, outer: adam,
        batchNorm: batchNorm, gradientClip: outer.gradientClip
      ).erased
    case .mamlPlusPlus:
      return MetaTrainer.mamlPlusPlus(
        network, initialRate: inner.weightRate, innerSteps: inner.steps, estimator: estimator,
        annealing: MAMLPlusPlusAnnealing(
          multiStepShare: learner.multiStepShare, firstOrderShare: learner.firstOrderShare),
        outer: adam, batchNorm: batchNorm, gradientClip: outer.gradientClip
      ).erased
    case .iMAML:
      return MetaTrainer.imaml(
        network, innerRate: inner.weightRate, innerSteps: inner.steps, proximal: learner.proximal,
        solverIterations: learner.solverIterations, damping: learner.damping, outer: adam, batchNorm: batchNorm,
        gradientClip: outer.gradientClip
      ).erased
    case .reptile:
      return MetaTrainer.reptile(
        network, innerRate: inner.weightRate, innerSteps: inner.steps, batch: learner.batch, outerRate: outer.weightRate,
        batchNorm: batchNorm
      ).erased
    case .fineTune:
      return .erasing(
        .fineTuning(
          network, optimizer: Adam(learningRate: inner.weightRate), steps: inner.steps, batchNorm: batchNorm))
    case .protoNet:
      return MetaTrainer.protoNet(network, outer: adam, batchNorm: batchNorm, gradientClip: outer.gradientClip).erased
    }
  }
}

extension MetaTrainer where Model == AnyAdaptableModel {
  /// Spares the compiler the question which of the trainers with a method's name is meant.
  fileprivate static func erasing(_ trainer: MetaTrainer<NetworkModel>) -> MetaTrainer { trainer.erased }
}
