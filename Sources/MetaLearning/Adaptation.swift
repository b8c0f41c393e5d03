import Autodiff
import Bilevel
import Foundation
import NeuralNetworks
import Tensors

/// The outcome of adapting to one task.
public struct AdaptationResult: Sendable {
  /// The adapted parameters, with those of ω that do not adapt as they were.
  public var parameters: ParameterTree
  /// Class probabilities `[query, way]`.
  public var probabilities: Tensor
  /// The share of query images that are classified correctly, in 0...1; meaningless where the labels are unknown.
  public var accuracy: Double
  /// The query loss after adaptation.
  public var queryLoss: Double
  /// The support loss before every inner step.
  public var supportLosses: [Double]
  /// The query accuracy before the first step and after every round, where it was asked for.
  public var accuracyCurve: [Double]
  /// The time that adaptation and prediction took, in seconds.
  public var seconds: Double
}

/// Adapts a model to a task by an inner loop, and classifies the query images. Nothing is kept for a later gradient.
///
/// - Parameters:
///   - model: what is adapted.
///   - start: the meta-learned parameters.
///   - task: labelled support images, and the query images to classify.
///   - loop: the inner loop: its steps, rates and optimiser.
///   - batchNorm: which images the statistics come from when query images are classified.
///   - batch: support images of an inner step, taken in turn; `nil` for all of them.
///   - curve: whether the query accuracy after every round is wanted, for a learning curve; costs one forward pass each.
/// - Throws: `BilevelError` where the inner loss is not finite.
public func adapt<Model: AdaptableModel>(
  _ model: Model, from start: ParameterTree, to task: FewShotTask, loop: InnerLoop, batchNorm: BatchNormPolicy,
  batch: Int? = nil, curve: Bool = false
) throws -> AdaptationResult {
  let problem = FewShotProblem(model, task: task, batchNorm: batchNorm, batch: batch)
  let clock = DispatchTime.now().uptimeNanoseconds
  var accuracyCurve: [Double] = []
  var seen = 0
  let stepsPerRound = max(1, loop.round.count)
  let outer = start.tensors
  let (inner, losses) = try loop.run(problem, from: problem.initialInner(outer), outer: outer) { inner in
    if curve && seen % stepsPerRound == 0 {
      let round = max(0, seen / stepsPerRound - 1)
      accuracyCurve.append(problem.outerLoss(inner, outer: outer, round: round).report.accuracy)
    }
    seen += 1
  }
  let (loss, report) = problem.outerLoss(inner, outer: outer, round: max(0, losses.count / stepsPerRound - 1))
  guard loss.item.isFinite else { throw BilevelError.diverged(what: "the query loss", step: losses.count) }
  let seconds = Double(DispatchTime.now().uptimeNanoseconds - clock) * 1e-9
  return AdaptationResult(
    parameters: start.with(inner + outer.dropFirst(inner.count)), probabilities: report.logits.softmax(),
    accuracy: report.accuracy, queryLoss: loss.item,
    supportLosses: losses, accuracyCurve: accuracyCurve, seconds: seconds)
}
