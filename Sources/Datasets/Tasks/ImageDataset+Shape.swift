extension ImageDataset {
  /// The shape `[height, width, channels]` of an image.
  public var imageShape: [Int] { [height, width, channels] }
}
