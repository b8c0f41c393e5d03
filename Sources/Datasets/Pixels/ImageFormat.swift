import Basics

/// The rule by which pictures of any size and colour are made uniform. Nothing is decided by looking at the pictures, so that a
/// data set is a function of its files and of this value.
public struct ImageFormat: Sendable, Hashable {
  /// How pictures of another aspect ratio are fitted.
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
    /// Pictures are left as they are.
    case keep
    /// Dark ink on light paper: inverted, so that ink is high on 0.
    case dark
    /// For a user's task only (see ``PictureReading``): grey pictures are inverted, all or none, where most have a border that is on
    /// the other side of 127.5 than the background. A format on its own treats it as `keep`.
    case automatic
  }

  /// Pixels from top to bottom.
  public let height: Int
  /// Pixels from left to right.
  public let width: Int
  /// 1: grey by luminance; 3: colour, grey pictures get three equal channels.
  public let channels: Int
  /// How pictures of another aspect ratio are fitted.
  public var fit: Fit
  /// Whether pictures are inverted.
  public var ink: Ink
  /// The grey level, 0…255, that transparent pixels are laid over, before anything is inverted.
  public var paper: UInt8
  /// The level of what ``Fit/pad`` adds beside a picture, after inverting.
  public var background: UInt8

  /// Stores the rule; `nil` if the shape is not that of a picture (sides 1…16,384, channels 1 or 3).
  public init?(
    height: Int, width: Int, channels: Int, fit: Fit = .pad, ink: Ink = .keep, paper: UInt8 = 255, background: UInt8 = 0
  ) {
    guard (1...16_384).contains(height), (1...16_384).contains(width), channels == 1 || channels == 3 else { return nil }
    self.height = height
    self.width = width
    self.channels = channels
    self.fit = fit
    self.ink = ink
    self.paper = paper
    self.background = background
  }

  /// A picture by the rule: grey or colour first, then inverted where asked, then cut and scaled by area averaging.
  public func apply(to picture: PixelImage) -> PixelImage {
    var image = picture.converted(toChannels: channels)
    if ink == .dark { image = image.inverted() }
    switch fit {
    case .stretch: return image.resized(height: height, width: width)
    case .pad: return image.fitted(height: height, width: width, background: background)
    case .crop: return image.centreCrop(heightRatio: height, widthRatio: width).resized(height: height, width: width)
    }
  }
}

extension ImageFormat: Codable {
  private enum CodingKeys: String, CodingKey { case height, width, channels, fit, ink, paper, background }

  /// Reads a rule; a shape that no picture has is an error, since files may be damaged.
  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    let shape = try [CodingKeys.height, .width, .channels].map { try fields.decode(Int.self, forKey: $0) }
    guard
      let format = ImageFormat(
        height: shape[0], width: shape[1], channels: shape[2], fit: try fields.decode(Fit.self, forKey: .fit),
        ink: try fields.decode(Ink.self, forKey: .ink), paper: try fields.decode(UInt8.self, forKey: .paper),
        background: try fields.decode(UInt8.self, forKey: .background))
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .height, in: fields, debugDescription: "\(shape[0])×\(shape[1])×\(shape[2]) is not the shape of a picture")
    }
    self = format
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

extension ImageFormat {
  /// The bytes of a number of images, at most ``ClaimedSize/limit``.
  func bytes(of count: Int) -> Int { ClaimedSize.bytes([count, height, width, channels]) ?? ClaimedSize.limit }
}

extension ImageDataset {
  /// The data set with all images scaled, and with this number of channels (1 or 3); sides that are `nil` stay as they are.
  public func uniform(height: Int?, width: Int?, channels: Int, fit: ImageFormat.Fit = .pad) -> ImageDataset {
    let format = ImageFormat(height: height ?? self.height, width: width ?? self.width, channels: channels, fit: fit)
    // The sides of a data set are within the format's bounds, as its readers and the configuration see to.
    return format.map(uniform) ?? self
  }

  /// The data set with all images by one rule, so that data sets can be mixed in one task distribution.
  public func uniform(_ format: ImageFormat) -> ImageDataset {
    if format.ink != .dark, format.height == height, format.width == width, format.channels == channels { return self }
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
      var result = ImageDataset(
        name: name, height: format.height, width: format.width, channels: format.channels, classes: classes, pixels: bytes)
    else { preconditionFailure("as many images as before") }
    result.reading = reading?.followed(by: format)
    return result
  }
}
