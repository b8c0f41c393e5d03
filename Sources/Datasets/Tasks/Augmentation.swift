/// Random changes of single images when a task's pixels are made.
///
/// They are a function of the task's (seed, split, index) and of the image's place in the task, so that a description stays
/// enough to make the same pixels again.
public struct Augmentation: Codable, Hashable, Sendable {
  /// Largest shift, in pixels, in each direction; uncovered pixels become 0. 0 switches shifts off.
  public let maximumShift: Int
  /// Whether an image is mirrored left to right with probability one half.
  public let horizontalFlip: Bool
  /// Whether an image is mirrored top to bottom with probability one half.
  public let verticalFlip: Bool
  /// The smallest share of the sides that a random crop keeps; the crop is scaled back to the image's size, bilinearly. 1 switches
  /// crops off.
  public let smallestCrop: Double

  /// No change at all.
  public static let none = Augmentation()

  /// Stores the settings; a negative shift counts as 0, a crop outside of 0.05…1 as the nearest bound.
  public init(maximumShift: Int = 0, horizontalFlip: Bool = false, verticalFlip: Bool = false, smallestCrop: Double = 1) {
    self.maximumShift = max(0, maximumShift)
    self.horizontalFlip = horizontalFlip
    self.verticalFlip = verticalFlip
    self.smallestCrop = smallestCrop.isNaN ? 1 : min(1, max(0.05, smallestCrop))
  }

  /// Decodes the settings; those that a record of an earlier version does not have are off.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      maximumShift: try values.decode(Int.self, forKey: .maximumShift),
      horizontalFlip: try values.decode(Bool.self, forKey: .horizontalFlip),
      verticalFlip: try values.decodeIfPresent(Bool.self, forKey: .verticalFlip) ?? false,
      smallestCrop: try values.decodeIfPresent(Double.self, forKey: .smallestCrop) ?? 1)
  }

  /// Whether images are left as they are.
  public var isNone: Bool { maximumShift == 0 && !horizontalFlip && !verticalFlip && smallestCrop == 1 }
}
