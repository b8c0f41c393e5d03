import ArchitecturePriors
import Bilevel
import CellNetworks
import Datasets
import MetaLearning
import NeuralNetworks
import Runs
import SearchSpaces
import Tensors

/// A part of a run that is meta-trained by itself: the supernet's prior, or a fixed network.
struct PriorStage<Model: AdaptableModel>: Sendable {
  /// The group of its arrays and counters in a checkpoint: `"prior"`, `"decoded"`.
  var name: String
  var trainer: MetaTrainer<Model>
  /// The inner loop of evaluations.
  var testLoop: InnerLoop
  var metaBatch: Int
  var budget: TrainingBudget

  /// Adds the stage's state to a checkpoint.
  ///
  /// - Parameters:
  ///   - sums: what was summed up since the last point of the learning curve.
  ///   - point: tasks at that point. Neither is written where the state is at a point itself.
  func store(_ state: MetaState, sums: CurveSums, point: Int, in checkpoint: inout Checkpoint) {
    if sums.steps > 0 {
      checkpoint.counters["\(name).curve.steps"] = sums.steps
      checkpoint.counters["\(name).curve.point"] = point
      checkpoint.arrays.append(StoredArray(name: "\(name)/curve", Tensor(shape: [2], [sums.loss, sums.accuracy])))
    }
    checkpoint.append(state.parameters, as: "\(name)/parameters")
    checkpoint.counters["\(name).tasks"] = state.tasksSeen
    for (block, optimizer) in zip(trainer.blocks, state.optimizerStates) {
      checkpoint.counters["\(name).\(block.name).step"] = optimizer.step
      for (index, moment) in optimizer.moments.enumerated() {
        checkpoint.append(moment, as: "\(name)/\(block.name)/moment\(index)")
      }
    }
  }

  /// Where a stage was stopped between two points of its learning curve; `nil` where it was not.
  ///
  /// - Throws: `CheckpointError` where the sums are missing.
  func partialPoint(in checkpoint: Checkpoint) throws -> (sums: CurveSums, point: Int)? {
    guard let steps = checkpoint.counters["\(name).curve.steps"], let point = checkpoint.counters["\(name).curve.point"] else {
      return nil
    }
    let tasks = checkpoint.counters["\(name).tasks"] ?? 0
    guard steps > 0, steps <= tasks, point < tasks else {
      throw CheckpointError(.badCounter(name: "\(name).curve", problem: "\(steps) steps after task \(point), of \(tasks) tasks"))
    }
    guard let values = checkpoint["\(name)/curve"]?.tensor, values.elementType == .float64, values.shape == [2] else {
      throw CheckpointError(.unexpectedArray(name: "\(name)/curve", problem: "not two numbers"))
    }
    return (CurveSums(loss: values.doubles[0], accuracy: values.doubles[1], steps: steps), point)
  }

  /// The stage's parameters in a checkpoint, which is all that adapting needs; `nil` where the run had not reached the stage.
  ///
  /// - Throws: `CheckpointError` where arrays are missing or do not fit the model.
  func parameters(from checkpoint: Checkpoint) throws -> ParameterTree? {
    guard checkpoint.counters["\(name).tasks"] != nil else { return nil }
    return try checkpoint.tree("\(name)/parameters", like: trainer.model.layout.initialParameters(seed: 0))
  }

  /// The stage's state in a checkpoint; `nil` where the run had not reached the stage.
  ///
  /// - Throws: `CheckpointError` where arrays are missing or do not fit the model.
  func load(from checkpoint: Checkpoint, seed: UInt64) throws -> MetaState? {
    guard let tasks = checkpoint.counters["\(name).tasks"], let parameters = try parameters(from: checkpoint) else { return nil }
    guard tasks <= checkpoint.tasksSeen else {
      throw CheckpointError(
        .badCounter(name: "\(name).tasks", problem: "\(tasks) tasks, of \(checkpoint.tasksSeen) of all stages together"))
    }
    var state = trainer.initialState(seed: seed)
    state.parameters = parameters
    state.tasksSeen = tasks
    for (position, block) in trainer.blocks.enumerated() {
      state.optimizerStates[position].step = checkpoint.counters["\(name).\(block.name).step"] ?? 0
      state.optimizerStates[position].moments = try state.optimizerStates[position].moments.enumerated().map {
        try checkpoint.tree("\(name)/\(block.name)/moment\($0.offset)", like: $0.element)
      }
    }
    return state
  }
}

extension Configuration {
  /// The estimator that `outer.gradient` names.
  var estimator: any HypergradientEstimator { outer.gradient == .exact ? UnrolledRematerialized() : FirstOrder() }

  /// The worker threads that `threads` asks for.
  public func workers(cores: Int) -> Int { threads > 0 ? threads : max(1, cores) }

  /// The search space for images of a shape `[height, width, channels]`.
  ///
  /// - Throws: `SearchSpaceError`.
  func searchSpace(imageShape: [Int]) throws -> DARTSSpace {
    try DARTSSpace(
      cell: CellSpace(nodes: space.nodes, operations: space.operations), cells: space.cells, channels: space.channels,
      stem: space.stem, inputHeight: imageShape[0], inputWidth: imageShape[1], inputChannels: imageShape[2], way: task.way)
  }

  /// The supernet's stage of a T-NAS run.
  ///
  /// - Throws: `SearchSpaceError`, `ConfigurationError` for what this machine cannot hold.
  func priorStage(imageShape: [Int]) throws -> PriorStage<SupernetModel> {
    try checkNetwork(imageShape: imageShape)
    let variant: TNAS.Variant = inner.variant == .alternating ? .alternating : .simultaneous
    var tnas = TNAS(
      variant: variant, steps: inner.steps, weightRate: inner.weightRate, architectureRate: inner.architectureRate)
    let trainer = tnas.trainer(
      for: Supernet(try searchSpace(imageShape: imageShape)), estimator: estimator,
      weightOptimizer: Adam(learningRate: outer.weightRate),
      architectureOptimizer: Adam(
        learningRate: outer.architectureRate, beta1: outer.architectureBetas[0], beta2: outer.architectureBetas[1],
        weightDecay: outer.architectureWeightDecay),
      batchNorm: batchNorm, gradientClip: outer.gradientClip)
    tnas.steps = inner.testSteps
    return PriorStage(
      name: "prior", trainer: trainer, testLoop: tnas.loop(for: trainer.model), metaBatch: outer.metaBatch,
      budget: TrainingBudget(tasks: budget.tasks, seconds: budget.seconds))
  }

  /// The stage of the network that a T-NAS run decodes.
  ///
  /// - Throws: `GenotypeError` where the genotype does not belong to the configured space.
  func decodedStage(_ genotype: Genotype, imageShape: [Int]) throws -> PriorStage<NetworkModel> {
    let network = try GenotypeNetwork(genotype, in: searchSpace(imageShape: imageShape))
    let trainer = MetaTrainer.maml(
      network, innerRate: decoded.weightRate, innerSteps: decoded.steps, estimator: estimator,
      outer: Adam(learningRate: decoded.outerRate), batchNorm: batchNorm, gradientClip: outer.gradientClip)
    var loop = trainer.loop
    loop.rounds = decoded.testSteps
    return PriorStage(
      name: "decoded", trainer: trainer, testLoop: loop, metaBatch: decoded.metaBatch,
      budget: TrainingBudget(tasks: decoded.tasks, seconds: decoded.seconds))
  }
}
