import Basics

/// The data sets of a study with their class splits, proven disjoint: what task distributions are made from.
public struct SplitDatasets: Sendable {
  /// A data set and its split.
  public struct Member: Sendable {
    /// The data set.
    public var dataset: ImageDataset
    /// Its classes by split.
    public var split: ClassSplit

    /// A data set with the split of its classes.
    public init(dataset: ImageDataset, split: ClassSplit) {
      self.dataset = dataset
      self.split = split
    }
  }

  /// The data sets in the order given.
  public let members: [Member]

  /// Checks the splits and that no class and no identical image is in two of them.
  ///
  /// - Throws: ``TaskError`` for names and indices, ``Leak`` for shared data.
  public init(_ members: [Member]) throws {
    try Self.checkNames(members)
    try DisjointnessCheck.verify(Self.parts(members))
    self.members = members
  }

  /// As ``init(_:)``, but classes that share an image with a split of more weight are left out instead: from meta-train in favour
  /// of both others, from meta-validation in favour of meta-test. A class goes with its look-alikes.
  ///
  /// Scripts share letters (Latin A, Greek Α, Cyrillic А), so that studies across scripts want this.
  /// - Returns: the checked data sets, and what was left out, as (data set, class) names in the order of the data.
  /// - Throws: ``TaskError`` for names and indices, ``Leak/sharedClass(dataset:name:first:second:)``.
  public static func droppingSharedClasses(
    _ members: [Member]
  ) throws -> (datasets: SplitDatasets, dropped: [(dataset: String, name: String)]) {
    try checkNames(members)
    var remaining = members
    var dropped = [(dataset: String, name: String)]()
    // Most weighty first: classes of meta-validation that meta-test holds, then classes of meta-train that either holds.
    for (loser, winners) in [
      (SplitName.metaValidation, [SplitName.metaTest]), (.metaTrain, [.metaTest, .metaValidation]),
    ] {
      var shared = Set<[String]>()
      let parts = Self.parts(remaining).filter { winners.contains($0.split) }
      let images = ImageSet(parts)
      for part in Self.parts(remaining) where part.split == loser {
        for index in part.classes where images.containsAny(of: part.dataset, classIndex: index) {
          shared.insert([part.dataset.name, part.dataset.classes[index].name])
        }
      }
      for position in remaining.indices {
        let (kept, names) = remaining[position].removing(shared, from: loser)
        remaining[position] = kept
        dropped += names.map { (kept.dataset.name, $0) }
      }
    }
    return (try SplitDatasets(remaining), dropped)
  }

  /// The classes of one split, one pool a data set; data sets without classes in it are left out.
  public func pools<Split: SplitTag>(_ split: Split.Type) -> [ClassPool<Split>] {
    members.compactMap { member in
      let classes = member.split.classes(in: Split.name)
      return classes.isEmpty ? nil : ClassPool(dataset: member.dataset, classes: classes)
    }
  }

  /// Tasks over all data sets that have classes in one split; parameters as for
  /// ``TaskDistribution/init(sources:shape:rotations:augmentation:weights:seed:)``, `weights` by name of the data set.
  ///
  /// - Throws: what that initialiser throws.
  public func distribution<Split: SplitTag>(
    _ split: Split.Type, shape: TaskShape, rotations: RotationPolicy = .none, augmentation: Augmentation = .none,
    weights: [String: Double]? = nil, seed: UInt64
  ) throws -> TaskDistribution<Split> {
    let sources = pools(split)
    let list = try weights.map { weights in
      if let name = weights.keys.sorted().first(where: { name in !sources.contains { $0.dataset.name == name } }) {
        throw TaskError.badWeights("'\(name)' is no data set with \(Split.name.rawValue) classes")
      }
      return sources.map { weights[$0.dataset.name] ?? 0 }
    }
    return try TaskDistribution(
      sources: sources, shape: shape, rotations: rotations, augmentation: augmentation, weights: list, seed: seed)
  }

  /// A maker of pixels for the tasks of all splits.
  ///
  /// - Throws: ``TaskError/badScaling(_:)``.
  public func episodeMaker(scaling: PixelScaling = .unit) throws -> EpisodeMaker {
    try EpisodeMaker(datasets: members.map(\.dataset), scaling: scaling)
  }

  static func parts(_ members: [Member]) -> [DisjointnessCheck.Part] {
    members.flatMap { member in
      SplitName.allCases.map {
        DisjointnessCheck.Part(split: $0, dataset: member.dataset, classes: member.split.classes(in: $0))
      }
    }
  }

  private static func checkNames(_ members: [Member]) throws {
    var names = Set<String>()
    for member in members {
      guard names.insert(member.dataset.name).inserted else { throw TaskError.duplicateDatasetName(member.dataset.name) }
      try member.split.check(against: member.dataset)
    }
  }
}

extension SplitDatasets.Member {
  /// The member without the given (data set, class) names, and without their look-alikes, in one split; and the names of what
  /// went.
  fileprivate func removing(_ shared: Set<[String]>, from split: SplitName) -> (SplitDatasets.Member, [String]) {
    let classes = self.split.classes(in: split)
    func isShared(_ index: Int) -> Bool { shared.contains([dataset.name, dataset.classes[index].name]) }
    let keys = Set(classes.filter(isShared).compactMap { dataset.classes[$0].lookalike })
    func goes(_ index: Int) -> Bool { isShared(index) || dataset.classes[index].lookalike.map(keys.contains) ?? false }
    let kept = classes.filter { !goes($0) }
    guard kept.count < classes.count else { return (self, []) }
    let reduced = ClassSplit(
      unchecked: dataset.name, metaTrain: split == .metaTrain ? kept : self.split.metaTrain,
      metaValidation: split == .metaValidation ? kept : self.split.metaValidation,
      metaTest: split == .metaTest ? kept : self.split.metaTest)
    return (.init(dataset: dataset, split: reduced), classes.filter(goes).map { dataset.classes[$0].name })
  }
}
