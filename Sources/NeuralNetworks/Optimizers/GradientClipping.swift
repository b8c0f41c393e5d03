import Autodiff
import Tensors

extension Tensor {
  /// Every element moved into `-bound...bound`, as MAML does with mini-ImageNet's gradients (bound 10).
  public func clipped(toAbsoluteValue bound: Double) -> Tensor {
    let limit = Tensor(bound, elementType)
    return minimum(limit).maximum(-limit)
  }
}
