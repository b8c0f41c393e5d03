import Autodiff
import Bilevel
import Layers
import Optimizers
import Tensors

/// Few-shot adaptation as a bilevel problem: ω is the shared start, s the task's own parameters, g the loss on the support set and f the
/// loss on the query set (Finn et al. 2017, eq. 1).
public struct FewShotProblem<Model: AdaptableModel>: BilevelProblem {
  /// What happened on the query set.
  public struct Report: Sendable {
    /// Class scores `[query, way]`.
    public var logits: Tensor
    /// The share of query images classified rightly, in 0...1.
    public var accuracy: Double
  }

  public let model: Model
  public let task: FewShotTask
  public let batchNorm: BatchNormPolicy

  public init(_ model: Model, task: FewShotTask, batchNorm: BatchNormPolicy) {
    self.model = model
    self.task = task
    self.batchNorm = batchNorm
  }

  public func initialInner(_ outer: [Tensor]) -> [Tensor] { outer }

  public func innerLoss(_ inner: [Tensor], outer: [Tensor]) -> Tensor {
    softmaxCrossEntropy(model.logits(inner, images: task.supportImages, context: .batch), targets: task.supportTargets)
  }

  public func outerLoss(_ inner: [Tensor], outer: [Tensor]) -> (loss: Tensor, report: Report) {
    let logits = queryLogits(inner)
    let loss = softmaxCrossEntropy(logits, targets: task.queryTargets)
    let plain = logits.stopGradient()
    let right = zip(plain.rowArgmax, task.queryLabels).count { $0 == $1 }
    return (loss, Report(logits: plain, accuracy: Double(right) / Double(max(1, task.queryLabels.count))))
  }

  public func validate(outer: [Tensor]) throws {
    for (index, entry) in model.layout.entries.enumerated() where index >= outer.count || outer[index].shape != entry.shape {
      throw BilevelError.shape(
        parameter: entry.name, shape: index < outer.count ? outer[index].shape.array : nil, expected: entry.shape.array)
    }
  }

  public func innerName(_ index: Int) -> String { model.layout.entries[index].name }
  public func outerName(_ index: Int) -> String { model.layout.entries[index].name }

  /// Class scores of the query images under the batch norm policy.
  public func queryLogits(_ parameters: [Tensor]) -> Tensor {
    switch batchNorm {
    case .transductive:
      return model.logits(parameters, images: task.queryImages, context: .batch)
    case .supportStatistics:
      let support = task.supportImages.shape[0]
      let images = concatenate([task.supportImages, task.queryImages], axis: 0)
      let logits = model.logits(parameters, images: images, context: ForwardContext(statisticsImages: support))
      return logits.slice(axis: 0, from: support, count: logits.shape[0] - support)
    }
  }
}
