extension ImageDataset {
  /// The data set with images of another size or number of channels, so that data sets can be mixed in one task distribution.
  ///
  /// Sides are scaled by area averaging, each on its own; colour becomes grey by luminance, grey becomes three equal channels.
  /// - Parameters:
  ///   - newHeight: the new height, at least 1.
  ///   - newWidth: the new width, at least 1.
  ///   - newChannels: 1 or 3; as before if `nil`.
  public func resized(height newHeight: Int, width newWidth: Int, channels newChannels: Int? = nil) -> ImageDataset {
    let newChannels = newChannels ?? channels
    precondition(newHeight >= 1 && newWidth >= 1 && (newChannels == 1 || newChannels == 3), "not the shape of images")
    guard newHeight != height || newWidth != width || newChannels != channels else { return self }
    var bytes = [UInt8]()
    bytes.reserveCapacity(imageCount * newHeight * newWidth * newChannels)
    for start in stride(from: 0, to: pixels.count, by: bytesPerImage) {
      let image = PixelImage(
        height: height, width: width, channels: channels, pixels: Array(pixels[start..<start + bytesPerImage]))
      // Grey before scaling and colour after it, whichever has fewer bytes to scale.
      let fewer = newChannels < channels ? image?.grey() : image
      guard let result = fewer?.resized(height: newHeight, width: newWidth).converted(toChannels: newChannels) else {
        preconditionFailure("the pixels of a data set fit its shape")
      }
      bytes += result.pixels
    }
    guard
      var result = ImageDataset(
        name: name, height: newHeight, width: newWidth, channels: newChannels, classes: classes, pixels: bytes)
    else { preconditionFailure("as many images as before") }
    result.reading = ImageFormat(height: newHeight, width: newWidth, channels: newChannels, fit: .stretch)
      .flatMap { reading?.followed(by: $0) }
    return result
  }
}
