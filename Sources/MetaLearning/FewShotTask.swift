import Autodiff
import Datasets
import Tensors

/// An episode as tensors: what a learner gets.
public struct FewShotTask: Sendable {
  /// Support images `[support, height, width, channels]`.
  public let supportImages: Tensor
  /// One-hot support labels `[support, way]`.
  public let supportTargets: Tensor
  /// Query images `[query, height, width, channels]`.
  public let queryImages: Tensor
  /// One-hot query labels `[query, way]`.
  public let queryTargets: Tensor
  /// The classes of the query images.
  public let queryLabels: [Int]
  /// The number of classes.
  public let way: Int

  /// A task of known tensors and labels.
  ///
  /// - Parameters:
  ///   - supportImages: `[support, height, width, channels]`.
  ///   - supportLabels: a class in `0..<way` for each support image.
  ///   - queryImages: `[query, height, width, channels]`, of the same size and element type.
  ///   - queryLabels: a class in `0..<way` for each query image, also where the truth is unknown.
  ///   - way: the number of classes.
  public init(
    supportImages: Tensor, supportLabels: [Int], queryImages: Tensor, queryLabels: [Int], way: Int
  ) {
    let type = supportImages.elementType
    self.supportImages = supportImages
    self.supportTargets = .oneHot(supportLabels, classes: way, type)
    self.queryImages = queryImages
    self.queryTargets = .oneHot(queryLabels, classes: way, type)
    self.queryLabels = queryLabels
    self.way = way
  }

  /// The task with its query images in the support set too: what methods that do not split a task train on.
  public var merged: FewShotTask {
    FewShotTask(
      supportImages: concatenate([supportImages, queryImages], axis: 0), supportLabels: supportTargets.rowArgmax + queryLabels,
      queryImages: queryImages, queryLabels: queryLabels, way: way)
  }

  /// The support images of a round: all, or so many of them in turn.
  ///
  /// Classes follow one another in the support set; a stride near the golden section mixes them and takes every image before any comes
  /// again.
  func support(batch: Int?, round: Int) -> (images: Tensor, targets: Tensor) {
    let count = supportImages.shape[0]
    guard let batch, batch < count else { return (supportImages, supportTargets) }
    func divisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : divisor(b, a % b) }
    var stride = max(1, Int(0.618 * Double(count)))
    while divisor(count, stride) != 1 { stride += 1 }
    let rows = (0..<batch).map { (round * batch + $0) * stride % count }
    func chosen(_ tensor: Tensor) -> Tensor {
      concatenate(rows.map { tensor.slice(axis: 0, from: $0, count: 1) }, axis: 0)
    }
    return (chosen(supportImages), chosen(supportTargets))
  }

  /// The tensors of an episode.
  ///
  /// - Parameters:
  ///   - episode: the support and query images with their labels.
  ///   - way: how many classes targets have room for, where networks have more outputs than the task has classes; those beyond
  ///     the task's are never right. The episode's own where it is `nil`.
  ///   - elementType: what images are converted to.
  public init(_ episode: Episode, way: Int? = nil, elementType: ElementType = .float32) {
    func tensor(_ batch: ImageBatch) -> Tensor {
      Tensor(shape: Shape(batch.shape), batch.pixels).converted(to: elementType)
    }
    self.init(
      supportImages: tensor(episode.support), supportLabels: episode.supportLabels, queryImages: tensor(episode.query),
      queryLabels: episode.queryLabels, way: max(way ?? 0, episode.way))
  }
}
