import Basics

/// A task before its pixels: which images of which classes, in which order.
///
/// Enough to make the same task again, to log it, to hash it, and to prove that it is disjoint from others.
public struct TaskDescription: Codable, Hashable, Sendable {
  /// One class of a task; its place in ``TaskDescription/classes`` is its label.
  public struct ClassDraw: Codable, Hashable, Sendable {
    /// Index of the class in the data set.
    public var classIndex: Int
    /// Counter-clockwise quarter turns of all its images, 0…3.
    public var rotation: Int
    /// Indices, within the class, of the support images.
    public var support: [Int]
    /// Indices, within the class, of the query images; none is in ``support``.
    public var query: [Int]

    /// Stores the four parts.
    public init(classIndex: Int, rotation: Int = 0, support: [Int], query: [Int]) {
      self.classIndex = classIndex
      self.rotation = rotation
      self.support = support
      self.query = query
    }
  }

  /// Name of the one data set that all classes are from.
  public var dataset: String
  /// The split that the classes belong to.
  public var split: SplitName
  /// Seed of the distribution that the task was drawn from.
  public var seed: UInt64
  /// Number of the task in its distribution.
  public var index: Int
  /// Changes of single images.
  public var augmentation: Augmentation
  /// The classes in the order of their labels 0..<way.
  public var classes: [ClassDraw]

  /// A description of known parts, which are not checked.
  public init(
    dataset: String, split: SplitName, seed: UInt64, index: Int, augmentation: Augmentation = .none, classes: [ClassDraw]
  ) {
    self.dataset = dataset
    self.split = split
    self.seed = seed
    self.index = index
    self.augmentation = augmentation
    self.classes = classes
  }

  /// Number of classes.
  public var way: Int { classes.count }

  /// One line that holds all that the description holds; equal descriptions and no others have equal lines.
  public var canonicalText: String {
    // The name's length comes first, so that no character in a name can imitate a separator.
    var text = "task1 \(dataset.utf8.count):\(dataset) \(split.rawValue) seed=\(seed) index=\(index)"
    text += " shift=\(augmentation.maximumShift) flip=\(augmentation.horizontalFlip)"
    // Only where they are on, so that tasks keep the text that they had before there were these.
    if augmentation.verticalFlip { text += " vertical-flip" }
    if augmentation.smallestCrop < 1 { text += " crop=\(augmentation.smallestCrop)" }
    for draw in classes {
      let support = draw.support.map(String.init).joined(separator: ",")
      let query = draw.query.map(String.init).joined(separator: ",")
      text += " \(draw.classIndex)r\(draw.rotation)[\(support)|\(query)]"
    }
    return text
  }

  /// SHA-256 of ``canonicalText``, 64 hexadecimal digits: the same on every platform and in every version.
  public var digest: String { SHA256.hex(Array(canonicalText.utf8)) }

  /// The same task with its classes in another order: class `order[k]` becomes label `k`.
  ///
  /// `order` is a permutation of 0..<way.
  public func permutingClasses(_ order: [Int]) -> TaskDescription {
    precondition(order.sorted() == Array(classes.indices), "the order of classes is not a permutation")
    var result = self
    result.classes = order.map { classes[$0] }
    return result
  }
}
