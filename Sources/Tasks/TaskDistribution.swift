import Datasets
import Randomness

/// Few-shot tasks drawn from the classes of one or more data sets.
///
/// Task `index` is a pure function of (seed, split, index) and of the distribution's settings: task 4711 is the same task whoever
/// draws it, in whatever order and on whatever thread. A task never mixes data sets, never holds two classes with one look-alike
/// key, and its support and query images are disjoint.
public struct TaskDistribution<Split: SplitTag>: Sendable {
  /// The classes to draw from, one pool a data set.
  public let sources: [ClassPool<Split>]
  /// Ways, shots and queries.
  public let shape: TaskShape
  /// What becomes of quarter turns.
  public let rotations: RotationPolicy
  /// Changes of single images.
  public let augmentation: Augmentation
  /// Seed of all draws.
  public let seed: UInt64
  /// Probability of each source; sums to 1.
  public let probabilities: [Double]

  /// The split as a value.
  public var split: SplitName { Split.name }
  /// [height, width, channels] of all images.
  public var imageShape: [Int] { sources[0].dataset.imageShape }

  private let stream: UInt64
  private let cumulative: [Double]

  /// Checks that every draw will succeed, so that drawing itself cannot fail.
  ///
  /// - Parameters:
  ///   - sources: pools with distinct data sets of one image shape; empty pools are left out.
  ///   - shape: ways, shots and queries.
  ///   - rotations: quarter turns; they want square images.
  ///   - augmentation: changes of single images.
  ///   - weights: relative frequency of each source; by default the number of its classes.
  ///   - seed: seed of all draws.
  /// - Throws: ``TaskError``: no classes, fewer distinguishable classes than ways, a class with too few images, bad weights,
  ///   images of different shapes, images that are not square where they are to be turned, two data sets of one name.
  public init(
    sources: [ClassPool<Split>], shape: TaskShape, rotations: RotationPolicy = .none, augmentation: Augmentation = .none,
    weights: [Double]? = nil, seed: UInt64
  ) throws {
    if let weights {
      guard weights.count == sources.count else {
        throw TaskError.badWeights("\(weights.count) weights for \(sources.count) data sets; give one each")
      }
      guard weights.allSatisfy({ $0 >= 0 && $0.isFinite }) else {
        throw TaskError.badWeights("\(weights); each must be a finite number of at least 0")
      }
    }
    let weighted = zip(sources, weights ?? sources.map { Double($0.classes.count) }).filter { !$0.0.classes.isEmpty }
    guard let first = weighted.first?.0.dataset else { throw TaskError.noClasses(split: Split.name) }
    let total = weighted.reduce(0) { $0 + $1.1 }
    guard total > 0, total.isFinite else { throw TaskError.badWeights("their sum is \(total); at least one must be above 0") }
    var names = Set<String>()
    for (pool, _) in weighted {
      let dataset = pool.dataset
      guard names.insert(dataset.name).inserted else { throw TaskError.duplicateDatasetName(dataset.name) }
      guard dataset.imageShape == first.imageShape else {
        throw TaskError.differentImageShapes(
          first: first.name, firstShape: first.imageShape, second: dataset.name, secondShape: dataset.imageShape)
      }
      try Self.check(pool, shape: shape, rotations: rotations)
    }
    self.sources = weighted.map(\.0)
    self.shape = shape
    self.rotations = rotations
    self.augmentation = augmentation
    self.seed = seed
    probabilities = weighted.map { $0.1 / total }
    stream = Philox.stream(named: "tasks/\(Split.name.rawValue)")
    var sum = 0.0
    cumulative = probabilities.map { probability in
      sum += probability
      return sum
    }
  }

  private static func check(_ pool: ClassPool<Split>, shape: TaskShape, rotations: RotationPolicy) throws {
    let dataset = pool.dataset
    if rotations != .none, dataset.height != dataset.width {
      throw TaskError.rotationOfNonSquareImages(dataset: dataset.name, height: dataset.height, width: dataset.width)
    }
    for index in pool.classes where dataset.classes[index].count < shape.imagesPerClass {
      throw TaskError.tooFewImages(
        dataset: dataset.name, name: dataset.classes[index].name, has: dataset.classes[index].count, needs: shape.imagesPerClass)
    }
    let distinguishable = pool.distinguishableClasses * (rotations == .asClasses ? 4 : 1)
    guard distinguishable >= shape.way else {
      throw TaskError.tooFewClasses(dataset: dataset.name, split: Split.name, has: distinguishable, needs: shape.way)
    }
  }

  /// Task number `index`, at least 0. Pure: no state is kept between draws.
  public func description(at index: Int) -> TaskDescription {
    precondition(index >= 0, "tasks are numbered from 0")
    var random = Philox(seed: seed, stream: stream, index: UInt64(index))
    let pool = sources[drawSource(&random)]
    let draws = drawClasses(from: pool, &random).map { classIndex, rotation in
      let images = random.sample(shape.imagesPerClass, of: pool.dataset.classes[classIndex].count)
      return TaskDescription.ClassDraw(
        classIndex: classIndex, rotation: rotation, support: Array(images.prefix(shape.shot)),
        query: Array(images.dropFirst(shape.shot)))
    }
    return TaskDescription(
      dataset: pool.dataset.name, split: Split.name, seed: seed, index: index, augmentation: augmentation, classes: draws)
  }

  /// Tasks number `range.lowerBound`, …, `range.upperBound` − 1: a meta-batch.
  public func descriptions(in range: Range<Int>) -> [TaskDescription] { range.map { description(at: $0) } }

  private func drawSource(_ random: inout Philox) -> Int {
    // One number is drawn even where there is no choice, so that adding a data set of weight 0 changes no task.
    let value = random.nextDouble()
    if let index = cumulative.firstIndex(where: { value < $0 }) { return index }
    // Rounding can leave the last sum just below 1.
    return probabilities.lastIndex { $0 > 0 } ?? 0
  }

  /// Distinct classes by rejection: each next class is uniform over those still allowed.
  private func drawClasses(from pool: ClassPool<Split>, _ random: inout Philox) -> [(classIndex: Int, rotation: Int)] {
    var drawn = [(classIndex: Int, rotation: Int)]()
    var ownerOfKey = [String: Int]()
    while drawn.count < shape.way {
      let classIndex = pool.classes[random.nextInt(below: pool.classes.count)]
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
}
