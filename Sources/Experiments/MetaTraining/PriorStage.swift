import Bilevel
import MetaLearning
import NeuralNetworks
import Runs
import SearchSpaces
import Tensors

/// A part of a run that is meta-trained by itself: the supernet's prior, or a fixed network.
struct PriorStage: Sendable {
  /// The group of its arrays and counters in a checkpoint: `"prior"`, `"decoded"`.
  var name: String
  var trainer: MetaTrainer<AnyAdaptableModel>
  /// The inner loop of evaluations.
  var testLoop: InnerLoop
  var metaBatch: Int
  var budget: TrainingBudget
  /// What the network that classifies costs.
  var cost: NetworkCost

  /// The model, as the method made it.
  var model: any AdaptableModel { trainer.model.base }

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
