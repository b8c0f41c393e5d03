import Autodiff
import Bilevel
import NeuralNetworks
import Tensors

/// Prototypical networks: features whose class means classify (Snell et al., NeurIPS 2017).
public struct ProtoNet: FewShotMethod {
  /// `proto-net`.
  public static let name = "proto-net"
  /// What it does, with its source.
  public static let summary = "features whose class means classify (Snell et al., NeurIPS 2017)"
  /// Prototypes are means, which no step leads to.
  public static let hasInnerLoop = false
  /// Prototypes are made of the task at hand.
  public static let hasClassOutputs = false

  /// The method; it has no settings of its own.
  public init() {}

  /// The outer loop of prototypical networks.
  public func trainer(for network: any Network, _ setup: FewShotSetup) -> MetaTrainer<AnyAdaptableModel> {
    MetaTrainer<PrototypeModel>.protoNet(
      network, outer: setup.outer, batchNorm: setup.batchNorm, gradientClip: setup.gradientClip
    ).erased
  }
}

/// Prototypical networks: a class is the mean of its support images' features, a score minus the squared distance to it.
///
/// The features are the network's, without its head. Support and query images are one batch, as in the authors' code; under
/// `support-statistics` only the support images give batch norm its statistics.
public struct PrototypeModel: AdaptableModel {
  /// The network that embeds images.
  public let network: any Network
  /// The network's weights without the head's.
  public let layout: ParameterLayout
  /// An identity in place of the head: the network's scores are then its features.
  private let features: Int
  /// False: a class is the mean of its support features, not an output.
  public var hasClassOutputs: Bool { false }

  /// A model that embeds images by a network without its head.
  ///
  /// - Parameter network: one whose head is a linear layer with the parameters `head.weight` and `head.bias`.
  public init(_ network: any Network) {
    self.network = network
    layout = ParameterLayout(entries: network.layout.entries.filter { !$0.name.hasPrefix("head.") })
    features = network.layout.entries.first { $0.name == "head.weight" }?.shape[0] ?? 0
  }

  /// The features `[n, features]` in place of scores.
  public func logits(_ parameters: [Tensor], images: Tensor, context: ForwardContext) -> Tensor {
    let type = images.elementType
    let identity = Tensor.oneHot(Array(0..<features), classes: features, type)
    var next = parameters.makeIterator()
    let weights = network.layout.entries.map { entry -> Tensor in
      switch entry.name {
      case "head.weight": return identity
      case "head.bias": return .zeros([features], type)
      default: return next.next() ?? .zeros(entry.shape, type)
      }
    }
    return network.logits(weights, images: images, context: context)
  }

  /// Minus the squared distances `[query, way]` between query features and class means of the support features.
  public func queryLogits(_ parameters: [Tensor], task: FewShotTask, batchNorm: BatchNormPolicy, round: Int) -> Tensor {
    let support = task.supportImages.shape[0]
    let images = concatenate([task.supportImages, task.queryImages], axis: 0)
    let context = ForwardContext(statisticsImages: batchNorm == .supportStatistics ? support : nil, round: round)
    let all = logits(parameters, images: images, context: context)
    let query = all.slice(axis: 0, from: support, count: all.shape[0] - support)
    let counts = task.supportTargets.sum([0]).reshaped(to: [task.way, 1])
    let prototypes =
      matmul(task.supportTargets, transposeA: true, all.slice(axis: 0, from: 0, count: support)) / counts
    let lengths = query.squared().sum([1]).reshaped(to: [query.shape[0], 1]) + prototypes.squared().sum([1])
    return 2 * matmul(query, prototypes, transposeB: true) - lengths
  }
}

extension MetaTrainer where Model == PrototypeModel {
  /// Prototypical networks (Snell et al., NeurIPS 2017, eq. 1–2, Alg. 1): no inner loop; the query loss is minimised directly.
  ///
  /// The authors train on tasks of more classes than they test (60-way for Omniglot).
  public static func protoNet(
    _ network: any Network, outer: any Optimizer = Adam(), batchNorm: BatchNormPolicy = .transductive,
    gradientClip: Double? = nil
  ) -> MetaTrainer {
    let model = PrototypeModel(network)
    return MetaTrainer(
      model: model, loop: InnerLoop(rounds: 0), estimator: FirstOrder(), batchNorm: batchNorm,
      blocks: [ParameterBlock(name: "weights", range: 0..<model.layout.entries.count, optimizer: outer)],
      gradientClip: gradientClip)
  }
}
