import Autodiff
import NeuralNetworks
import Tensors

/// `Σ |w ∂R/∂w|` of the network without batch norms, all parameters replaced by their absolute values, R the sum of the scores for one
/// image of ones: how much of a signal of positive paths gets through. Needs no data.
///
/// In Float64, because R is a product over all layers and leaves Float32's range.
///
/// Source: Tanaka et al., "Pruning neural networks without any data by iteratively conserving synaptic flow", NeurIPS 2020; as a proxy
/// Abdelfattah et al., "Zero-cost proxies for lightweight NAS", ICLR 2021, section 3.2.
public struct SynFlow: ZeroCostProxy {
  /// The proxy; it has no settings.
  public init() {}

  /// The proxy's name: `synflow`.
  public let name = "synflow"
  /// What is measured.
  public let summary = "flow of positive paths"

  /// The score, in Float64, over the weights that count; the batch's images give only their shape.
  public func score(_ subject: ProxySubject) -> Double {
    let weights = subject.weights.converted(to: .float64).tensors.map { $0.abs() }
    let image = Tensor.ones(Shape([1] + subject.images.shape.array.dropFirst()), .float64)
    let counted = subject.counted.map { weights[$0] }
    let slopes = gradient(at: counted) { tensors in
      subject.network.logits(
        subject.substituting(tensors, in: weights), images: image, context: ForwardContext(skipsNormalization: true)
      ).sum()
    }
    return zip(counted, slopes).reduce(0) { $0 + ($1.0 * $1.1).abs().sum().item }
  }
}
