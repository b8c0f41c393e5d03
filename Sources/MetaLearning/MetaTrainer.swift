import Autodiff
import Bilevel
import Layers
import Optimizers
import Tensors

/// A part of the meta-parameters with its own outer optimiser.
public struct ParameterBlock: Sendable {
  /// What the block is called in checkpoints: `"weights"`, `"architecture"`.
  public var name: String
  /// Its tensors among the model's parameters.
  public var range: Range<Int>
  public var optimizer: any Optimizer

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
/// MAML, first-order MAML and T-NAS are this with different models, inner loops and estimators. Tasks run on several threads, one
/// thread a task; gradients are summed in task order, so that the result is the same for any number of threads.
public struct MetaTrainer<Model: AdaptableModel>: Sendable {
  public var model: Model
  public var loop: InnerLoop
  public var estimator: any HypergradientEstimator
  public var batchNorm: BatchNormPolicy
  public var blocks: [ParameterBlock]
  /// Every element of the meta-gradient is moved into ± this; `nil` leaves it alone.
  public var gradientClip: Double?

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

  /// The state before the first step.
  public func initialState(seed: UInt64, elementType: ElementType = .float32) -> MetaState {
    let parameters = model.layout.initialParameters(seed: seed, elementType: elementType)
    return MetaState(
      parameters: parameters,
      optimizerStates: blocks.map { $0.optimizer.initialState(for: parameters.part($0.range)) }, tasksSeen: 0)
  }

  /// One outer step on a batch of tasks.
  ///
  /// - Parameters:
  ///   - count: tasks in the batch.
  ///   - rateScale: multiplies the outer learning rates.
  ///   - task: makes the task of an index; called on the worker threads.
  /// - Throws: what `task` throws, and `BilevelError` where a task's losses are not finite; the state is then unchanged.
  public func step(
    _ state: inout MetaState, count: Int, threads: Int, rateScale: Double = 1, task: @escaping @Sendable (Int) throws -> FewShotTask
  ) throws -> MetaStepReport {
    let first = state.tasksSeen
    let parameters = state.parameters
    let results = try parallelMap(count, threads: threads) { [self] index in
      let problem = FewShotProblem(model, task: try task(first + index), batchNorm: batchNorm)
      return try estimator.hypergradient(of: problem, loop: loop, at: parameters.tensors)
    }
    var gradient = results[0].gradient
    for result in results.dropFirst() { gradient = zip(gradient, result.gradient).map { $0 + $1 } }
    var tree = parameters.with(gradient) * (1 / Double(count))
    if let gradientClip { tree = tree.clipped(toAbsoluteValue: gradientClip) }

    var next = state
    for (index, block) in blocks.enumerated() {
      let (updated, optimizerState) = block.optimizer.step(
        parameters.part(block.range), gradient: tree.part(block.range), state: state.optimizerStates[index],
        rateScale: rateScale)
      next.parameters.tensors.replaceSubrange(block.range, with: updated.tensors)
      next.optimizerStates[index] = optimizerState
    }
    if let name = next.parameters.firstNonFinite {
      throw BilevelError.diverged(what: "the meta-parameter \(name) after task \(first + count)", step: 0)
    }
    next.tasksSeen += count
    state = next
    func mean(_ value: (Hypergradient<FewShotProblem<Model>.Report>) -> Double) -> Double {
      results.reduce(0) { $0 + value($1) } / Double(count)
    }
    return MetaStepReport(
      queryLoss: mean(\.outerLoss), queryAccuracy: mean(\.report.accuracy), supportLoss: mean { $0.innerLosses.first ?? 0 })
  }
}

extension ParameterTree {
  /// A run of neighbouring parameters.
  public func part(_ range: Range<Int>) -> ParameterTree {
    ParameterTree(names: Array(names[range]), tensors: Array(tensors[range]))
  }
}
