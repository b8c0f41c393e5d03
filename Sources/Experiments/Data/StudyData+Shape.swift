import Datasets

extension StudyData {
  /// The meta-test distributions with tasks of another shape: the same data sets, classes and seed.
  ///
  /// - Returns: the distributions, and what has too few images or classes for such tasks, a line each.
  /// - Throws: `TaskError` where no data set suffices.
  public func tests(shape: TaskShape, seed: UInt64) throws -> (tests: [Test], leftOut: [String]) {
    var leftOut: [String] = []
    let tests = try Self.tests(testGroups, of: datasets, shape: shape, seed: seed, &leftOut)
    return (tests, leftOut)
  }

  /// The meta-validation distribution with tasks of another shape.
  ///
  /// - Throws: `TaskError` where no data set suffices.
  public func validation(
    shape: TaskShape, seed: UInt64
  ) throws -> (tasks: TaskDistribution<MetaValidation>, leftOut: [String]) {
    var leftOut: [String] = []
    let names = Set(metaValidation.sources.map(\.dataset.name))
    let pools = datasets.pools(MetaValidation.self).filter { names.contains($0.dataset.name) }
    let tasks = try TaskDistribution(sources: Self.usable(pools, shape, &leftOut), shape: shape, seed: seed)
    return (tasks, leftOut)
  }

  static func tests(
    _ groups: [(name: String, datasets: [String])], of datasets: SplitDatasets, shape: TaskShape, seed: UInt64,
    _ leftOut: inout [String]
  ) throws -> [Test] {
    let pools = usable(datasets.pools(MetaTest.self), shape, &leftOut)
    return try groups.map { group in
      let sources = pools.filter { group.datasets.contains($0.dataset.name) }
      return Test(
        name: group.name, datasets: sources.map(\.dataset.name),
        tasks: try TaskDistribution(sources: sources, shape: shape, seed: seed))
    }
  }
}
