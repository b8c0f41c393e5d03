import Autodiff
import Basics
import Bilevel
import Foundation
import NeuralNetworks
import Tensors

/// A task with so many classes that adapting to groups of them would take too long.
public struct TooManyClasses: ReportableError {
  /// The classes of the task.
  public var way: Int
  /// The classes that the model has outputs for.
  public var outputs: Int

  /// A task of too many classes for a model.
  public init(way: Int, outputs: Int) { (self.way, self.outputs) = (way, outputs) }

  /// Both numbers of classes, and what to do.
  public var fault: Fault {
    Fault(
      "a model with outputs for \(outputs) classes would have to be adapted more than \(ClassGroups.limit) times for \(way)",
      help: "use a proto-net run, or meta-train with a larger task.way")
  }
}

/// Adapts a model that has outputs for some number of classes to a task of any number of them, and classifies its query images.
///
/// - A task of as many classes is adapted to as it is, and so is every task of a model without outputs (prototypes).
/// - With fewer classes, further outputs stay unused: they are never right in the inner loop, as in training tasks of `task.train_way`,
///   and the probabilities are only those of the task's classes.
/// - With more, the model is adapted to groups of as many classes as it has outputs, so chosen that every two classes meet in at least one
///   group; each group says of two of its classes which is the likelier one, and the pairs are coupled (``ClassGroups/coupled(_:)``). The
///   model is used as it was trained, where a larger head would be a stranger to its inner loop (docs/adapting.md has the numbers).
///
/// - Parameters:
///   - model: what is adapted.
///   - start: the meta-learned parameters.
///   - task: labelled support images of any number of classes, and the query images to classify.
///   - loop: the inner loop: its steps, rates and optimiser.
///   - batchNorm: which images the statistics come from when query images are classified.
///   - batch: support images of an inner step, taken in turn; `nil` for all of them.
///   - outputs: how many classes the model has outputs for.
/// - Returns: as ``adapt(_:from:to:loop:batchNorm:batch:curve:)``; with groups, the adapted parameters are those of the first
///   group, the support losses are means over the groups, and there is no curve.
/// - Throws: `BilevelError` where an inner loss is not finite, ``TooManyClasses``.
public func adapt<Model: AdaptableModel>(
  _ model: Model, from start: ParameterTree, to task: FewShotTask, loop: InnerLoop, batchNorm: BatchNormPolicy,
  batch: Int? = nil, outputs: Int
) throws -> AdaptationResult {
  guard model.hasClassOutputs, task.way != outputs else {
    return try adapt(model, from: start, to: task, loop: loop, batchNorm: batchNorm, batch: batch)
  }
  if task.way < outputs {
    var result = try adapt(
      model, from: start, to: task.of(classes: Array(0..<task.way), way: outputs), loop: loop, batchNorm: batchNorm, batch: batch)
    let rows = result.probabilities.rows.map { row -> [Double] in
      let kept = row.prefix(task.way)
      let total = kept.reduce(0, +)
      return total > 0 ? kept.map { $0 / total } : Array(repeating: 1 / Double(task.way), count: task.way)
    }
    result.classify(task, rows)
    return result
  }
  guard let groups = ClassGroups(classes: task.way, size: outputs) else {
    throw TooManyClasses(way: task.way, outputs: outputs)
  }
  let results = try groups.groups.map { group in
    try adapt(
      model, from: start, to: task.of(classes: group, way: outputs), loop: loop, batchNorm: batchNorm, batch: batch)
  }
  var result = results[0]
  let rows = results.map { $0.probabilities.rows }
  result.seconds = results.reduce(0) { $0 + $1.seconds }
  result.supportLosses = result.supportLosses.indices.map { step in
    results.reduce(0) { $0 + $1.supportLosses[step] } / Double(results.count)
  }
  result.classify(task, (0..<task.queryImages.shape[0]).map { image in groups.coupled(rows.map { $0[image] }) })
  return result
}

extension AdaptationResult {
  /// Puts other probabilities in the place of the result's.
  fileprivate mutating func classify(_ task: FewShotTask, _ rows: [[Double]]) {
    probabilities = Tensor(
      shape: [rows.count, task.way], converting: rows.flatMap(\.self), to: task.supportImages.elementType)
    accuracy = NeuralNetworks.accuracy(of: probabilities, task.queryLabels)
    // The likelihood of a class may round to 0.
    queryLoss =
      -zip(rows, task.queryLabels).reduce(0) { $0 + log(max($1.0[$1.1], 1e-30)) } / Double(max(1, rows.count))
    accuracyCurve = []
  }
}

extension Tensor {
  /// The rows of a matrix.
  fileprivate var rows: [[Double]] {
    let (values, width) = (doubles, shape[1])
    return (0..<shape[0]).map { Array(values[$0 * width..<($0 + 1) * width]) }
  }
}

extension FewShotTask {
  /// The task with some of its classes, all query images, and room for `way` classes; query labels of other classes stand as 0.
  fileprivate func of(classes: [Int], way: Int) -> FewShotTask {
    let labels = supportTargets.rowArgmax
    let rows = classes.map { label in labels.indices.filter { labels[$0] == label } }
    let places = Dictionary(zip(classes, classes.indices)) { first, _ in first }
    return FewShotTask(
      supportImages: concatenate(rows.flatMap { $0.map { supportImages.slice(axis: 0, from: $0, count: 1) } }, axis: 0),
      supportLabels: rows.enumerated().flatMap { place, images in images.map { _ in place } }, queryImages: queryImages,
      queryLabels: queryLabels.map { places[$0] ?? 0 }, way: way)
  }
}
