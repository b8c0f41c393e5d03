import Autodiff
import Tensors

/// `Σ ‖∂L/∂w‖` over layers.
///
/// Source: Abdelfattah et al., "Zero-cost proxies for lightweight NAS", ICLR 2021, section 3.1.
public struct GradientNorm: ZeroCostProxy {
  public init() {}

  public let name = "grad-norm"
  public let summary = "length of the gradient, layer by layer"
  public var usesLossGradient: Bool { true }

  public func score(_ subject: ProxySubject) -> Double {
    subject.lossGradient.reduce(0) { $0 + dot($1, $1).item.squareRoot() }
  }
}
