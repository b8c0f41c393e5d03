/// A set of labelled images of one size, held as bytes: what every reader returns and every task draws from.
///
/// Pixels are `UInt8`, row-major, channels last; ink is high on a zero background where the source is drawing-like.
/// Image `k` of class `c` is `pixels[(offset(c) + k) * bytesPerImage ..< …]`.
public struct ImageDataset: Sendable {
  /// One class of images.
  public struct ImageClass: Sendable, Hashable, Codable {
    /// A name unique within the data set, such as `"Greek/character07"` or `"U+03B1"`.
    public var name: String
    /// The alphabet, script or superclass that it belongs to.
    public var group: String
    /// Images of the class.
    public var count: Int
    /// Classes that share a look-alike key (such as C and c) are never drawn into one task; `nil` if there is none.
    public var lookalike: String?

    /// A class; `name` must be unique within the data set.
    public init(name: String, group: String, count: Int, lookalike: String? = nil) {
      self.name = name
      self.group = group
      self.count = count
      self.lookalike = lookalike
    }
  }

  /// A short name, unique among the data sets of a run: `"glyphs-greek"`, `"omniglot"`.
  public let name: String
  /// Pixels from top to bottom.
  public let height: Int
  /// Pixels from left to right.
  public let width: Int
  /// 1 (grey) or 3 (red, green, blue).
  public let channels: Int
  /// The classes in their fixed order.
  public let classes: [ImageClass]
  /// All images, class after class.
  public let pixels: [UInt8]
  /// The index of each class's first image; one entry more than there are classes.
  public let offsets: [Int]
  /// How pictures were read to become these images; `nil` if nothing is written down (see ``PictureReading/assumed(for:)``).
  public var reading: PictureReading?

  /// Bytes of one image.
  public var bytesPerImage: Int { height * width * channels }
  /// Images in all.
  public var imageCount: Int { offsets[classes.count] }

  /// Puts a data set together; `nil` if the counts of the classes and the number of bytes disagree.
  public init?(name: String, height: Int, width: Int, channels: Int, classes: [ImageClass], pixels: [UInt8]) {
    var offsets = [0]
    for entry in classes { offsets.append(offsets[offsets.count - 1] + entry.count) }
    guard pixels.count == offsets[classes.count] * height * width * channels else { return nil }
    self.name = name
    self.height = height
    self.width = width
    self.channels = channels
    self.classes = classes
    self.pixels = pixels
    self.offsets = offsets
  }

  /// The same data set with another rule by which pictures were read.
  func read(by reading: PictureReading?) -> ImageDataset {
    var result = self
    result.reading = reading
    return result
  }

  /// The bytes of one image.
  public func image(_ index: Int, ofClass classIndex: Int) -> ArraySlice<UInt8> {
    let start = (offsets[classIndex] + index) * bytesPerImage
    return pixels[start..<start + bytesPerImage]
  }
}
