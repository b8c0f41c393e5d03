import Autodiff
import Tensors

extension ParameterTree {
  /// Every element moved into `-bound...bound`, as MAML does with mini-ImageNet's gradients (bound 10).
  public func clipped(toAbsoluteValue bound: Double) -> ParameterTree {
    map { tensor in
      let limit = Tensor(bound, tensor.elementType)
      return tensor.minimum(limit).maximum(-limit)
    }
  }
}
