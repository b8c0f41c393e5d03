/// Random changes of single images when a task's pixels are made.
///
/// They are a function of the task's (seed, split, index) and of the image's place in the task, so that a description stays
/// enough to make the same pixels again.
public struct Augmentation: Codable, Hashable, Sendable {
  /// Largest shift, in pixels, in each direction; uncovered pixels become 0. 0 switches shifts off.
  public let maximumShift: Int
  /// Whether an image is mirrored left to right with probability one half.
  public let horizontalFlip: Bool

  /// No change at all.
  public static let none = Augmentation()

  /// Stores the two settings; a negative shift counts as 0.
  public init(maximumShift: Int = 0, horizontalFlip: Bool = false) {
    self.maximumShift = max(0, maximumShift)
    self.horizontalFlip = horizontalFlip
  }

  /// Whether images are left as they are.
  public var isNone: Bool { maximumShift == 0 && !horizontalFlip }
}
