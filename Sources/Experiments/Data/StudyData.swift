import Datasets
import Foundation

/// The task distributions of a study, proven disjoint: what is meta-trained on, selected on and tested on.
public struct StudyData: Sendable {
  /// One meta-test distribution with a name for tables.
  public struct Test: Sendable {
    /// `"unseen characters"` and `"unseen scripts"` of writing, `"unseen classes"` and `"unseen data sets"` of anything else.
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
  /// The shape of the tasks for selection and tests; its ways are the outputs of networks.
  public let shape: TaskShape
  /// Height, width and channels of all images.
  public let imageShape: [Int]
  /// Classes that were left out of meta-training because a test class looks the same, as "data set: class".
  public let dropped: [String]
  /// What has too few images or classes for the tasks, a line for each data set and split.
  public let leftOut: [String]
  /// The data sets of each meta-test distribution, those that are too small for its tasks included.
  let testGroups: [(name: String, datasets: [String])]

  /// Splits the classes of some data sets at random and keeps other data sets for meta-test as a whole.
  ///
  /// - Parameters:
  ///   - sources: data sets whose classes are split into meta-train, meta-validation and meta-test.
  ///   - heldOut: data sets that meta-training never sees.
  ///   - validationFraction: the share of a source's classes for meta-validation.
  ///   - testFraction: the share of a source's classes for meta-test.
  ///   - shape: ways, shots and queries.
  ///   - rotations: how quarter turns are used in meta-training; tests are drawn upright.
  ///   - seed: determines the tasks, and the split of classes where `splitSeed` is `nil`.
  ///   - splitSeed: decides the split of classes; `seed` where it is `nil`.
  /// - Throws: `TaskError` and `Leak` where the data cannot serve.
  public init(
    sources: [ImageDataset], heldOut: [ImageDataset], validationFraction: Double = 0.15, testFraction: Double = 0.25,
    shape: TaskShape, rotations: RotationPolicy, seed: UInt64,
    splitSeed: UInt64? = nil
  ) throws {
    let members: [SplitDatasets.Member] = try sources.map { dataset in
      let split = try ClassSplit.random(
        of: dataset, validationFraction: validationFraction, testFraction: testFraction, seed: splitSeed ?? seed)
      return .init(dataset: dataset, split: split)
    }
    try self.init(split: members, heldOut: heldOut, shape: shape, rules: TrainingRules(rotations: rotations), seed: seed)
  }

  /// Data sets whose classes are split, and others that are kept for meta-test as a whole.
  ///
  /// - Parameters:
  ///   - sources: data sets with their split of classes.
  ///   - heldOut: data sets that meta-training never sees.
  ///   - shape: ways, shots and queries.
  ///   - rules: how meta-training tasks are drawn.
  ///   - seed: determines the tasks.
  /// - Throws: `TaskError` and `Leak` where the data cannot serve.
  public init(
    split sources: [SplitDatasets.Member], heldOut: [ImageDataset], shape: TaskShape, rules: TrainingRules, seed: UInt64
  ) throws {
    let members = sources + heldOut.map { .init(dataset: $0, split: .whole($0, as: .metaTest)) }
    let checked = try SplitDatasets.droppingSharedClasses(members)
    // A source may be split so that nothing of it is tested on.
    let tested = sources.filter { !$0.split.metaTest.isEmpty }.map(\.dataset.name)
    var tests =
      tested.isEmpty && !heldOut.isEmpty
      ? [] : [(Self.unseen("characters", or: "classes", of: sources.map(\.dataset.name)), sources.map(\.dataset.name))]
    if !heldOut.isEmpty { tests.append((Self.unseen("scripts", or: "data sets", of: heldOut.map(\.name)), heldOut.map(\.name))) }
    try self.init(
      checked.datasets, tests: tests, shape: shape, rules: rules, seed: seed, dropped: checked.dropped)
  }

  /// What is unseen, in the words of writing only where all data sets are of that.
  private static func unseen(_ writing: String, or other: String, of datasets: [String]) -> String {
    "unseen " + (datasets.allSatisfy { $0.hasPrefix("glyphs-") || $0 == "omniglot" } ? writing : other)
  }

  /// Omniglot from its official archives, with the random split of 1,100 / 100 / 423 characters (Finn et al. 2017).
  ///
  /// - Parameters:
  ///   - folder: contains `images_background.zip` and `images_evaluation.zip`.
  ///   - shape: ways, shots and queries.
  ///   - rotations: how quarter turns are used in meta-training; tests are drawn upright.
  ///   - seed: determines the split of characters and the tasks.
  /// - Throws: `ReaderError` where the archives cannot be read, and `TaskError`.
  public init(omniglot folder: String, shape: TaskShape, rotations: RotationPolicy, seed: UInt64) throws {
    let dataset = try NamedDataset.load("omniglot", folder: folder)
    let split = try ClassSplit.omniglotRandom(of: dataset, seed: seed)
    try self.init(
      split: [.init(dataset: dataset, split: split)], heldOut: [], shape: shape, rules: TrainingRules(rotations: rotations),
      seed: seed)
  }

