import Autodiff
import NeuralNetworks
import SearchSpaces
import Tensors

/// What proxies look at: a network with its first weights and a batch of labelled images.
///
/// Batch norms use the batch's statistics, as in a training's first step. Only weights of convolutions and linear layers count, not their
/// biases and what belongs to batch norms, as in the published code.
public final class ProxySubject {
  /// The network.
  public let network: any Network
  /// The network's initial weights.
  public let weights: ParameterTree
  /// The images of the batch, `[n, height, width, channels]`.
  public let images: Tensor
  /// The labels of the batch, one-hot, `[n, classes]`.
  public let targets: Tensor
  /// Parameters and multiply-adds, where the space counts them.
  public let cost: NetworkCost?
  /// The places of the weights that count.
  public let counted: [Int]
  /// The cross-entropy's gradient with respect to the counted weights; computed at the first call.
  public private(set) lazy var lossGradient: [Tensor] = gradient(at: counted.map { weights.tensors[$0] }) { self.loss($0) }

  /// A subject; weights of rank 2 and more are those that count.
  ///
  /// - Precondition: `weights` fits the network's layout.
  public init(network: any Network, weights: ParameterTree, images: Tensor, targets: Tensor, cost: NetworkCost?) {
    precondition(network.layout.mismatch(with: weights) == nil, "weights of another network")
    self.network = network
    self.weights = weights
    self.images = images
    self.targets = targets
    self.cost = cost
    counted = weights.tensors.indices.filter { weights.tensors[$0].rank > 1 }
  }

  /// All weights, with other ones in the counted places.
  public func substituting(_ tensors: [Tensor], in list: [Tensor]? = nil) -> [Tensor] {
    var all = list ?? weights.tensors
    for (place, tensor) in zip(counted, tensors) { all[place] = tensor }
    return all
  }

  /// The cross-entropy of the batch as a function of the counted weights.
  public func loss(_ tensors: [Tensor], context: ForwardContext = .batch) -> Tensor {
    softmaxCrossEntropy(network.logits(substituting(tensors), images: images, context: context), targets: targets)
  }
}
