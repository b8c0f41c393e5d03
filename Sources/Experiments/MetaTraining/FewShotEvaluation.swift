import Bilevel
import Datasets
import MetaLearning
import NeuralNetworks
import Statistics
import Tensors

/// Accuracies of an adapted model on many tasks.
public struct FewShotEvaluation: Sendable {
  /// The query accuracy of every task in order, in 0...1.
  public var accuracies: [Double]
  /// The mean seconds of one adaptation with its prediction, on one thread.
  public var secondsPerTask: Double
  /// The mean query accuracy after 0, 1, … inner steps; empty unless asked for.
  public var stepCurve: [Double]

  /// The mean accuracy with its 95 % confidence interval by Student's t.
  public var mean: Double { accuracies.reduce(0, +) / Double(max(1, accuracies.count)) }
}

/// Something that is ready to adapt: a model, where it starts, and how it adapts.
public struct FewShotLearner<Model: AdaptableModel>: Sendable {
  /// What adapts.
  public var model: Model
  /// What every adaptation starts from.
  public var parameters: ParameterTree
  /// The steps of an adaptation.
  public var loop: InnerLoop
  /// Which statistics batch norms use for query images.
  public var batchNorm: BatchNormPolicy
  /// How many classes the model has outputs for; as many as the tasks where it is `nil`.
  public var outputs: Int?

  /// A learner.
  public init(
    _ model: Model, parameters: ParameterTree, loop: InnerLoop, batchNorm: BatchNormPolicy, outputs: Int? = nil
  ) {
    self.model = model
    self.parameters = parameters
    self.loop = loop
    self.batchNorm = batchNorm
    self.outputs = outputs
  }

  /// Adapts to the tasks `0..<count` of a distribution and classifies their query images.
  ///
  /// - Parameters:
  ///   - tasks: the distribution that tasks are drawn from.
  ///   - maker: makes episodes of the tasks' descriptions.
  ///   - count: how many tasks.
  ///   - threads: tasks at a time; no accuracy depends on it.
  ///   - curve: whether accuracies after every inner step are wanted; only for tasks of as many classes as the model has outputs.
  ///   - progress: gets the number of every task that is done, from several threads.
  /// - Throws: `BilevelError` where an adaptation diverges, `TooManyClasses`.
  public func evaluate<Split: SplitTag>(
    on tasks: TaskDistribution<Split>, maker: EpisodeMaker, count: Int, threads: Int, curve: Bool = false,
    progress: @escaping @Sendable (Int) -> Void = { _ in }
  ) throws -> FewShotEvaluation {
    let results = try parallelMap(count, threads: threads) { index -> (Double, Double, [Double]) in
      let task = FewShotTask(try maker.episode(tasks.description(at: index)))
      let result =
        if let outputs, outputs != task.way {
          try adapt(model, from: parameters, to: task, loop: loop, batchNorm: batchNorm, outputs: outputs)
        } else {
          try adapt(model, from: parameters, to: task, loop: loop, batchNorm: batchNorm, curve: curve)
        }
      progress(index)
      return (result.accuracy, result.seconds, result.accuracyCurve)
    }
    let steps = results.first?.2.count ?? 0
    return FewShotEvaluation(
      accuracies: results.map(\.0), secondsPerTask: results.reduce(0) { $0 + $1.1 } / Double(max(1, count)),
      stepCurve: (0..<steps).map { step in results.reduce(0) { $0 + $1.2[step] } / Double(max(1, count)) })
  }
}