  private init(
    _ datasets: SplitDatasets, tests: [(name: String, datasets: [String])], shape: TaskShape, rules: TrainingRules,
    seed: UInt64, dropped: [(dataset: String, name: String)]
  ) throws {
    self.datasets = datasets
    self.shape = shape
    maker = try datasets.episodeMaker()
    var leftOut: [String] = []
    let training = rules.shapes.map { ($0.way.upperBound, $0.imagesPerClass) } ?? (shape.way, shape.shot + shape.queriesPerClass)
    metaTrain = try rules.distribution(
      Self.usable(datasets.pools(MetaTrain.self), way: training.0, images: training.1, turns: rules.rotations, &leftOut),
      shape: shape, seed: seed)
    metaValidation = try TaskDistribution(
      sources: Self.usable(datasets.pools(MetaValidation.self), shape, &leftOut), shape: shape, seed: seed)
    metaTest = try Self.tests(tests, of: datasets, shape: shape, seed: seed, &leftOut)
    testGroups = tests
    imageShape = metaTrain.imageShape
    self.dropped = dropped.map { "\($0.dataset): \($0.name)" }
    self.leftOut = Self.lines(dropped) + leftOut
  }

  /// What was dropped, a line for each data set.
  private static func lines(_ dropped: [(dataset: String, name: String)]) -> [String] {
    var names: [String: [String]] = [:]
    for entry in dropped { names[entry.dataset, default: []].append(entry.name) }
    return names.sorted { $0.key < $1.key }.map { dataset, names in
      "\(dataset): \(names.count) \(names.count == 1 ? "class" : "classes") whose pictures another split has too "
        + "(test before validation before training): \(names.prefix(8).joined(separator: ", "))\(names.count > 8 ? ", …" : "")"
    }
  }

  /// A part of checked data sets: some are trained and selected on, others tested on, each on its classes of that split.
  ///
  /// - Parameters:
  ///   - train: names of the data sets that are trained and selected on.
  ///   - tests: names of the data sets that are tested on, each by itself.
  ///   - seed: of the training tasks.
  ///   - testSeed: of the test tasks.
  init(
    _ datasets: SplitDatasets, train: Set<String>, tests: [String], shape: TaskShape, rules: TrainingRules, seed: UInt64,
    testSeed: UInt64, dropped: [String]
  ) throws {
    self.datasets = datasets
    self.shape = shape
    maker = try datasets.episodeMaker()
    var leftOut: [String] = []
    func pools<Split: SplitTag>(_ split: Split.Type) -> [ClassPool<Split>] {
      datasets.pools(split).filter { train.contains($0.dataset.name) }
    }
    let training = rules.shapes.map { ($0.way.upperBound, $0.imagesPerClass) } ?? (shape.way, shape.shot + shape.queriesPerClass)
    metaTrain = try rules.distribution(
      Self.usable(pools(MetaTrain.self), way: training.0, images: training.1, turns: rules.rotations, &leftOut), shape: shape,
      seed: seed)
    metaValidation = try TaskDistribution(
      sources: Self.usable(pools(MetaValidation.self), shape, &leftOut), shape: shape, seed: seed)
    metaTest = try tests.map { name in
      let sources = Self.usable(datasets.pools(MetaTest.self).filter { $0.dataset.name == name }, shape, &leftOut)
      return Test(name: name, datasets: [name], tasks: try TaskDistribution(sources: sources, shape: shape, seed: testSeed))
    }
    testGroups = tests.map { ($0, [$0]) }
    imageShape = metaTrain.imageShape
    self.dropped = dropped
    self.leftOut = leftOut
  }

  static func usable<Split: SplitTag>(
    _ pools: [ClassPool<Split>], _ shape: TaskShape, _ leftOut: inout [String]
  ) -> [ClassPool<Split>] {
    usable(pools, way: shape.way, images: shape.shot + shape.queriesPerClass, turns: .none, &leftOut)
  }

  /// The pools that can fill a task, without classes that have too few images for one.
  private static func usable<Split: SplitTag>(
    _ pools: [ClassPool<Split>], way: Int, images: Int, turns: RotationPolicy, _ leftOut: inout [String]
  ) -> [ClassPool<Split>] {
    var notes: [String] = []
    let usable = pools.compactMap { pool -> ClassPool<Split>? in
      let kept = pool.droppingClasses(withFewerImagesThan: images)
      let place = "\(pool.dataset.name), \(Split.name.rawValue)"
      let few = pool.classes.count - kept.classes.count
      let distinguishable = kept.distinguishableClasses * (turns == .asClasses ? 4 : 1)
      guard distinguishable >= way else {
        let rest = few > 0 ? ", \(few) of \(pool.classes.count) have fewer than \(images) images" : ""
        notes.append("\(place): all of it; a task can tell \(distinguishable) classes apart, \(way) are wanted\(rest)")
        return nil
      }
      if few > 0 { notes.append("\(place): \(few) of \(pool.classes.count) classes, which have fewer than \(images) images") }
      return kept
    }
    // With none left, the error should name what there is.
    guard !usable.isEmpty else { return pools }
    leftOut += notes
    return usable
  }
}
