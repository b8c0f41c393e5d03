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

/// Adapts to the tasks `0..<count` of a distribution and classifies their query images.
///
/// - Parameters:
///   - curve: whether accuracies after every inner step are wanted; only for tasks of as many classes as the model has outputs.
///   - outputs: how many classes the model has outputs for; as many as the tasks where it is `nil`.
/// - Throws: `BilevelError` where an adaptation diverges, `TooManyClasses`.
public func evaluate<Model: AdaptableModel, Split: SplitTag>(
  _ model: Model, parameters: ParameterTree, loop: InnerLoop, batchNorm: BatchNormPolicy,
  tasks: TaskDistribution<Split>, maker: EpisodeMaker, count: Int, threads: Int, curve: Bool = false, outputs: Int? = nil,
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
