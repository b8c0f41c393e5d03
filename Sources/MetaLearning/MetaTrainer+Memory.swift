import Bilevel
import NeuralNetworks
import Tensors

extension MetaTrainer {
  /// Tensors of the size of all meta-parameters that are alive in an outer step besides the tasks' own: parameters and two moments before
  /// and after, the summed gradient, and what the optimiser works with.
  private static var outerCopies: Int { 10 }

  /// How much memory outer steps will take, from a task that is tried; see `MemoryEstimate`.
  ///
  /// - Parameters:
  ///   - parameters: the meta-parameters that the task is tried with.
  ///   - count: tasks in a batch.
  ///   - task: one like those to come.
  /// - Returns: the estimate; its peak is that of as many tasks at once as there are threads.
  /// - Throws: `BilevelError` where the losses of the first inner steps are not finite.
  public func memoryEstimate(_ parameters: ParameterTree, count: Int, task: FewShotTask) throws -> MemoryEstimate {
    // The most that any time of the training asks for: losses after every step come first, second derivatives last.
    let (loop, estimator) = (settings(at: 0).loop, settings(at: 1).estimator)
    let problem = FewShotProblem(model, task: trainsOnQuery ? task.merged : task, batchNorm: batchNorm, batch: batch)
    var estimate = try estimator.memoryEstimate(of: problem, loop: loop, at: parameters.tensors, inBatch: count > 1)
    let size = parameters.tensors.reduce(0) { $0 + $1.count * $1.elementType.byteCount }
    estimate.shared = size * (count + Self.outerCopies)
    return estimate
  }
}
