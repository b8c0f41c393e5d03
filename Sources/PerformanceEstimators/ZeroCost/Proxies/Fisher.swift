import Autodiff
import NeuralNetworks
import Synchronization
import Tensors

/// `Σ ½ mean (Σ a ∂L/∂a)²`: over every channel of every convolution's and linear layer's result a the squared effect of its absence on the
/// loss, summed over pixels before it is squared, averaged over images.
///
/// Source: Theis et al., "Faster gaze prediction with dense networks and Fisher pruning", 2018; as a proxy Abdelfattah et al., ICLR 2021.
public struct Fisher: ZeroCostProxy {
  /// The proxy; it has no settings.
  public init() {}

  /// The proxy's name: `fisher`.
  public let name = "fisher"
  /// What is measured.
  public let summary = "effect of channels on the loss"

  /// Counts the channels of all results.
  private final class Counter: ActivationObserver {
    private let found = Mutex<[Int]>([])
    private let ranks = Mutex<[Int]>([])

    var channels: [(count: Int, rank: Int)] {
      zip(found.withLock { $0 }, ranks.withLock { $0 }).map { (count: $0, rank: $1) }
    }

    func rectifying(_ x: Tensor) {}
    func computed(_ x: Tensor) -> Tensor {
      found.withLock { $0.append(x.shape[x.rank - 1]) }
      ranks.withLock { $0.append(x.rank) }
      return x
    }
  }

  /// Multiplies results by masks of ones, the derivatives by which are the effects of the channels.
  private final class Masking: ActivationObserver {
    private let masks: [Tensor]
    private let next = Mutex(0)

    init(_ masks: [Tensor]) { self.masks = masks }

    func rectifying(_ x: Tensor) {}
    func computed(_ x: Tensor) -> Tensor {
      x
        * masks[
          next.withLock { next in
            defer { next += 1 }
            return next
          }]
    }
  }

  /// The score, from one forward pass of one image that counts channels and one backward pass of the batch.
  ///
  /// - Throws: ``ProxyError/notObservable(proxy:)`` where the network does not show its activations.
  public func score(_ subject: ProxySubject) throws -> Double {
    guard subject.network is any ObservableNetwork else { throw ProxyError.notObservable(proxy: name) }
    let counter = Counter()
    _ = subject.network.logits(
      subject.weights.tensors, images: subject.images.slice(axis: 0, from: 0, count: 1),
      context: ForwardContext(observer: counter))
    guard !counter.channels.isEmpty else { throw ProxyError.notObservable(proxy: name) }
    let images = subject.images.shape[0]
    let masks = counter.channels.map { channels, rank in
      Tensor.ones(Shape([images] + Array(repeating: 1, count: rank - 2) + [channels]), subject.images.elementType)
    }
    let counted = subject.counted.map { subject.weights.tensors[$0] }
    let effects = gradient(at: masks) { subject.loss(counted, context: ForwardContext(observer: Masking($0))) }
    return effects.reduce(0) { $0 + $1.squared().sum().item / Double(2 * images) }
  }
}
