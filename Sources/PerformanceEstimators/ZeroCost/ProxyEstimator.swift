import CellNetworks
import NeuralNetworks
import SearchSpaces
import SearchStrategies
import Tensors

/// Judges architectures of any space that builds networks by a proxy, at the cost of the seconds that it takes.
///
/// Every architecture gets the first weights of the same seed and the same batch, so that scores can be compared.
public struct ProxyEstimator<Space: NetworkSpace>: PerformanceEstimator {
  /// The space.
  public let space: Space
  /// The proxy.
  public let proxy: any ZeroCostProxy
  /// The images of the batch, `[n, height, width, channels]`, of the size that the networks take.
  public let images: Tensor
  /// The labels of the batch, one-hot, `[n, classes]`.
  public let targets: Tensor
  /// Determines the first weights.
  public let seed: UInt64

  /// An estimator that scores every network by the same proxy on the same batch.
  ///
  /// - Parameters:
  ///   - proxy: the proxy that scores the networks.
  ///   - space: the space whose architectures are judged.
  ///   - images: the batch, `[n, height, width, channels]`, of the size that the space's networks take.
  ///   - targets: its labels, one-hot, `[n, classes]`.
  ///   - seed: determines the initial weights, the same for every architecture.
  public init(_ proxy: any ZeroCostProxy, space: Space, images: Tensor, targets: Tensor, seed: UInt64 = 1) {
    self.space = space
    self.proxy = proxy
    self.images = images
    self.targets = targets
    self.seed = seed
  }

  /// Nothing is trained.
  public var epochs: [Int] { [0] }
  /// True: the seconds are measured on this machine.
  public var measuresSeconds: Bool { true }

  /// What proxies look at.
  ///
  /// - Throws: what the space throws where it cannot build the network.
  public func subject(_ architecture: Space.Architecture) throws -> ProxySubject {
    let network = try space.network(of: architecture)
    return ProxySubject(
      network: network, weights: network.layout.initialParameters(seed: seed, elementType: images.elementType), images: images,
      targets: targets, cost: space.networkCost(of: architecture))
  }

  /// The proxy's score of the untrained network, and the seconds to build and to score it; `epochs` is not read.
  ///
  /// - Throws: what the space throws where it cannot build the network, ``ProxyError`` where the network lacks what is measured.
  public func estimate(_ architecture: Space.Architecture, epochs: Int) throws -> PerformanceEstimate {
    let clock = ContinuousClock()
    let start = clock.now
    let score = try proxy.score(try subject(architecture))
    return PerformanceEstimate(score: score, seconds: (clock.now - start) / .seconds(1))
  }
}
