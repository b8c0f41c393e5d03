import Datasets
import Tensors

extension ImageBatch {
  /// The batch as a tensor of shape [count, height, width, channels].
  public var tensor: Tensor { Tensor(shape: Shape(shape), pixels) }

  /// The batch as a tensor of another element type, such as Float64 for gradient checks.
  public func tensor(_ elementType: ElementType) -> Tensor { tensor.converted(to: elementType) }
}
