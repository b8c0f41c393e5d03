import Autodiff
import NeuralNetworks
import Tensors

/// A classifier with everything that is meta-learned in one list: weights, and for some models architecture parameters or learning
/// rates.
public protocol AdaptableModel: Sendable {
  /// What is meta-learned, ω, in the order that ``logits(_:images:context:)`` takes it.
  var layout: ParameterLayout { get }
  /// The number of leading tensors of ω that the inner loop adapts; it only reads the others. All by default.
  var adaptedCount: Int { get }
  /// Whether there is an output for each class; without outputs, a task may have any number of classes. True by default.
  var hasClassOutputs: Bool { get }
  /// The number of parameters: trainable scalars of the network that classifies, its head included. All of ω by default.
  ///
  /// All that is reported as "parameters" is this number. Architecture parameters, learned rates, moments and batch norm's rows of every
  /// step are not counted; ``metaTrainedCount`` has them all.
  var parameterCount: Int { get }
  /// Class scores `[n, way]` of images `[n, h, w, c]`.
  ///
  /// - Parameters:
  ///   - parameters: the adapted tensors, then the others of ω.
  ///   - images: the batch, `[n, h, w, c]`.
  ///   - context: batch norm statistics, and the round of the inner loop.
  func logits(_ parameters: [Tensor], images: Tensor, context: ForwardContext) -> Tensor
  /// Class scores `[query, way]` of a task's query images; by default those of ``logits(_:images:context:)`` under the batch norm policy.
  func queryLogits(_ parameters: [Tensor], task: FewShotTask, batchNorm: BatchNormPolicy, round: Int) -> Tensor
}

extension AdaptableModel {
  /// All of ω adapts.
  public var adaptedCount: Int { layout.entries.count }
  /// There is an output for each class.
  public var hasClassOutputs: Bool { true }
  /// All scalars of ω.
  public var parameterCount: Int { layout.scalarCount }
  /// The number of scalars that are meta-trained: the parameters and the rest of ω.
  public var metaTrainedCount: Int { layout.scalarCount }

  /// The scores of the query images, with batch norm statistics of the query batch (transductive) or of the support set.
  public func queryLogits(_ parameters: [Tensor], task: FewShotTask, batchNorm: BatchNormPolicy, round: Int) -> Tensor {
    switch batchNorm {
    case .transductive:
      return logits(parameters, images: task.queryImages, context: ForwardContext(round: round))
    case .supportStatistics:
      let support = task.supportImages.shape[0]
      let images = concatenate([task.supportImages, task.queryImages], axis: 0)
      let scores = logits(parameters, images: images, context: ForwardContext(statisticsImages: support, round: round))
      return scores.slice(axis: 0, from: support, count: scores.shape[0] - support)
    }
  }
}

/// A network whose weights all adapt.
public struct NetworkModel: AdaptableModel {
  /// The network.
  public let network: any Network

  /// A model whose ω is all of the network's weights.
  public init(_ network: any Network) { self.network = network }

  /// The network's own layout.
  public var layout: ParameterLayout { network.layout }

  /// The network's scores.
  public func logits(_ parameters: [Tensor], images: Tensor, context: ForwardContext) -> Tensor {
    network.logits(parameters, images: images, context: context)
  }
}

/// A type-erased model, for code that handles several methods.
public struct AnyAdaptableModel: AdaptableModel {
  /// The wrapped model.
  public let base: any AdaptableModel

  /// Wraps a model.
  public init(_ base: any AdaptableModel) { self.base = base }

  /// The wrapped model's layout.
  public var layout: ParameterLayout { base.layout }
  /// The wrapped model's number of tensors that adapt.
  public var adaptedCount: Int { base.adaptedCount }
  /// Whether the wrapped model has an output for each class.
  public var hasClassOutputs: Bool { base.hasClassOutputs }
  /// The wrapped model's number of parameters.
  public var parameterCount: Int { base.parameterCount }

  /// The wrapped model's class scores.
  public func logits(_ parameters: [Tensor], images: Tensor, context: ForwardContext) -> Tensor {
    base.logits(parameters, images: images, context: context)
  }

  /// The wrapped model's query scores, by its own rule.
  public func queryLogits(_ parameters: [Tensor], task: FewShotTask, batchNorm: BatchNormPolicy, round: Int) -> Tensor {
    base.queryLogits(parameters, task: task, batchNorm: batchNorm, round: round)
  }
}
