import Basics
import Datasets
import Foundation
import Reports
import Runs

/// The cells of a study's grid: one meta-training run each.
public struct StudyGrid: Sendable {
  /// A run and what it is tested on.
  public struct Cell: Sendable {
    /// What is meta-trained.
    public var method: StudyConfiguration.Method
    /// Determines the meta-training.
    public var seed: UInt64
    /// What is trained on, in words.
    public var training: String
    /// The data sets that are trained on.
    public var sources: [String]
    /// The data sets that are tested on.
    public var tests: [String]
    /// The name of the run's folder.
    public var folder: String
    /// The run's configuration.
    public var configuration: Configuration

    /// What the folder is named after.
    var name: String { "\(method.name)--\(training)--seed-\(seed)" }

    /// What the meta-training saw, seen from a test data set.
    public func regime(test: String) -> StudyResults.Regime {
      if !method.configuration.isMetaTrained { return .nothing }
      if !sources.contains(test) { return sources.count == 1 && tests.count > 1 ? .oneOther : .allOthers }
      return sources.count == 1 ? .itself : .everything
    }
  }

  /// What the grid is made of.
  public let study: StudyConfiguration
  /// The runs, in the order of work.
  public let cells: [Cell]

  /// The grid of a study, in the order of work: all cells of the first seed come first, so that a study which is stopped has whole parts.
  public init(_ study: StudyConfiguration) {
    self.study = study
    cells = Self.withOwnFolders(
      study.seeds.flatMap { seed in
        study.methods.flatMap { method in
          Self.trainings(study, method).map { training, sources, tests in
            Self.cell(study, method, seed, training, sources, tests)
          }
        }
      })
  }

  /// Where names differ only in what folders cannot have, such as "T nas" and "T-nas", those that had to be changed get a digest as well.
  private static func withOwnFolders(_ cells: [Cell]) -> [Cell] {
    let groups = Dictionary(grouping: cells.indices) { cells[$0].folder.precomposedStringWithCanonicalMapping.lowercased() }
    var result = cells
    for group in groups.values where group.count > 1 {
      let plain = group.first { cells[$0].name == cells[$0].folder }
      for index in group where index != plain {
        result[index].folder += "-" + SHA256.hex(Array(cells[index].name.utf8)).prefix(8)
      }
    }
    return result
  }

  private static func trainings(
    _ study: StudyConfiguration, _ method: StudyConfiguration.Method
  ) -> [(String, [String], [String])] {
    // Random weights do not depend on what they are not trained on.
    if !method.configuration.isMetaTrained { return [("nothing", study.datasets, study.datasets)] }
    return study.train.flatMap { training -> [(String, [String], [String])] in
      switch training {
      case .leaveOneOut: study.datasets.map { test in ("all but \(test)", study.datasets.filter { $0 != test }, [test]) }
      case .each: study.datasets.map { ($0, [$0], study.datasets) }
      case .all: [("all", study.datasets, study.datasets)]
      }
    }
  }

  private static func cell(
    _ study: StudyConfiguration, _ method: StudyConfiguration.Method, _ seed: UInt64, _ training: String, _ sources: [String],
    _ tests: [String]
  ) -> Cell {
    let folder = "\(method.name)--\(training)--seed-\(seed)".map { character in
      character.isLetter || character.isNumber || "-._+".contains(character) ? character : "-"
    }
    var configuration = method.configuration
    configuration.name = String("\(study.name): \(method.name), \(training)".prefix(100))
    configuration.seed = seed
    configuration.threads = 1
    configuration.data.sources = sources
    configuration.data.splitSeed = study.splitSeed
    configuration.data.imageSize = study.imageSize
    if !method.configuration.isMetaTrained {
      configuration.budget.tasks = 1
      configuration.outer.metaBatch = 1
    }
    return Cell(
      method: method, seed: seed, training: training, sources: sources, tests: tests, folder: String(folder),
      configuration: configuration)
  }
}

/// The data sets of a study, split and checked once for all of its cells.
struct GridData: Sendable {
  let datasets: SplitDatasets
  /// Classes left out of training, as "data set: class".
  let dropped: [String]
  let provenance: [Provenance.Dataset]

  /// Reads the data sets and makes them uniform; drops training classes that look like a test class of any data set.
  ///
  /// - Throws: the errors of readers, `TaskError` and `Leak`.
  init(_ study: StudyConfiguration) throws {
    let loaded = try study.datasets.map { try NamedDataset.load($0) }
    let channels = study.channels ?? (loaded.contains { $0.channels == 3 } ? 3 : 1)
    try MemoryNeed(loaded, side: study.imageSize, channels: channels).check(available: MemoryNeed.physical)
    for method in study.methods {
      try method.configuration.checkNetwork(imageShape: [study.imageSize, study.imageSize, channels])
    }
    // The methods of a study agree on these keys.
    let data = study.methods[0].configuration.data
    let members = try loaded.map { dataset -> SplitDatasets.Member in
      let uniform = dataset.uniform(height: study.imageSize, width: study.imageSize, channels: channels, fit: data.fit)
      return .init(dataset: uniform, split: try data.split(of: uniform, seed: study.splitSeed))
    }
    try data.checkSplit(members.map(\.dataset))
    let checked = try SplitDatasets.droppingSharedClasses(members)
    datasets = checked.datasets
    dropped = checked.dropped.map { "\($0.dataset): \($0.name)" }
    provenance = members.map(\.provenance)
  }

  /// The part of the data that a cell is trained and tested on.
  ///
  /// - Throws: `TaskError` where it does not suffice.
  func part(of cell: StudyGrid.Cell, study: StudyConfiguration, shot: Int) throws -> StudyData {
    try StudyData(
      datasets, train: Set(cell.sources), tests: cell.tests, shape: shape(cell, shot: shot),
      rules: cell.configuration.trainingRules(), seed: cell.seed, testSeed: study.splitSeed,
      dropped: dropped)
  }

  private func shape(_ cell: StudyGrid.Cell, shot: Int) throws -> TaskShape {
    let task = cell.configuration.task
    return try TaskShape(way: task.way, shot: shot, queriesPerClass: task.query)
  }
}
