import Basics

/// Few-shot tasks drawn from the classes of one or more data sets.
///
/// Task `index` is a pure function of (seed, split, index) and of the distribution's settings: task 4711 is the same task whoever
/// draws it, in any order and on any thread. A task never mixes data sets, never holds two classes with one look-alike key, and its
/// support and query images are disjoint.
public struct TaskDistribution<Split: SplitTag>: Sendable {
  /// The classes to draw from, one pool a data set.
  public let sources: [ClassPool<Split>]
  /// The largest ways and shots of any task, and the most queries.
  public let shape: TaskShape
  /// The curriculum; one stage where all tasks are drawn alike.
  public let stages: [TaskStage]
  /// Which classes may meet in a task.
  public let sampling: ClassSampling
  /// How quarter turns are used.
  public let rotations: RotationPolicy
  /// Changes of single images.
  public let augmentation: Augmentation
  /// Seed of all draws.
  public let seed: UInt64
  /// Probability of each source at the end of the curriculum; sums to 1.
  public var probabilities: [Double] { mixtures[mixtures.count - 1].probabilities }

  /// The split as a value.
  public var split: SplitName { Split.name }
  /// The shape `[height, width, channels]` of all images.
  public var imageShape: [Int] { sources[0].dataset.imageShape }

  private let stream: UInt64
  /// One a stage.
  private let mixtures: [Mixture]
  /// For each source the groups that classes are drawn from, where a task's classes are of one.
  private let groups: [[[Int]]]

  private struct Mixture: Sendable {
    var probabilities: [Double]
    var cumulative: [Double]

    init(_ probabilities: [Double]) {
      self.probabilities = probabilities
      var sum = 0.0
      cumulative = probabilities.map { probability in
        sum += probability
        return sum
      }
    }
  }

  /// Checks that every draw will succeed, so that drawing itself cannot fail.
  ///
  /// - Parameters:
  ///   - sources: pools with distinct data sets of one image shape; empty pools are left out.
  ///   - shape: ways, shots and queries.
  ///   - rotations: how quarter turns are used; they need square images.
  ///   - augmentation: changes of single images.
  ///   - weights: relative frequency of each source; by default the number of its classes.
  ///   - seed: seed of all draws.
  /// - Throws: ``TaskError``: no classes, fewer distinguishable classes than ways, a class with too few images, bad weights,
  ///   images of different shapes, images that are not square where they are to be turned, two data sets of one name.
  public init(
    sources: [ClassPool<Split>], shape: TaskShape, rotations: RotationPolicy = .none, augmentation: Augmentation = .none,
    weights: [Double]? = nil, seed: UInt64
  ) throws {
    let mixture = weights.map(MixtureWeights.explicit) ?? .temperature(1)
    try self.init(
      sources: sources, stages: [TaskStage(shapes: TaskShapeRange(shape), mixture: mixture)], rotations: rotations,
      augmentation: augmentation, seed: seed)
  }

