import Autodiff
import Bilevel
import Foundation
import Layers
import Optimizers
import Tensors

/// The outcome of adapting to one task.
public struct AdaptationResult: Sendable {
  /// The adapted parameters.
  public var parameters: ParameterTree
  /// Class probabilities `[query, way]`.
  public var probabilities: Tensor
  /// The share of query images classified rightly, in 0...1; meaningless where the labels are unknown.
  public var accuracy: Double
  /// The query loss after adaptation.
  public var queryLoss: Double
  /// The support loss before every inner step.
  public var supportLosses: [Double]
  /// The query accuracy before the first step and after every round, where it was asked for.
  public var accuracyCurve: [Double]
  /// Seconds of adaptation and prediction.
  public var seconds: Double
}

/// Adapts a model to a task by an inner loop, and classifies the query images. Nothing is kept for a later gradient.
///
/// - Parameters:
///   - start: the meta-learned parameters.
///   - curve: whether the query accuracy after every round is wanted, for a learning curve; costs one forward pass each.
/// - Throws: `BilevelError` where the inner loss is not finite.
public func adapt<Model: AdaptableModel>(
  _ model: Model, from start: ParameterTree, to task: FewShotTask, loop: InnerLoop, batchNorm: BatchNormPolicy,
  curve: Bool = false
) throws -> AdaptationResult {
  let problem = FewShotProblem(model, task: task, batchNorm: batchNorm)
  let clock = DispatchTime.now().uptimeNanoseconds
  var accuracyCurve: [Double] = []
  var seen = 0
  let stepsPerRound = max(1, loop.round.count)
  let (inner, losses) = try loop.run(problem, from: start.tensors, outer: start.tensors) { inner in
    if curve && seen % stepsPerRound == 0 {
      accuracyCurve.append(problem.outerLoss(inner, outer: start.tensors).report.accuracy)
    }
    seen += 1
  }
  let (loss, report) = problem.outerLoss(inner, outer: start.tensors)
  guard loss.item.isFinite else { throw BilevelError.diverged(what: "the query loss", step: losses.count) }
  let seconds = Double(DispatchTime.now().uptimeNanoseconds - clock) * 1e-9
  return AdaptationResult(
    parameters: start.with(inner), probabilities: report.logits.softmax(), accuracy: report.accuracy, queryLoss: loss.item,
    supportLosses: losses, accuracyCurve: accuracyCurve, seconds: seconds)
}
