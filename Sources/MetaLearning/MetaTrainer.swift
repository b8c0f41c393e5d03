import Autodiff
import Bilevel
import NeuralNetworks
import Tensors

/// A part of the meta-parameters with its own outer optimiser.
public struct ParameterBlock: Sendable {
  /// What the block is called in checkpoints: `"weights"`, `"architecture"`.
  public var name: String
  /// Its tensors among the model's parameters.
  public var range: Range<Int>
  /// The optimiser that takes the block's meta-gradient.
  public var optimizer: any Optimizer

  /// A block of neighbouring tensors and its optimiser.
  public init(name: String, range: Range<Int>, optimizer: any Optimizer) {
    self.name = name
    self.range = range
    self.optimizer = optimizer
  }
}

/// Everything that changes during meta-training; with the configuration it determines all that follows.
public struct MetaState: Sendable {
  /// ω: the shared start of all tasks.
  public var parameters: ParameterTree
  /// One optimiser state a block.
  public var optimizerStates: [OptimizerState]
  /// The number of tasks seen, which is also the index of the next one.
  public var tasksSeen: Int

  /// A state, such as one from a checkpoint; ``MetaTrainer/initialState(seed:elementType:)`` gives the first one.
  public init(parameters: ParameterTree, optimizerStates: [OptimizerState], tasksSeen: Int) {
    self.parameters = parameters
    self.optimizerStates = optimizerStates
    self.tasksSeen = tasksSeen
  }
}

/// What one outer step did, averaged over its tasks.
public struct MetaStepReport: Sendable {
  /// The mean query loss after adaptation.
  public var queryLoss: Double
  /// The mean query accuracy after adaptation, in 0...1.
  public var queryAccuracy: Double
  /// The mean support loss before adaptation.
  public var supportLoss: Double
}

/// The outer loop of gradient-based meta-learning: adapts to a batch of tasks, averages their hypergradients, steps.
///
/// MAML and its kin, Reptile, prototypical networks and T-NAS are this with different models, inner loops and estimators. Tasks run on
/// several threads, each task on one of them. Gradients are summed in task order: the result is the same for any number of threads.
public struct MetaTrainer<Model: AdaptableModel>: Sendable {
  /// What is meta-trained.
  public var model: Model
  /// The adaptation to a task.
  public var loop: InnerLoop
  /// How the gradient through an adaptation is found.
  public var estimator: any HypergradientEstimator
  /// Whose statistics normalise the query images.
  public var batchNorm: BatchNormPolicy
  /// Parts of ω, each with an optimiser of its own; together all of it.
  public var blocks: [ParameterBlock]
  /// The bound that every element of the meta-gradient is clipped to, in ±; `nil` for no clipping.
  public var gradientClip: Double?
  /// Whether the inner loop of the training sees the query images too (Reptile).
  public var trainsOnQuery = false
  /// Support images of an inner step; `nil` for all of them.
  public var batch: Int?
  /// What changes while the training budget is used up; `nil` for nothing.
  public var annealing: MAMLPlusPlusAnnealing?

  /// A trainer of a method of your own; the properties say what the parameters mean. All support images in every inner step, and nothing
  /// that changes with the budget, unless these properties are set.
  ///
  /// - Parameters:
  ///   - model: what is meta-trained.
  ///   - loop: the adaptation to a task.
  ///   - estimator: how the gradient through an adaptation is found.
  ///   - batchNorm: whose statistics normalise the query images.
  ///   - blocks: ranges that together cover ω.
  ///   - gradientClip: the bound on every element of the meta-gradient, in ±; `nil` for no clipping.
  public init(
    model: Model, loop: InnerLoop, estimator: any HypergradientEstimator, batchNorm: BatchNormPolicy,
    blocks: [ParameterBlock], gradientClip: Double? = nil
  ) {
    self.model = model
    self.loop = loop
    self.estimator = estimator
    self.batchNorm = batchNorm
    self.blocks = blocks
    self.gradientClip = gradientClip
  }

  /// The same trainer of a model of any type.
  public var erased: MetaTrainer<AnyAdaptableModel> {
    var erased = MetaTrainer<AnyAdaptableModel>(
      model: AnyAdaptableModel(model), loop: loop, estimator: estimator, batchNorm: batchNorm, blocks: blocks,
      gradientClip: gradientClip)
    erased.trainsOnQuery = trainsOnQuery
    erased.batch = batch
    erased.annealing = annealing
    return erased
  }

