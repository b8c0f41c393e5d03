import ArchPrior
import Foundation
import Testing

/// A small data set of made-up classes: a random pattern each, with noise on every image.
func syntheticDataset(name: String = "synthetic", classes: Int = 24, images: Int = 12, side: Int = 12, seed: UInt64 = 5) throws
  -> ImageDataset
{
  var pixels: [UInt8] = []
  for index in 0..<classes {
    var generator = Philox(seed: seed, stream: "synthetic/\(name)", index: UInt64(index))
    let pattern = (0..<side * side).map { _ in generator.nextInt(below: 160) }
    for _ in 0..<images {
      pixels += pattern.map { UInt8($0 + generator.nextInt(below: 96)) }
    }
  }
  let entries = (0..<classes).map { ImageDataset.ImageClass(name: "class\($0)", group: name, count: images) }
  return try #require(
    ImageDataset(name: name, height: side, width: side, channels: 1, classes: entries, pixels: pixels))
}

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

/// A folder that is removed with its contents.
final class ScratchFolder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "archprior-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
