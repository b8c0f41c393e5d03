extension PixelImage {
  /// The picture at another size: each new pixel is the mean of the area it covers in the old one, rounded to nearest.
  ///
  /// Exact in integers, so the same on every machine. Sides are scaled separately; see ``fitted(height:width:background:)`` for
  /// keeping the aspect ratio. Enlarging repeats pixels, blending where edges do not meet. Each old side times the new one must
  /// stay within 2²⁸ (16,384 squared), which ``PNGLimits`` ensures for decoded pictures.
  public func resized(height newHeight: Int, width newWidth: Int) -> PixelImage {
    precondition(newHeight >= 1 && newWidth >= 1, "a picture has at least one pixel")
    guard newHeight != height || newWidth != width else { return self }
    // In units of 1/newWidth of an old pixel, new column x covers [x·width, (x+1)·width); likewise the rows.
    let horizontal = Self.coverage(from: width, to: newWidth)
    let vertical = Self.coverage(from: height, to: newHeight)
    var rows = [UInt64](repeating: 0, count: height * newWidth * channels)
    for y in 0..<height {
      for (x, spans) in horizontal.enumerated() {
        for channel in 0..<channels {
          var sum: UInt64 = 0
          for span in spans { sum += UInt64(pixels[(y * width + span.index) * channels + channel]) * span.weight }
          rows[(y * newWidth + x) * channels + channel] = sum
        }
      }
    }
    let area = UInt64(width) * UInt64(height)
    var result = [UInt8](repeating: 0, count: newHeight * newWidth * channels)
    let rowBytes = newWidth * channels
    for (y, spans) in vertical.enumerated() {
      for position in 0..<rowBytes {
        var sum: UInt64 = 0
        for span in spans { sum += rows[span.index * rowBytes + position] * span.weight }
        result[y * rowBytes + position] = UInt8((sum + area / 2) / area)
      }
    }
    // The shape is right by construction.
    var image = PixelImage(height: newHeight, width: newWidth, channels: channels)
    image.replacePixels(with: result)
    return image
  }

  /// The picture scaled to fit a box, its aspect ratio kept (to the nearest pixel), centred on a background.
  public func fitted(height boxHeight: Int, width boxWidth: Int, background: UInt8) -> PixelImage {
    let byWidth = width * boxHeight >= height * boxWidth
    let newWidth = byWidth ? boxWidth : max(1, (width * boxHeight + height / 2) / height)
    let newHeight = byWidth ? max(1, (height * boxWidth + width / 2) / width) : boxHeight
    var box = PixelImage(height: boxHeight, width: boxWidth, channels: channels, filledWith: background)
    box.paste(
      resized(height: newHeight, width: newWidth), row: (boxHeight - newHeight) / 2, column: (boxWidth - newWidth) / 2)
    return box
  }

  private struct Span {
    var index: Int
    var weight: UInt64
  }

  private static func coverage(from old: Int, to new: Int) -> [[Span]] {
    (0..<new).map { position in
      let start = position * old
      let end = start + old
      return (start / new...(end - 1) / new).map { index in
        Span(index: index, weight: UInt64(min(end, (index + 1) * new) - max(start, index * new)))
      }
    }
  }
}
