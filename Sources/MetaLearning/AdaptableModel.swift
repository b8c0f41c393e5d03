import Autodiff
import Layers
import Optimizers
import Tensors

/// A classifier with everything that adapts to a task in one list: weights alone, or weights and architecture parameters.
public protocol AdaptableModel: Sendable {
  /// What adapts, in the order that ``logits(_:images:context:)`` takes it; also what is meta-learned.
  var layout: ParameterLayout { get }
  /// Class scores `[n, way]` of images `[n, h, w, c]`.
  func logits(_ parameters: [Tensor], images: Tensor, context: ForwardContext) -> Tensor
}

/// A network all of whose weights adapt.
public struct NetworkModel: AdaptableModel {
  public let network: any Network

  public init(_ network: any Network) { self.network = network }

  public var layout: ParameterLayout { network.layout }

  public func logits(_ parameters: [Tensor], images: Tensor, context: ForwardContext) -> Tensor {
    network.logits(parameters, images: images, context: context)
  }
}
