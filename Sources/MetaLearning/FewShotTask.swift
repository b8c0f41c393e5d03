import Tasks
import Tensors

/// An episode as tensors: what a learner gets. Labels are rows of the identity matrix.
public struct FewShotTask: Sendable {
  /// `[support, height, width, channels]`
  public let supportImages: Tensor
  /// `[support, way]`
  public let supportTargets: Tensor
  /// `[query, height, width, channels]`
  public let queryImages: Tensor
  /// `[query, way]`
  public let queryTargets: Tensor
  /// The classes of the query images.
  public let queryLabels: [Int]
  /// Classes.
  public let way: Int

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

  /// The tensors of an episode.
  public init(_ episode: Episode, elementType: ElementType = .float32) {
    func tensor(_ batch: ImageBatch) -> Tensor {
      Tensor(shape: Shape(batch.shape), batch.pixels).converted(to: elementType)
    }
    self.init(
      supportImages: tensor(episode.support), supportLabels: episode.supportLabels, queryImages: tensor(episode.query),
      queryLabels: episode.queryLabels, way: episode.way)
  }
}