  /// The inner loop and the estimator at a point of the training.
  ///
  /// - Parameter progress: the share of the budget that is used up, in 0...1.
  func settings(at progress: Double) -> (loop: InnerLoop, estimator: any HypergradientEstimator) {
    guard let annealing else { return (loop, estimator) }
    var loop = loop
    loop.lossWeights = annealing.lossWeights(steps: loop.rounds, at: progress)
    return (loop, progress < annealing.firstOrderShare ? FirstOrder() : estimator)
  }

  /// The state before the first step.
  public func initialState(seed: UInt64, elementType: ElementType = .float32) -> MetaState {
    let parameters = model.layout.initialParameters(seed: seed, elementType: elementType)
    return MetaState(
      parameters: parameters,
      optimizerStates: blocks.map { $0.optimizer.initialState(for: $0.packed(parameters.tensors)) }, tasksSeen: 0)
  }

  /// One outer step on a batch of tasks.
  ///
  /// - Parameters:
  ///   - state: what the step changes: ω, the optimisers' states and the number of tasks seen.
  ///   - count: tasks in the batch; nothing happens for none.
  ///   - threads: tasks that are adapted at once.
  ///   - rateScale: multiplies the outer learning rates.
  ///   - progress: the share of the budget that is used up, in 0...1, for what changes with it.
  ///   - task: makes the task of an index; called on the worker threads.
  /// - Throws: what `task` throws, and `BilevelError` where a task's losses are not finite; the state is then unchanged.
  public func step(
    _ state: inout MetaState, count: Int, threads: Int, rateScale: Double = 1, progress: Double = 1,
    task: @escaping @Sendable (Int) throws -> FewShotTask
  ) throws -> MetaStepReport {
    guard count > 0 else { return MetaStepReport(queryLoss: 0, queryAccuracy: 0, supportLoss: 0) }
    let first = state.tasksSeen
    let parameters = state.parameters
    let (loop, estimator) = settings(at: progress)
    let results = try parallelMap(count, threads: threads) { [self] index in
      let drawn = try task(first + index)
      let problem = FewShotProblem(model, task: trainsOnQuery ? drawn.merged : drawn, batchNorm: batchNorm, batch: batch)
      let result = try estimator.hypergradient(of: problem, loop: loop, at: parameters.tensors)
      return TaskResult(
        loss: result.outerLoss, accuracy: result.report.accuracy, supportLoss: result.innerLosses.first ?? 0,
        gradients: blocks.map { $0.packedGradient(result.gradient) })
    }

    var next = state
    for (index, block) in blocks.enumerated() {
      // In task order, so that the sum does not depend on which thread was faster.
      var gradient = results.dropFirst().reduce(results[0].gradients[index]) { $0 + $1.gradients[index] }
      gradient = gradient * (1 / Double(count))
      if let gradientClip { gradient = gradient.clipped(toAbsoluteValue: gradientClip) }
      let start = block.packed(parameters.tensors)
      let (updated, optimizerState) = block.optimizer.step(
        start, gradient: start.with([gradient]), state: state.optimizerStates[index], rateScale: rateScale)
      next.parameters.tensors.replaceSubrange(
        block.range, with: updated.tensors[0].unpacked(parameters.tensors[block.range].map(\.shape)))
      next.optimizerStates[index] = optimizerState
      if !updated.tensors[0].isFinite {
        let name = next.parameters.firstNonFinite ?? block.name
        throw BilevelError.diverged(what: "the meta-parameter \(name) after task \(first + count)", step: 0)
      }
    }
    next.tasksSeen += count
    state = next
    func mean(_ value: (TaskResult) -> Double) -> Double { results.reduce(0) { $0 + value($1) } / Double(count) }
    return MetaStepReport(
      queryLoss: mean(\.loss), queryAccuracy: mean(\.accuracy), supportLoss: mean(\.supportLoss))
  }
}

/// What one task of a batch contributes.
private struct TaskResult: Sendable {
  var loss: Double
  var accuracy: Double
  var supportLoss: Double
  /// One packed gradient a block.
  var gradients: [Tensor]
}

extension ParameterBlock {
  /// The block's parameters as one vector: what its optimiser works on.
  func packed(_ tensors: [Tensor]) -> ParameterTree {
    ParameterTree(names: [name], tensors: [Tensor.packed(tensors[range])])
  }

  /// The block's part of a gradient as one vector.
  func packedGradient(_ gradient: [Tensor]) -> Tensor { Tensor.packed(gradient[range]) }
}

extension ParameterTree {
  /// A run of neighbouring parameters.
  public func part(_ range: Range<Int>) -> ParameterTree {
    ParameterTree(names: Array(names[range]), tensors: Array(tensors[range]))
  }
}
