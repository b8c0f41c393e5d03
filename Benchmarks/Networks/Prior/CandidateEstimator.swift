import ArchPrior

/// Judges a genotype by training it for a number of steps on copies of some support images: minus the cross-entropy of copies that it was
/// not trained on.
struct CandidateEstimator: PerformanceEstimator {
  let space: DARTSSpace
  let training: ScratchTraining
  /// What candidates are trained on.
  let images: WarpedCopies
  /// What they are judged by.
  let judging: LabelledImages
  /// Steps a candidate.
  let steps: Int
  let deadline: Deadline
  let seed: UInt64

  var epochs: [Int] { [steps] }

  /// Why a candidate has no score.
  enum Failure: Error, CustomStringConvertible {
    case noTime, diverged

    var description: String {
      switch self {
      case .noTime: "the time does not suffice for another candidate"
      case .diverged: "the training loss became infinite"
      }
    }
  }

  /// - Throws: `GenotypeError` and ``Failure``.
  func estimate(_ genotype: Genotype, epochs: Int) throws -> PerformanceEstimate {
    let clock = deadline.part(1)
    let trained = training.train(
      try GenotypeNetwork(genotype, in: space), on: images, steps: epochs, until: clock, seed: seed)
    guard trained.isComplete else { throw trained.steps < epochs ? Failure.noTime : Failure.diverged }
    let loss = softmaxCrossEntropy(trained.logits(judging.images), targets: judging.targets).item
    return PerformanceEstimate(score: -loss, seconds: clock.elapsed)
  }
}
