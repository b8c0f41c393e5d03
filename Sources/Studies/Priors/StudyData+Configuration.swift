import Datasets
import Foundation
import Runs
import Tasks

extension StudyData {
  /// The data that a configuration asks for: Omniglot in a folder, or packs by name.
  ///
  /// - Throws: `CatalogError`, `PackError`, `ReaderError`, `TaskError` and `Leak`.
  public init(_ configuration: Configuration) throws {
    let data = configuration.data
    let shape = try TaskShape(
      way: configuration.task.way, shot: configuration.task.shot, queriesPerClass: configuration.task.query)
    let rotations: RotationPolicy = data.rotations ? .perClass : .none
    if let folder = data.path {
      try self.init(omniglot: folder, shape: shape, rotations: rotations, seed: configuration.seed)
      return
    }
    let catalog = DatasetCatalog()
    let names =
      data.sources.isEmpty
      ? catalog.list().map(\.name).filter { !data.holdoutSources.contains($0) } : data.sources
    func load(_ names: [String]) throws -> [ImageDataset] {
      try names.map { name in
        let dataset = try catalog.load(name).dataset
        guard let size = data.imageSize else { return dataset }
        return dataset.resized(height: size, width: size, channels: dataset.channels)
      }
    }
    try self.init(
      sources: load(names), heldOut: load(data.holdoutSources), validationFraction: data.validationFraction,
      testFraction: max(0, 1 - data.trainFraction - data.validationFraction), shape: shape, rotations: rotations,
      seed: configuration.seed, splitSeed: data.splitSeed)
  }
}
