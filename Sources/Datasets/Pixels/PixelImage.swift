/// One picture held as bytes: row-major, channels last, 0 (black) to 255 (white).
///
/// `pixels[(row * width + column) * channels + channel]`.
public struct PixelImage: Sendable, Hashable {
  /// Pixels from top to bottom, at least 1.
  public let height: Int
  /// Pixels from left to right, at least 1.
  public let width: Int
  /// 1 (grey) or 3 (red, green, blue).
  public let channels: Int
  /// `height × width × channels` bytes.
  public private(set) var pixels: [UInt8]

  /// Puts a picture together; `nil` if a side is below 1, `channels` is neither 1 nor 3, or the number of bytes disagrees.
  public init?(height: Int, width: Int, channels: Int, pixels: [UInt8]) {
    guard height >= 1, width >= 1, channels == 1 || channels == 3 else { return nil }
    let (row, rowOverflow) = width.multipliedReportingOverflow(by: channels)
    let (bytes, overflow) = row.multipliedReportingOverflow(by: height)
    guard !rowOverflow, !overflow, bytes == pixels.count else { return nil }
    self.height = height
    self.width = width
    self.channels = channels
    self.pixels = pixels
  }

  /// A picture of one value. Sides below 1 and channels other than 1 and 3 are programmer errors.
  public init(height: Int, width: Int, channels: Int = 1, filledWith value: UInt8 = 0) {
    precondition(height >= 1 && width >= 1 && (channels == 1 || channels == 3), "not the shape of a picture")
    self.height = height
    self.width = width
    self.channels = channels
    pixels = [UInt8](repeating: value, count: height * width * channels)
  }

  /// The value of one channel of one pixel.
  public subscript(row: Int, column: Int, channel: Int = 0) -> UInt8 {
    get { pixels[(row * width + column) * channels + channel] }
    set { pixels[(row * width + column) * channels + channel] = newValue }
  }

  /// Every value inverted, `255 − v`: dark ink on white paper becomes ink high on 0, which is how packs hold drawings.
  public func inverted() -> PixelImage {
    var result = self
    for index in result.pixels.indices { result.pixels[index] = 255 - result.pixels[index] }
    return result
  }

  /// The luminance as one channel, by the weights of ITU-R BT.601 (0.299, 0.587, 0.114), rounded to nearest; grey pictures are
  /// returned as they are.
  public func grey() -> PixelImage {
    guard channels == 3 else { return self }
    var result = PixelImage(height: height, width: width)
    for index in 0..<height * width {
      let red = Int(pixels[3 * index])
      let green = Int(pixels[3 * index + 1])
      let blue = Int(pixels[3 * index + 2])
      result.pixels[index] = UInt8((299 * red + 587 * green + 114 * blue + 500) / 1000)
    }
    return result
  }

  /// Three equal channels from one; pictures that have three are returned as they are.
  public func colour() -> PixelImage {
    guard channels == 1 else { return self }
    var result = PixelImage(height: height, width: width, channels: 3)
    for index in 0..<height * width {
      for channel in 0..<3 { result.pixels[3 * index + channel] = pixels[index] }
    }
    return result
  }

  /// The picture with 1 or 3 channels as asked, by ``grey()`` or ``colour()``.
  public func converted(toChannels count: Int) -> PixelImage {
    precondition(count == 1 || count == 3, "a picture has 1 or 3 channels")
    return count == 1 ? grey() : colour()
  }

  /// Puts other bytes of the same number in place.
  mutating func replacePixels(with bytes: [UInt8]) {
    precondition(bytes.count == pixels.count, "the number of bytes differs")
    pixels = bytes
  }

  /// Copies another picture of as many channels to a place; what falls outside is cut off.
  public mutating func paste(_ other: PixelImage, row: Int, column: Int) {
    precondition(other.channels == channels, "the pictures' channels differ")
    let rows = max(0, -row)..<max(max(0, -row), min(other.height, height - row))
    let columns = max(0, -column)..<max(max(0, -column), min(other.width, width - column))
    guard !columns.isEmpty else { return }
    for y in rows {
      let source = (y * other.width + columns.lowerBound) * channels
      let target = ((row + y) * width + column + columns.lowerBound) * channels
      let count = columns.count * channels
      pixels.replaceSubrange(target..<target + count, with: other.pixels[source..<source + count])
    }
  }
}
