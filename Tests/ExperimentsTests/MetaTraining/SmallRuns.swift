import ArchPrior
import TestSupport

/// A configuration small enough for a test.
func smallConfiguration() -> Configuration {
  var configuration = Configuration()
  configuration.name = "small"
  configuration.seed = 3
  configuration.task.way = 3
  configuration.task.query = 3
  configuration.space.stem = .pooledOnce
  configuration.space.channels = 2
  configuration.space.nodes = 2
  configuration.inner.steps = 2
  configuration.inner.testSteps = 2
  configuration.outer.metaBatch = 3
  configuration.budget.tasks = 12
  configuration.decoded.tasks = 9
  configuration.decoded.steps = 2
  configuration.decoded.testSteps = 2
  configuration.decoded.metaBatch = 3
  configuration.evaluation.validationEvery = 6
  configuration.evaluation.validationTasks = 4
  configuration.checkpointEvery = 3
  return configuration
}

/// The study data of the synthetic data set for a configuration.
func syntheticData(_ configuration: Configuration) throws -> StudyData {
  try StudyData(
    sources: [syntheticDataset()], heldOut: [],
    shape: TaskShape(way: configuration.task.way, shot: configuration.task.shot, queriesPerClass: configuration.task.query),
    rotations: .perClass, seed: configuration.seed)
}
