import Basics
import Datasets
import Foundation
import Runs
import Tensors

extension PriorRun {
  /// A new run in a folder, with the data sets that its configuration names.
  ///
  /// - Parameters:
  ///   - configuration: names the data sets and says how to train.
  ///   - folder: made if there is none; must not hold a run or other files, unless `existing` says otherwise.
  ///   - existing: what to do with a run that is already there.
  ///   - threads: worker threads; no result depends on them. As many as the configuration says where it is `nil`.
  /// - Throws: `RunError` where the folder cannot serve, and the errors of the data sets.
  public init(
    _ configuration: Configuration, in folder: String, existing: RunDirectory.Existing = .refuse, threads: Int? = nil
  ) throws {
    let data = try StudyData(configuration)
    let provenance = Provenance(
      configuration: configuration, datasets: data.provenance, machine: Machine.current(kernels: KernelLevel.name))
    let run = try RunDirectory.create(at: folder, configuration: configuration, provenance: provenance, existing: existing)
    let wanted = threads ?? configuration.threads
    self.init(
      configuration: configuration, data: data, run: run,
      threads: wanted > 0 ? wanted : max(1, ProcessInfo.processInfo.activeProcessorCount))
  }
}

extension StudyData {
  /// Names and digests of the data sets, as a run keeps them.
  public var provenance: [Provenance.Dataset] {
    datasets.members.map(\.provenance)
  }
}

extension SplitDatasets.Member {
  /// Name, digest and rule of reading, as a run keeps them.
  var provenance: Provenance.Dataset {
    .init(
      name: dataset.name, sha256: SHA256.hex(dataset.pixels), reading: dataset.reading ?? .assumed(for: dataset),
      trainingClasses: split.metaTrain.count)
  }
}
