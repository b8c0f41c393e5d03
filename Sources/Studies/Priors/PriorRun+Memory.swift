import Bilevel
import MetaLearning
import Runs

extension PriorRun {
  /// The most memory that training will have resident, in bytes: tries a large task of the run's first stage, whose model is the larger
  /// one where there are two.
  ///
  /// - Throws: `BilevelError` where the losses of the first inner steps are not finite, and what making the model and the task throws.
  public func estimatedPeakMemory() throws -> Int {
    switch configuration.method {
    case .tNAS: return try peak(of: configuration.priorStage(imageShape: data.imageShape))
    case .maml, .anil, .metaSGD, .mamlPlusPlus, .iMAML, .reptile, .protoNet, .fineTune:
      return try peak(of: configuration.networkStage(imageShape: data.imageShape))
    }
  }

  private func peak(of stage: PriorStage<some AdaptableModel>) throws -> Int {
    let start = stage.trainer.model.layout.initialParameters(seed: configuration.seed)
    let task = try data.trainingTask(data.largestTask, for: stage.trainer.model)
    let estimate = try stage.trainer.memoryEstimate(start, count: stage.metaBatch, task: task)
    return estimate.peak(tasks: min(threads, stage.metaBatch))
  }
}
