import Autodiff
import MetaLearning
import NeuralNetworks
import Tensors

/// A model that is another one but for how it classifies the query.
protocol ModelOnBase: AdaptableModel {
  /// The model that it is otherwise.
  var base: any AdaptableModel { get }
}

extension ModelOnBase {
  var layout: ParameterLayout { base.layout }
  var adaptedCount: Int { base.adaptedCount }
  var hasClassOutputs: Bool { base.hasClassOutputs }
  var parameterCount: Int { base.parameterCount }

  func logits(_ parameters: [Tensor], images: Tensor, context: ForwardContext) -> Tensor {
    base.logits(parameters, images: images, context: context)
  }

  /// The scores `[query, way]` of query images that are looked at one after the other.
  func oneByOne(_ task: FewShotTask, _ scores: (Int) -> Tensor) -> Tensor {
    concatenate((0..<task.queryImages.shape[0]).map(scores), axis: 0)
  }
}

/// A model whose query images are classified one after the other, as where a user has only one picture at a time.
struct OneAtATime: ModelOnBase {
  let base: any AdaptableModel

  func queryLogits(_ parameters: [Tensor], task: FewShotTask, batchNorm: BatchNormPolicy, round: Int) -> Tensor {
    oneByOne(task) { base.queryLogits(parameters, task: task.asking(only: $0), batchNorm: batchNorm, round: round) }
  }
}

/// A model whose batch norms take their statistics from images that are neither support nor query: a running estimate as exact as it can
/// be, since it is made of the adapted network's own activations.
struct ReferenceStatistics: ModelOnBase {
  let base: any AdaptableModel
  /// Whose statistics are taken, `[n, height, width, channels]`.
  let reference: Tensor
  /// Whether the support images count as well.
  var withSupport = false

  func queryLogits(_ parameters: [Tensor], task: FewShotTask, batchNorm: BatchNormPolicy, round: Int) -> Tensor {
    let leading = withSupport ? concatenate([task.supportImages, reference], axis: 0) : reference
    let count = leading.shape[0]
    let images = concatenate([leading, task.queryImages], axis: 0)
    let scores = base.logits(parameters, images: images, context: ForwardContext(statisticsImages: count, round: round))
    return scores.slice(axis: 0, from: count, count: scores.shape[0] - count)
  }
}

/// A model whose query images are each normalised by the support images and the image itself.
struct SupportAndItself: ModelOnBase {
  let base: any AdaptableModel

  func queryLogits(_ parameters: [Tensor], task: FewShotTask, batchNorm: BatchNormPolicy, round: Int) -> Tensor {
    let support = task.supportImages.shape[0]
    return oneByOne(task) { index in
      let images = concatenate([task.supportImages, task.queryImages.slice(axis: 0, from: index, count: 1)], axis: 0)
      return base.logits(parameters, images: images, context: ForwardContext(round: round))
        .slice(axis: 0, from: support, count: 1)
    }
  }
}

extension FewShotTask {
  /// The task with one of its query images.
  func asking(only index: Int) -> FewShotTask {
    FewShotTask(
      supportImages: supportImages, supportLabels: supportTargets.rowArgmax,
      queryImages: queryImages.slice(axis: 0, from: index, count: 1), queryLabels: [queryLabels[index]], way: way)
  }

  /// The support images and copies of them, each moved by a pixel in one direction.
  var shiftedSupport: Tensor {
    let shape = supportImages.shape
    func moved(_ down: Int, _ right: Int) -> Tensor {
      supportImages
        .slice(axis: 1, from: max(0, -down), count: shape[1] - abs(down))
        .slice(axis: 2, from: max(0, -right), count: shape[2] - abs(right))
        .padded(to: shape, at: [0, max(0, down), max(0, right), 0])
    }
    return concatenate([supportImages] + [(2, 0), (-2, 0), (0, 2), (0, -2)].map(moved), axis: 0)
  }
}
