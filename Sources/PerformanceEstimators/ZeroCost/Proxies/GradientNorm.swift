import Autodiff
import Tensors

/// `Σ ‖∂L/∂w‖` over layers.
///
/// Source: Abdelfattah et al., "Zero-cost proxies for lightweight NAS", ICLR 2021, section 3.1.
public struct GradientNorm: ZeroCostProxy {
  /// The proxy; it has no settings.
  public init() {}

  /// The proxy's name: `grad-norm`.
  public let name = "grad-norm"
  /// What is measured.
  public let summary = "length of the gradient, layer by layer"
  /// True: nothing else is read.
  public var usesLossGradient: Bool { true }

  /// The sum of the Euclidean norms of the gradients of the weights that count, one norm a tensor.
  public func score(_ subject: ProxySubject) -> Double {
    subject.lossGradient.reduce(0) { $0 + dot($1, $1).item.squareRoot() }
  }
}