  /// As ``init(sources:shape:rotations:augmentation:weights:seed:)``, with shapes and a mixture that vary.
  ///
  /// - Parameters:
  ///   - sources: pools with distinct data sets of one image shape; empty pools are left out.
  ///   - stages: the curriculum: shapes and mixture by the number of the task.
  ///   - sampling: which classes may meet in a task.
  ///   - rotations: how quarter turns are used; they need square images.
  ///   - augmentation: changes of single images.
  ///   - seed: seed of all draws.
  /// - Throws: ``TaskError``: as the other initialiser, and if the stages or the groups do not fit.
  public init(
    sources: [ClassPool<Split>], stages: [TaskStage], sampling: ClassSampling = .any, rotations: RotationPolicy = .none,
    augmentation: Augmentation = .none, seed: UInt64
  ) throws {
    guard stages.first?.from == 0, zip(stages, stages.dropFirst()).allSatisfy({ $0.from < $1.from }) else {
      throw TaskError.badCurriculum("it has stages from \(stages.map(\.from))")
    }
    let shape = try TaskShape(
      way: stages.map(\.shapes.way.upperBound).max() ?? 0, shot: stages.map(\.shapes.shot.upperBound).max() ?? 0,
      queriesPerClass: stages.map(\.shapes.queriesPerClass).max() ?? 0)
    // Explicit weights are those of the sources as given, empty ones included.
    let weights = try stages.map { try $0.mixture.weights(classes: sources.map(\.classes.count)) }
    let used = sources.indices.filter { !sources[$0].classes.isEmpty }
    guard let first = used.first.map({ sources[$0].dataset }) else { throw TaskError.noClasses(split: Split.name) }
    mixtures = try weights.map { weights in
      let total = used.reduce(0) { $0 + weights[$1] }
      guard total > 0, total.isFinite else {
        throw TaskError.badWeights(Fault("their sum is \(total)", help: "at least one must be above 0"))
      }
      return Mixture(used.map { weights[$0] / total })
    }
    var names = Set<String>()
    var groups: [[[Int]]] = []
    let most = stages.map(\.shapes.imagesPerClass).max() ?? 0
    for pool in used.map({ sources[$0] }) {
      let dataset = pool.dataset
      guard names.insert(dataset.name).inserted else { throw TaskError.duplicateDatasetName(dataset.name) }
      guard dataset.imageShape == first.imageShape else {
        throw TaskError.differentImageShapes(
          first: first.name, firstShape: first.imageShape, second: dataset.name, secondShape: dataset.imageShape)
      }
      try Self.check(pool, way: shape.way, imagesPerClass: most, rotations: rotations)
      groups.append(try Self.groups(of: pool, way: shape.way, sampling: sampling, rotations: rotations))
    }
    self.sources = used.map { sources[$0] }
    self.groups = groups
    self.stages = stages
    self.shape = shape
    self.sampling = sampling
    self.rotations = rotations
    self.augmentation = augmentation
    self.seed = seed
    stream = Philox.stream(named: "tasks/\(Split.name.rawValue)")
  }

  private static func check(_ pool: ClassPool<Split>, way: Int, imagesPerClass: Int, rotations: RotationPolicy) throws {
    let dataset = pool.dataset
    if rotations != .none, dataset.height != dataset.width {
      throw TaskError.rotationOfNonSquareImages(dataset: dataset.name, height: dataset.height, width: dataset.width)
    }
    for index in pool.classes where dataset.classes[index].count < imagesPerClass {
      throw TaskError.tooFewImages(
        dataset: dataset.name, name: dataset.classes[index].name, has: dataset.classes[index].count, needs: imagesPerClass)
    }
    let distinguishable = pool.distinguishableClasses * (rotations == .asClasses ? 4 : 1)
    guard distinguishable >= way else {
      throw TaskError.tooFewClasses(dataset: dataset.name, split: Split.name, has: distinguishable, needs: way)
    }
  }

  /// The groups that can fill a task on their own (`withinGroup`), or all of them.
  private static func groups(
    of pool: ClassPool<Split>, way: Int, sampling: ClassSampling, rotations: RotationPolicy
  ) throws -> [[Int]] {
    let dataset = pool.dataset
    guard sampling != .any else { return [pool.classes] }
    let members = Dictionary(grouping: pool.classes) { dataset.classes[$0].group }
    let all = members.keys.sorted().compactMap { members[$0] }
    let turns = rotations == .asClasses ? 4 : 1
    let fitting =
      sampling == .withinGroup
      ? all.filter { ClassPool<Split>(dataset: dataset, classes: $0).distinguishableClasses * turns >= way } : all
    guard sampling == .withinGroup ? !fitting.isEmpty : independent(all, dataset) >= way else {
      throw TaskError.tooFewInGroups(dataset: dataset.name, split: Split.name, sampling: sampling, needs: way)
    }
    return fitting
  }

