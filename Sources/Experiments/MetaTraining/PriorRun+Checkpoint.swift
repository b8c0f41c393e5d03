import MetaLearning
import Runs

extension PriorRun {
  /// Takes a checkpoint apart as training does, without training.
  ///
  /// - Returns: tasks of every stage that was begun.
  /// - Throws: `CheckpointError` where it does not fit the configuration's models, `GenotypeError` for a text that is not a genotype.
  package static func stages(
    of checkpoint: Checkpoint, _ configuration: Configuration, imageShape: [Int]
  ) throws -> [String: Int] {
    var tasks: [String: Int] = [:]
    func load(_ stage: PriorStage) throws {
      tasks[stage.name] = try stage.load(from: checkpoint, seed: configuration.seed)?.tasksSeen
      _ = try stage.partialPoint(in: checkpoint)
    }
    try load(configuration.stagePlan(imageShape: imageShape).first)
    if let genotype = try genotype(in: checkpoint) { try load(configuration.decodedStage(genotype, imageShape: imageShape)) }
    return tasks
  }
}
