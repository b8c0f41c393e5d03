import Datasets
import Foundation

/// Where a run's numbers come from: program, seed, data and machine.
public struct Provenance: Sendable, Codable, Equatable {
  /// A data set that the run read.
  public struct Dataset: Sendable, Codable, Equatable {
    /// The data set's name.
    public var name: String
    /// The SHA-256 of the pack or of the files that it was read from.
    public var sha256: String
    /// How pictures become images like those of the data set, the run's own size and channels included; `nil` in old runs.
    public var reading: PictureReading?
    /// Classes that the run is trained on, 0 for a data set that is held out; `nil` in old runs.
    public var trainingClasses: Int?

    /// A data set with its checksum.
    public init(name: String, sha256: String, reading: PictureReading? = nil, trainingClasses: Int? = nil) {
      self.name = name
      self.sha256 = sha256
      self.reading = reading
      self.trainingClasses = trainingClasses
    }

    /// Whether both are the same images; how pictures are read is not part of that.
    public func isSameData(as other: Dataset) -> Bool { name == other.name && sha256 == other.sha256 }
  }

  /// ArchPrior's version.
  public var version: String
  /// The command line.
  public var command: [String]
  /// The seed of the configuration.
  public var seed: UInt64
  /// The digest of the configuration, see `Configuration.digest`.
  public var configurationDigest: String
  /// The data sets that the run read.
  public var datasets: [Dataset]
  /// Where the run started.
  public var machine: Machine
  /// When the run started, as ISO 8601 in UTC.
  public var startedAt: String

  /// The provenance of a run, with the seed and the digest of its configuration.
  ///
  /// - Parameters:
  ///   - configuration: the run's configuration.
  ///   - datasets: the data sets that the run reads.
  ///   - machine: where the run starts.
  ///   - version: ArchPrior's version.
  ///   - command: the command line.
  ///   - date: when the run started.
  public init(
    configuration: Configuration, datasets: [Dataset], machine: Machine, version: String = ArchPriorVersion.current,
    command: [String] = CommandLine.arguments, date: Date = Date()
  ) {
    self.version = version
    self.command = command
    seed = configuration.seed
    configurationDigest = configuration.digest
    self.datasets = datasets
    self.machine = machine
    startedAt = date.formatted(.iso8601)
  }
}

/// The version of ArchPrior.
public enum ArchPriorVersion {
  /// The version of this build.
  public static let current = "0.1.0"
}