  /// Sets of groups that share no look-alike: while one of them has no class in a task, drawing can go on.
  private static func independent(_ groups: [[Int]], _ dataset: ImageDataset) -> Int {
    var sets: [(keys: Set<String>, count: Int)] = []
    for group in groups {
      let keys = Set(group.compactMap { dataset.classes[$0].lookalike })
      let joined = sets.filter { !$0.keys.isDisjoint(with: keys) }
      sets.removeAll { !$0.keys.isDisjoint(with: keys) }
      sets.append((joined.reduce(keys) { $0.union($1.keys) }, joined.reduce(1) { $0 + $1.count }))
    }
    return sets.count
  }

  /// Task number `index`, at least 0. Pure: no state is kept between draws.
  public func description(at index: Int) -> TaskDescription {
    precondition(index >= 0, "tasks are numbered from 0")
    var random = Philox(seed: seed, stream: stream, index: UInt64(index))
    let stage = stages.lastIndex { $0.from <= index } ?? 0
    let shapes = stages[stage].shapes
    let source = drawSource(mixtures[stage], &random)
    let pool = sources[source]
    // Nothing is drawn if there is no choice, so that tasks of one shape are the same as before ranges were introduced.
    let way = Self.draw(shapes.way, &random)
    let shot = Self.draw(shapes.shot, &random)
    let draws = drawClasses(way, from: source, &random).map { classIndex, rotation in
      let images = random.sample(shot + shapes.queriesPerClass, of: pool.dataset.classes[classIndex].count)
      return TaskDescription.ClassDraw(
        classIndex: classIndex, rotation: rotation, support: Array(images.prefix(shot)), query: Array(images.dropFirst(shot)))
    }
    return TaskDescription(
      dataset: pool.dataset.name, split: Split.name, seed: seed, index: index, augmentation: augmentation, classes: draws)
  }

  /// Tasks number `range.lowerBound`, …, `range.upperBound` − 1: a meta-batch.
  public func descriptions(in range: Range<Int>) -> [TaskDescription] { range.map { description(at: $0) } }

  private static func draw(_ range: ClosedRange<Int>, _ random: inout Philox) -> Int {
    range.count == 1 ? range.lowerBound : range.lowerBound + random.nextInt(below: range.count)
  }

  private func drawSource(_ mixture: Mixture, _ random: inout Philox) -> Int {
    // One number is drawn even if there is no choice, so that adding a data set of weight 0 changes no task.
    let value = random.nextDouble()
    if let index = mixture.cumulative.firstIndex(where: { value < $0 }) { return index }
    // Rounding can leave the last sum just below 1.
    return mixture.probabilities.lastIndex { $0 > 0 } ?? 0
  }

  /// Distinct classes by rejection: each next class is uniform over those still allowed.
  private func drawClasses(_ way: Int, from source: Int, _ random: inout Philox) -> [(classIndex: Int, rotation: Int)] {
    let pool = sources[source]
    let candidates = sampling == .withinGroup ? drawGroup(groups[source], &random) : pool.classes
    var drawn = [(classIndex: Int, rotation: Int)]()
    var ownerOfKey = [String: Int]()
    while drawn.count < way {
      let classIndex = candidates[random.nextInt(below: candidates.count)]
      let group = pool.dataset.classes[classIndex].group
      if sampling == .acrossGroups, drawn.contains(where: { pool.dataset.classes[$0.classIndex].group == group }) { continue }
      let rotation = rotations == .none ? 0 : random.nextInt(below: 4)
      let taken = drawn.contains { $0.classIndex == classIndex && (rotations != .asClasses || $0.rotation == rotation) }
      if taken { continue }
      if let key = pool.dataset.classes[classIndex].lookalike {
        // With turns as classes, a class may appear again under its own key, its look-alikes may not.
        if let owner = ownerOfKey[key], owner != classIndex { continue }
        ownerOfKey[key] = classIndex
      }
      drawn.append((classIndex, rotation))
    }
    return drawn
  }

  /// A group by the number of its classes.
  private func drawGroup(_ groups: [[Int]], _ random: inout Philox) -> [Int] {
    var place = random.nextInt(below: groups.reduce(0) { $0 + $1.count })
    for group in groups {
      if place < group.count { return group }
      place -= group.count
    }
    return groups[groups.count - 1]
  }
}
