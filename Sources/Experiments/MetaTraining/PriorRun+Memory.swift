import Bilevel
import MetaLearning
import Runs
import Tensors

extension PriorRun {
  /// The most memory that training will have resident, in bytes; see `Configuration.estimatedPeakMemory(data:threads:)`.
  ///
  /// - Throws: `BilevelError` where the losses of the first inner steps are not finite, and what making the model and the task throws.
  public func estimatedPeakMemory() throws -> Int { try configuration.estimatedPeakMemory(data: data, threads: threads) }
}

extension Configuration {
  /// The most memory that a meta-training will have resident, in bytes: tries a large task of the first stage, whose model is the larger
  /// one where there are two.
  ///
  /// - Throws: `BilevelError` where the losses of the first inner steps are not finite, and what making the model and the task throws.
  public func estimatedPeakMemory(data: StudyData, threads: Int) throws -> Int {
    let stage = try stagePlan(imageShape: data.imageShape).first
    let start = stage.trainer.model.layout.initialParameters(seed: seed)
    let task = try data.trainingTask(data.largestTask, for: stage.trainer.model)
    let estimate = try stage.trainer.memoryEstimate(start, count: stage.metaBatch, task: task)
    return estimate.peak(tasks: min(threads, stage.metaBatch))
  }
}
