import Autodiff
import NeuralNetworks
import Tensors

/// A classifier with everything that is meta-learned in one list: weights alone, or weights and architecture parameters, or weights and
/// rates.
public protocol AdaptableModel: Sendable {
  /// What is meta-learned, ω, in the order that ``logits(_:images:context:)`` takes it.
  var layout: ParameterLayout { get }
  /// The inner loop starts from so many of ω's first tensors; the others it only reads. All by default.
  var adaptedCount: Int { get }
  /// Whether there is an output for each class of a task; where there is none, tasks may have any number of classes. True by default.
  var hasClassOutputs: Bool { get }
  /// The parameters: trainable numbers of the network that classifies, those of its head among them where it has one. All that is reported as
  /// "parameters" is this number. Architecture parameters, learned rates, an optimiser's moments and batch norm's rows of
  /// every step are not counted; with them it is ``metaTrainedCount``. All of ω by default.
  var parameterCount: Int { get }
  /// Class scores `[n, way]` of images `[n, h, w, c]`.
  ///
  /// - Parameters:
  ///   - parameters: the adapted tensors, then the others of ω.
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
  /// Numbers that meta-training hands on: the parameters with all else of ω.
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

/// A network all of whose weights adapt.
public struct NetworkModel: AdaptableModel {
  /// The network, all of whose parameters adapt.
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

/// Any model, where methods with different ones meet.
public struct AnyAdaptableModel: AdaptableModel {
  /// The model of whose parameters only some adapt.
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
