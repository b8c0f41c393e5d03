import Foundation

/// Many pictures on one page, to be looked at.
public enum ContactSheet {
  /// Lays pictures out in rows of `columns` cells, `gap` pixels apart, on a background.
  ///
  /// Cells are as large as the largest picture; the sheet is grey where all pictures are, else in colour. An empty list gives one
  /// empty cell.
  public static func compose(
    _ images: [PixelImage], columns: Int, gap: Int = 2, background: UInt8 = 96
  ) -> PixelImage {
    precondition(columns >= 1 && gap >= 0, "a sheet has at least one column")
    let channels = images.map(\.channels).max() ?? 1
    let cellHeight = images.map(\.height).max() ?? 1
    let cellWidth = images.map(\.width).max() ?? 1
    let rows = max(1, (images.count + columns - 1) / columns)
    var sheet = PixelImage(
      height: rows * (cellHeight + gap) + gap, width: columns * (cellWidth + gap) + gap, channels: channels,
      filledWith: background)
    for (index, image) in images.enumerated() {
      sheet.paste(
        image.converted(toChannels: channels), row: gap + index / columns * (cellHeight + gap),
        column: gap + index % columns * (cellWidth + gap))
    }
    return sheet
  }

  /// One row per class: the first `images` of each of the data set's classes in `classes` (all if `nil`).
  public static func compose(_ dataset: ImageDataset, classes: [Int]? = nil, images: Int = 20) -> PixelImage {
    precondition(images >= 1, "a sheet has at least one column")
    var cells: [PixelImage] = []
    for index in classes ?? Array(dataset.classes.indices) {
      for position in 0..<images {
        let picture = position < dataset.classes[index].count ? dataset.picture(position, ofClass: index) : nil
        cells.append(picture ?? PixelImage(height: dataset.height, width: dataset.width, channels: dataset.channels))
      }
    }
    return compose(cells, columns: images)
  }

  /// Writes a sheet of a data set as PNG, `classes` of its classes spread evenly; makes the folder.
  /// - Throws: ``PNGError``, or Foundation's error if the folder cannot be made.
  public static func write(_ dataset: ImageDataset, to path: String, classes: Int = 16, images: Int = 20) throws {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try compose(dataset, spread: classes, images: images).writePNG(to: path)
  }

  /// A sheet with a number of classes of a data set, spread evenly, and a maximum number of images of each.
  package static func compose(_ dataset: ImageDataset, spread classes: Int, images: Int) -> PixelImage {
    let chosen = Array(dataset.classes.indices).spread(over: classes)
    let most = dataset.classes.map(\.count).max() ?? 1
    return compose(dataset, classes: chosen, images: min(images, most))
  }
}

extension ImageDataset {
  /// One image as a picture; `nil` if the data set's shape is not that of a picture.
  public func picture(_ index: Int, ofClass classIndex: Int) -> PixelImage? {
    PixelImage(height: height, width: width, channels: channels, pixels: Array(image(index, ofClass: classIndex)))
  }
}
