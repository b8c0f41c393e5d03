import Bilevel
import Datasets
import MetaLearning
import NeuralNetworks
import Tensors

/// θ averaged over the adaptations to some tasks: what one cell for all tasks is decoded from.
///
/// - Throws: `BilevelError` where an adaptation diverges.
public func meanAdaptedArchitecture<Split: SplitTag>(
  _ model: SupernetModel, _ parameters: ParameterTree, loop: InnerLoop, batchNorm: BatchNormPolicy,
  tasks: TaskDistribution<Split>, maker: EpisodeMaker, count: Int, threads: Int
) throws -> ParameterTree {
  let adapted = try parallelMap(count, threads: threads) { index in
    let task = FewShotTask(try maker.episode(tasks.description(at: index)))
    return model.architecture(
      try adapt(model, from: parameters, to: task, loop: loop, batchNorm: batchNorm).parameters)
  }
  return adapted.dropFirst().reduce(adapted[0]) { $0 + $1 } * (1 / Double(count))
}
