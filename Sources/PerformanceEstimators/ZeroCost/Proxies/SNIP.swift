import Autodiff
import Tensors

/// `Σ |w ∂L/∂w|`: how much the loss depends on the presence of every weight.
///
/// Source: Lee, Ajanthan, Torr, "SNIP: Single-shot network pruning based on connection sensitivity", ICLR 2019; as a proxy Abdelfattah
/// et al., ICLR 2021.
public struct SNIP: ZeroCostProxy {
  /// The proxy; it has no settings.
  public init() {}

  /// The proxy's name: `snip`.
  public let name = "snip"
  /// What is measured.
  public let summary = "sensitivity of the loss to connections"
  /// True: the sensitivities are weights times gradients.
  public var usesLossGradient: Bool { true }

  /// The sum of the absolute sensitivities of all weights that count.
  public func score(_ subject: ProxySubject) -> Double {
    zip(subject.counted, subject.lossGradient).reduce(0) { $0 + (subject.weights.tensors[$1.0] * $1.1).abs().sum().item }
  }
}
