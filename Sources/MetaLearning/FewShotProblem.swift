import Autodiff
import Bilevel
import NeuralNetworks
import Tensors

/// Few-shot adaptation as a bilevel problem: ω is what is shared, s the task's own parameters, started from the first tensors of ω, g the
/// loss on the support set and f the loss on the query set (Finn et al. 2017, eq. 1).
public struct FewShotProblem<Model: AdaptableModel>: BilevelProblem {
  /// What happened on the query set.
  public struct Report: Sendable {
    /// Class scores `[query, way]`.
    public var logits: Tensor
    /// The share of query images that are classified correctly, in 0...1.
    public var accuracy: Double
  }

  /// The model that adapts.
  public let model: Model
  /// Support images for the inner loss, query images for the outer one.
  public let task: FewShotTask
  /// Whose statistics normalise the query images.
  public let batchNorm: BatchNormPolicy
  /// Support images in the mini-batch of an inner step, taken in turn; `nil` for all of them.
  public let batch: Int?

  /// The problem of one task.
  ///
  /// - Parameters:
  ///   - model: what adapts, and how it classifies.
  ///   - task: support and query set.
  ///   - batchNorm: whose statistics normalise the query images.
  ///   - batch: support images of an inner step, taken in turn; `nil` for all of them.
  public init(_ model: Model, task: FewShotTask, batchNorm: BatchNormPolicy, batch: Int? = nil) {
    self.model = model
    self.task = task
    self.batchNorm = batchNorm
    self.batch = batch
  }

  /// The first ``AdaptableModel/adaptedCount`` tensors of ω.
  public func initialInner(_ outer: [Tensor]) -> [Tensor] { Array(outer.prefix(model.adaptedCount)) }

  /// The support loss of the first round.
  public func innerLoss(_ inner: [Tensor], outer: [Tensor]) -> Tensor { innerLoss(inner, outer: outer, round: 0) }

  /// The cross-entropy on the support images of a round; never reads the query set.
  public func innerLoss(_ inner: [Tensor], outer: [Tensor], round: Int) -> Tensor {
    let (images, targets) = task.support(batch: batch, round: round)
    let logits = model.logits(all(inner, outer), images: images, context: ForwardContext(round: round))
    return softmaxCrossEntropy(logits, targets: targets)
  }

  /// The query loss with what the first round uses of the model.
  public func outerLoss(_ inner: [Tensor], outer: [Tensor]) -> (loss: Tensor, report: Report) {
    outerLoss(inner, outer: outer, round: 0)
  }

  /// The cross-entropy on the query set under the batch norm policy, with scores and accuracy as a report.
  public func outerLoss(_ inner: [Tensor], outer: [Tensor], round: Int) -> (loss: Tensor, report: Report) {
    let logits = model.queryLogits(all(inner, outer), task: task, batchNorm: batchNorm, round: round)
    let loss = softmaxCrossEntropy(logits, targets: task.queryTargets)
    let plain = logits.stopGradient()
    return (loss, Report(logits: plain, accuracy: accuracy(of: plain, task.queryLabels)))
  }

  /// Compares ω with the model's layout; further tensors are not looked at.
  ///
  /// - Throws: `BilevelError.shape` for the first tensor that is missing or has another shape.
  public func validate(outer: [Tensor]) throws {
    for (index, entry) in model.layout.entries.enumerated() where index >= outer.count || outer[index].shape != entry.shape {
      throw BilevelError.shape(
        parameter: entry.name, shape: index < outer.count ? outer[index].shape.array : nil, expected: entry.shape.array)
    }
  }

  /// The name in the model's layout: what adapts comes first in it.
  public func innerName(_ index: Int) -> String { model.layout.entries[index].name }
  /// The name in the model's layout.
  public func outerName(_ index: Int) -> String { model.layout.entries[index].name }

  /// Class scores `[query, way]` of the query images under the batch norm policy.
  ///
  /// - Parameter parameters: all of the model's.
  public func queryLogits(_ parameters: [Tensor]) -> Tensor {
    model.queryLogits(parameters, task: task, batchNorm: batchNorm, round: 0)
  }

  /// The model's parameters: what adapts, then what is only read.
  private func all(_ inner: [Tensor], _ outer: [Tensor]) -> [Tensor] {
    // Copying a list means counting references to each of its tensors.
    outer.count <= model.adaptedCount ? inner : inner + outer.dropFirst(model.adaptedCount)
  }
}
