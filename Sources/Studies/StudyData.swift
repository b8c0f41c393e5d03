import Datasets
import Foundation
import Tasks

/// The task distributions of a study, proven disjoint: what is meta-trained on, selected on and tested on.
public struct StudyData: Sendable {
  /// One meta-test distribution with a name for tables.
  public struct Test: Sendable {
    /// `"unseen characters"`, `"unseen scripts"`.
    public let name: String
    /// The data sets in it.
    public let datasets: [String]
    /// Its tasks.
    public let tasks: TaskDistribution<MetaTest>
  }

  /// The data sets and their class splits.
  public let datasets: SplitDatasets
  /// Makes pixels of task descriptions.
  public let maker: EpisodeMaker
  /// What is trained on.
  public let metaTrain: TaskDistribution<MetaTrain>
  /// What is selected on.
  public let metaValidation: TaskDistribution<MetaValidation>
  /// What is tested on, once.
  public let metaTest: [Test]
  /// Height, width and channels of all images.
  public let imageShape: [Int]
  /// Classes that were left out of meta-training because a test class looks the same, as "data set: class".
  public let dropped: [String]

  /// Splits the classes of some data sets at random and keeps other data sets for meta-test as a whole.
  ///
  /// - Parameters:
  ///   - sources: data sets whose classes are split into meta-train, meta-validation and meta-test.
  ///   - heldOut: data sets that meta-training never sees.
  ///   - validationFraction: the share of a source's classes for meta-validation.
  ///   - testFraction: the share of a source's classes for meta-test.
  ///   - splitSeed: decides the split of classes; `seed` where it is `nil`.
  ///   - rotations: what becomes of quarter turns in meta-training; tests are drawn upright.
  /// - Throws: `TaskError` and `Leak` where the data cannot serve.
  public init(
    sources: [ImageDataset], heldOut: [ImageDataset], validationFraction: Double = 0.15, testFraction: Double = 0.25,
    shape: TaskShape, rotations: RotationPolicy, seed: UInt64,
    splitSeed: UInt64? = nil
  ) throws {
    var members: [SplitDatasets.Member] = try sources.map { dataset in
      let split = try ClassSplit.random(
        of: dataset, validationFraction: validationFraction, testFraction: testFraction, seed: splitSeed ?? seed)
      return .init(dataset: dataset, split: split)
    }
    members += heldOut.map { .init(dataset: $0, split: .whole($0, as: .metaTest)) }
    let checked = try SplitDatasets.droppingSharedClasses(members)
    var tests = [("unseen characters", sources.map(\.name))]
    if !heldOut.isEmpty { tests.append(("unseen scripts", heldOut.map(\.name))) }
    try self.init(
      checked.datasets, tests: tests, shape: shape, rotations: rotations, seed: seed,
      dropped: checked.dropped.map { "\($0.dataset): \($0.name)" })
  }

  /// Omniglot from its official archives, with the random split of 1,100 / 100 / 423 characters (Finn et al. 2017).
  ///
  /// - Parameter folder: contains `images_background.zip` and `images_evaluation.zip`.
  /// - Throws: `ReaderError` where the archives cannot be read, and `TaskError`.
  public init(omniglot folder: String, shape: TaskShape, rotations: RotationPolicy, seed: UInt64) throws {
    let archives = ["images_background.zip", "images_evaluation.zip"].map { folder + "/" + $0 }
    let dataset = try OmniglotReader.dataset(archives: archives)
    let split = try ClassSplit.omniglotRandom(of: dataset, seed: seed)
    try self.init(
      SplitDatasets([.init(dataset: dataset, split: split)]), tests: [("unseen characters", [dataset.name])], shape: shape,
      rotations: rotations, seed: seed, dropped: [])
  }

  private init(
    _ datasets: SplitDatasets, tests: [(name: String, datasets: [String])], shape: TaskShape, rotations: RotationPolicy,
    seed: UInt64, dropped: [String]
  ) throws {
    self.datasets = datasets
    maker = try datasets.episodeMaker()
    metaTrain = try TaskDistribution(
      sources: Self.large(datasets.pools(MetaTrain.self), for: shape), shape: shape, rotations: rotations, seed: seed)
    metaValidation = try TaskDistribution(
      sources: Self.large(datasets.pools(MetaValidation.self), for: shape), shape: shape, seed: seed)
    let pools = Self.large(datasets.pools(MetaTest.self), for: shape)
    metaTest = try tests.map { test in
      let sources = pools.filter { test.datasets.contains($0.dataset.name) }
      return Test(
        name: test.name, datasets: sources.map(\.dataset.name),
        tasks: try TaskDistribution(sources: sources, shape: shape, seed: seed))
    }
    imageShape = metaTrain.imageShape
    self.dropped = dropped
  }

  /// A part of checked data sets: some are trained and selected on, others tested on, each on its classes of that split.
  ///
  /// - Parameters:
  ///   - train: names of the data sets that are trained and selected on.
  ///   - tests: names of the data sets that are tested on, each by itself.
  ///   - seed: of the training tasks.
  ///   - testSeed: of the test tasks.
  init(
    _ datasets: SplitDatasets, train: Set<String>, tests: [String], shape: TaskShape, rotations: RotationPolicy, seed: UInt64,
    testSeed: UInt64, dropped: [String]
  ) throws {
    self.datasets = datasets
    maker = try datasets.episodeMaker()
    func pools<Split: SplitTag>(_ split: Split.Type) -> [ClassPool<Split>] {
      Self.large(datasets.pools(split).filter { train.contains($0.dataset.name) }, for: shape)
    }
    metaTrain = try TaskDistribution(sources: pools(MetaTrain.self), shape: shape, rotations: rotations, seed: seed)
    metaValidation = try TaskDistribution(sources: pools(MetaValidation.self), shape: shape, seed: seed)
    metaTest = try tests.map { name in
      let sources = datasets.pools(MetaTest.self).filter { $0.dataset.name == name }
      return Test(name: name, datasets: [name], tasks: try TaskDistribution(sources: sources, shape: shape, seed: testSeed))
    }
    imageShape = metaTrain.imageShape
    self.dropped = dropped
  }

  /// The pools that can fill a task; a small data set may leave too few classes for one of the splits.
  private static func large<Split: SplitTag>(_ pools: [ClassPool<Split>], for shape: TaskShape) -> [ClassPool<Split>] {
    let large = pools.filter { $0.distinguishableClasses >= shape.way }
    // With none left, the error should name what there is.
    return large.isEmpty ? pools : large
  }
}
