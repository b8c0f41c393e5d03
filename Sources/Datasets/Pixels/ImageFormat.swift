/// The rule by which pictures of any size and colour are made uniform. Nothing is decided by looking at the pictures, so that a
/// data set is a function of its files and of this value.
public struct ImageFormat: Sendable, Hashable, Codable {
  /// What becomes of pictures whose aspect ratio is another.
  public enum Fit: String, Sendable, Hashable, Codable, CaseIterable {
    /// Scaled to fit in, centred on background.
    case pad
    /// The largest centred part of the right aspect ratio, scaled.
    case crop
    /// Both sides scaled on their own.
    case stretch
  }

  /// How ink and paper are told apart.
  public enum Ink: String, Sendable, Hashable, Codable, CaseIterable {
    /// Pictures are left as they are; the background is 0.
    case keep
    /// Dark ink on light paper: inverted, so that ink is high on 0.
    case dark
  }

  /// Pixels from top to bottom.
  public let height: Int
  /// Pixels from left to right.
  public let width: Int
  /// 1: grey by luminance; 3: colour, grey pictures get three equal channels.
  public let channels: Int
  /// What becomes of other aspect ratios.
  public let fit: Fit
  /// Whether pictures are inverted.
  public let ink: Ink

  /// Stores the rule; `nil` where the shape is not that of a picture (sides 1…16,384, channels 1 or 3).
  public init?(height: Int, width: Int, channels: Int, fit: Fit = .pad, ink: Ink = .keep) {
    guard (1...16_384).contains(height), (1...16_384).contains(width), channels == 1 || channels == 3 else { return nil }
    self.height = height
    self.width = width
    self.channels = channels
    self.fit = fit
    self.ink = ink
  }

  /// A picture by the rule: grey or colour first, then inverted where asked, then cut and scaled by area averaging.
  public func apply(to picture: PixelImage) -> PixelImage {
    var image = picture.converted(toChannels: channels)
    if ink == .dark { image = image.inverted() }
    switch fit {
    case .stretch: return image.resized(height: height, width: width)
    case .pad: return image.fitted(height: height, width: width, background: 0)
    case .crop: return image.centreCrop(heightRatio: height, widthRatio: width).resized(height: height, width: width)
    }
  }
}

extension PixelImage {
  /// The largest centred part whose height and width are in a ratio (to the nearest pixel).
  public func centreCrop(heightRatio: Int, widthRatio: Int) -> PixelImage {
    precondition(heightRatio >= 1 && widthRatio >= 1, "a part has a size")
    let tooWide = width * heightRatio > height * widthRatio
    let partHeight = tooWide ? height : max(1, min(height, (width * heightRatio + widthRatio / 2) / widthRatio))
    let partWidth = tooWide ? max(1, min(width, (height * widthRatio + heightRatio / 2) / heightRatio)) : width
    guard partHeight != height || partWidth != width else { return self }
    var part = PixelImage(height: partHeight, width: partWidth, channels: channels)
    part.paste(self, row: -((height - partHeight) / 2), column: -((width - partWidth) / 2))
    return part
  }
}

extension ImageDataset {
  /// The data set with all images scaled and of so many channels (1 or 3); sides that are `nil` stay as they are.
  public func uniform(height: Int?, width: Int?, channels: Int, fit: ImageFormat.Fit = .pad) -> ImageDataset {
    let format = ImageFormat(height: height ?? self.height, width: width ?? self.width, channels: channels, fit: fit)
    // The sides of a data set are within the format's bounds, as its readers and the configuration see to.
    return format.map(uniform) ?? self
  }

  /// The data set with all images by one rule, so that data sets can be mixed in one task distribution.
  public func uniform(_ format: ImageFormat) -> ImageDataset {
    if format.ink == .keep, format.height == height, format.width == width, format.channels == channels { return self }
    var bytes = [UInt8]()
    bytes.reserveCapacity(imageCount * format.height * format.width * format.channels)
    for index in classes.indices {
      for position in 0..<classes[index].count {
        guard let picture = picture(position, ofClass: index) else {
          preconditionFailure("the pixels of a data set fit its shape")
        }
        bytes += format.apply(to: picture).pixels
      }
    }
    guard
      let result = ImageDataset(
        name: name, height: format.height, width: format.width, channels: format.channels, classes: classes, pixels: bytes)
    else { preconditionFailure("as many images as before") }
    return result
  }
}
