import Autodiff
import NeuralNetworks
import Synchronization
import Tensors

/// `log det K`, K counting in how many ReLUs two images of the batch agree: how well the network's linear regions tell images apart.
///
/// Source: Mellor et al., "Neural architecture search without training", ICML 2021, section 3; K summed over all ReLUs as in the
/// authors' code.
public struct NASWOT: ZeroCostProxy {
  /// The proxy; it has no settings.
  public init() {}

  /// The proxy's name: `naswot`.
  public let name = "naswot"
  /// What is measured.
  public let summary = "how far images differ in their ReLUs"

  /// Adds up K over the ReLUs that it sees.
  private final class Agreement: ActivationObserver {
    private let sums = Mutex<[Double]>([])

    var kernel: [Double] { sums.withLock { $0 } }

    func rectifying(_ x: Tensor) {
      let images = x.shape[0]
      let units = x.count / max(1, images)
      let bits = x.stopGradient().step().reshaped(to: [images, units])
      // How many units both images switch on; those that both switch off follow from the counts of each.
      let on = matmul(bits, bits, transposeB: true).doubles
      sums.withLock { sums in
        if sums.isEmpty { sums = Array(repeating: 0, count: images * images) }
        for i in 0..<images {
          for j in 0..<images {
            sums[i * images + j] += 2 * on[i * images + j] - on[i * images + i] - on[j * images + j] + Double(units)
          }
        }
      }
    }

    func computed(_ x: Tensor) -> Tensor { x }
  }

  /// The score, from one forward pass; minus infinity where no ReLU tells two of the images apart.
  ///
  /// - Throws: ``ProxyError/notObservable(proxy:)`` where the network does not show its activations, or has no ReLU.
  public func score(_ subject: ProxySubject) throws -> Double {
    let agreement = Agreement()
    guard subject.network is any ObservableNetwork else { throw ProxyError.notObservable(proxy: name) }
    _ = subject.network.logits(
      subject.weights.tensors, images: subject.images, context: ForwardContext(observer: agreement))
    let (kernel, images) = (agreement.kernel, subject.images.shape[0])
    guard kernel.count == images * images else { throw ProxyError.notObservable(proxy: name) }
    let rows = (0..<images).map { Array(kernel[$0 * images..<($0 + 1) * images]) }
    return SymmetricPositive(rows)?.logDeterminant ?? -.infinity
  }
}
