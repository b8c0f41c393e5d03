import Autodiff
import Tensors

/// `−Σ w ∘ H g`: how much the gradient's norm would fall without the weights, H the loss's Hessian and g its gradient.
///
/// Source: Wang, Zhang, Grosse, "Picking winning tickets before training by preserving gradient flow", ICLR 2020; as a proxy Abdelfattah
/// et al., ICLR 2021 (temperature 1, one batch for both gradients).
public struct GraSP: ZeroCostProxy {
  /// The proxy; it has no settings.
  public init() {}

  /// The proxy's name: `grasp`.
  public let name = "grasp"
  /// What is measured.
  public let summary = "effect of weights on the gradient's norm"
  /// True: the gradient g is the subject's.
  public var usesLossGradient: Bool { true }

  /// The score, by one Hessian-vector product along the gradient.
  public func score(_ subject: ProxySubject) -> Double {
    let weights = subject.counted.map { subject.weights.tensors[$0] }
    let (_, product) = hvp(at: weights, along: subject.lossGradient) { subject.loss($0) }
    return -zip(weights, product).reduce(0) { $0 + dot($1.0, $1.1).item }
  }
}
