import Autodiff
import Tensors

/// A classifier of images whose parameters are given to it with every call.
public protocol Network: Sendable {
  /// The parameters that it wants.
  var layout: ParameterLayout { get }
  /// Class scores `[n, way]` of images `[n, h, w, c]`.
  ///
  /// - Parameters:
  ///   - weights: tensors in the layout's order.
  ///   - images: the batch, `[n, h, w, c]`.
  ///   - context: says which images the batch statistics come from.
  func logits(_ weights: [Tensor], images: Tensor, context: ForwardContext) -> Tensor
}
