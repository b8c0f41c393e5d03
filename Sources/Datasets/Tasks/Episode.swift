/// A batch of images as numbers: row-major [count, height, width, channels].
public struct ImageBatch: Sendable, Hashable {
  /// Number of images.
  public let count: Int
  /// Pixels from top to bottom.
  public let height: Int
  /// Pixels from left to right.
  public let width: Int
  /// 1 (grey) or 3 (red, green, blue).
  public let channels: Int
  /// The pixels' values: count · height · width · channels of them, channels last.
  public let pixels: [Float]

  /// Stores the parts; the number of pixels must fit the shape.
  public init(count: Int, height: Int, width: Int, channels: Int, pixels: [Float]) {
    precondition(pixels.count == count * height * width * channels, "the number of pixels does not fit the shape")
    self.count = count
    self.height = height
    self.width = width
    self.channels = channels
    self.pixels = pixels
  }

  /// The shape `[count, height, width, channels]`.
  public var shape: [Int] { [count, height, width, channels] }
}

/// A task with its pixels: what a learner adapts to (support) and is judged by (query).
///
/// Both batches are class-major: all images of label 0, then all of label 1, and so on.
public struct Episode: Sendable, Hashable {
  /// What the pixels were made from.
  public let description: TaskDescription
  /// The support images, `[way · shot, height, width, channels]`.
  public let support: ImageBatch
  /// One label in 0..<way for each support image.
  public let supportLabels: [Int]
  /// The query images, `[way · queriesPerClass, height, width, channels]`.
  public let query: ImageBatch
  /// One label in 0..<way for each query image.
  public let queryLabels: [Int]

  /// Number of classes.
  public var way: Int { description.way }

  /// An episode of known parts; every image must have a label.
  public init(
    description: TaskDescription, support: ImageBatch, supportLabels: [Int], query: ImageBatch, queryLabels: [Int]
  ) {
    precondition(support.count == supportLabels.count && query.count == queryLabels.count, "one label an image")
    self.description = description
    self.support = support
    self.supportLabels = supportLabels
    self.query = query
    self.queryLabels = queryLabels
  }
}
