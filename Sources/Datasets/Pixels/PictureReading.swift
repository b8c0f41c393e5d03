/// How a user's picture becomes an image like those of a data set: kept with a pack and with the run that was trained on it, and
/// followed by everything that reads pictures for that run.
public struct PictureReading: Sendable, Hashable, Codable {
  /// How a picture became an image of the data set.
  public var format: ImageFormat
  /// What was then made of the data set's images, in this order: a run's own size and channels.
  public var afterwards: [ImageFormat]
  /// Whether nothing was written down, so that the rule is taken from the images themselves.
  public var isAssumed: Bool

  /// A rule; by default one that was written down, with nothing done afterwards.
  public init(format: ImageFormat, afterwards: [ImageFormat] = [], isAssumed: Bool = false) {
    self.format = format
    self.afterwards = afterwards
    self.isAssumed = isAssumed
  }

  private var last: ImageFormat { afterwards.last ?? format }
  /// Height, width and channels of the images that come of it.
  public var shape: [Int] { [last.height, last.width, last.channels] }
  /// The shape as text: `32×32×3`.
  public var size: String { "\(last.height)×\(last.width)×\(last.channels)" }

  /// The rule with one more step; the same rule where the step changes nothing.
  public func followed(by step: ImageFormat) -> PictureReading {
    if step.ink != .dark, [step.height, step.width, step.channels] == shape { return self }
    var result = self
    result.afterwards.append(step)
    return result
  }

  /// The rule with a last step to a shape `[height, width, channels]` where its own is another.
  public func resulting(in shape: [Int]) -> PictureReading {
    ImageFormat(height: shape[0], width: shape[1], channels: shape[2]).map(followed) ?? self
  }

  /// A picture by the rule; an ink that is `automatic` counts as `keep` (see `inverts(_:)`).
  public func apply(to picture: PixelImage) -> PixelImage {
    afterwards.reduce(format.apply(to: picture)) { $1.apply(to: $0) }
  }

  /// Whether the ink of a picture is inverted compared with the data set, judged by its border: for grey images under
  /// ``ImageFormat/Ink/automatic``.
  public func isOtherWayRound(_ picture: PixelImage) -> Bool { picture.grey().hasLightBorder != (format.background >= 128) }

  /// Whether pictures must be looked at before it is known if they are inverted.
  public var looksAtBorders: Bool { format.ink == .automatic && format.channels == 1 }

  /// The rule for pictures where none is written down: scaled to fit, on a background as the border of most images has; grey images
  /// whose borders nearly all lie on one side are drawings, and pictures are inverted where theirs lie on the other.
  ///
  /// - Returns: a rule of the data set's own shape that says of itself that it is assumed; `nil` if no picture has that shape.
  public static func assumed(for dataset: ImageDataset) -> PictureReading? {
    // A sample of some hundred images, spread over the classes, decides as well as all.
    let every = max(1, dataset.imageCount / 500)
    var (light, count) = (0, 0)
    for (index, entry) in dataset.classes.enumerated() {
      for image in 0..<entry.count where (dataset.offsets[index] + image) % every == 0 {
        count += 1
        if dataset.picture(image, ofClass: index)?.grey().hasLightBorder == true { light += 1 }
      }
    }
    let isLight = 2 * light > count
    let isOfDrawings = dataset.channels == 1 && 10 * max(light, count - light) >= 9 * count
    let format = ImageFormat(
      height: dataset.height, width: dataset.width, channels: dataset.channels, ink: isOfDrawings ? .automatic : .keep,
      background: isLight ? 255 : 0)
    return format.map { PictureReading(format: $0, isAssumed: true) }
  }
}

extension PictureReading: CustomStringConvertible {
  /// The rule in the words of the options that set it: `28×28×1, ink keep, fit pad, paper 255, background 0`.
  public var description: String {
    let through = afterwards.isEmpty ? "" : " (by way of \(format.height)×\(format.width)×\(format.channels))"
    let beside = format.fit == .pad ? ", background \(format.background)" : ""
    return "\(size)\(through), ink \(format.ink.rawValue), fit \(format.fit.rawValue), paper \(format.paper)\(beside)"
  }
}

extension PixelImage {
  /// Whether the outermost pixels are light on average: paper, if the picture is a drawing.
  public var hasLightBorder: Bool {
    var sum = 0
    var count = 0
    for row in 0..<height {
      let isEdge = row == 0 || row == height - 1
      for column in isEdge ? Array(0..<width) : [0, width - 1] {
        for channel in 0..<channels { sum += Int(self[row, column, channel]) }
        count += channels
      }
    }
    return 2 * sum > 255 * count
  }

  /// Whether more than a hundredth of the pixels have a colour that is not grey.
  public var hasColours: Bool {
    guard channels == 3 else { return false }
    var coloured = 0
    for index in 0..<height * width {
      let pixel = pixels[3 * index..<3 * index + 3]
      // Scans of grey paper are tinted by less.
      if let least = pixel.min(), let most = pixel.max(), most - least > 48 { coloured += 1 }
    }
    return 100 * coloured > height * width
  }
}
