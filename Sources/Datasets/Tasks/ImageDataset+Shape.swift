extension ImageDataset {
  /// [height, width, channels]
  public var imageShape: [Int] { [height, width, channels] }
}
