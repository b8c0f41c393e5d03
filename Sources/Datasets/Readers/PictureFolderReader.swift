import Foundation

/// Reads a folder of class folders with pictures (PNG or JPEG): `FOLDER/CLASS/*.png`, or `FOLDER/GROUP/CLASS/*.jpg` with alphabets
/// or superclasses above the classes.
public enum PictureFolderReader {
  /// Reads all pictures, classes and files in the order of their names, made uniform by an explicit rule.
  ///
  /// - Parameters:
  ///   - name: the data set's name.
  ///   - folder: the folder that holds the class folders.
  ///   - format: size, channels, fit and ink of all images.
  ///   - limits: how large a picture may be.
  /// - Throws: ``ReaderError``: a folder that cannot be listed, without classes, with a class without pictures, with files that are
  ///   no pictures, or with a picture that cannot be read.
  public static func dataset(
    name: String, folder: String, format: ImageFormat, limits: PNGLimits = PNGLimits()
  ) throws(ReaderError) -> ImageDataset {
    var notes: [String] = []
    return try dataset(name: name, folder: folder, format: format, limits: limits, splits: nil, notes: &notes)
  }

  /// The same; `splits` says what becomes of folders such as train and test, and `notes` gets what was taken for granted.
  static func dataset(
    name: String, folder: String, format: ImageFormat, limits: PNGLimits = PNGLimits(), splits: Splits?, notes: inout [String]
  ) throws(ReaderError) -> ImageDataset {
    var classes: [ImageDataset.ImageClass] = []
    var pixels: [UInt8] = []
    for entry in try layout(folder, splits: splits, notes: &notes) {
      let title = entry.group.map { "\($0)/\(entry.name)" } ?? entry.name
      classes.append(.init(name: title, group: entry.group ?? entry.name, count: entry.files.count))
      for file in entry.files {
        let picture: PixelImage
        do {
          picture = try PixelImage(file: file, limits: limits, background: format.paper)
        } catch {
          throw pictureError(error)
        }
        pixels += format.apply(to: picture).pixels
      }
    }
    guard
      var dataset = ImageDataset(
        name: name, height: format.height, width: format.width, channels: format.channels, classes: classes, pixels: pixels)
    else { throw .badSize(path: folder, offset: 0, reason: "sizes do not fit the data") }
    dataset.reading = PictureReading(format: format)
    return dataset
  }

  static func pictures(in folder: String) throws(ReaderError) -> [String] {
    let entries = try list(folder)
    guard !entries.isEmpty else { throw .missingFiles(path: folder, expected: ["pictures of the class"]) }
    for entry in entries where entry.isFolder || !PixelImage.isPicture(named: entry.name) {
      throw .unexpectedLayout(
        path: folder, entry: entry.name, reason: "neither PNG nor JPEG by its name; convert it or take it out")
    }
    return entries.map(\.path)
  }

  private static func pictureError(_ error: PNGError) -> ReaderError {
    switch error {
    case .unreadable(let path, let reason), .unwritable(let path, let reason): .unreadable(path: path, reason: reason)
    case .damaged(let path, let reason): .damagedArchive(path: path, entry: nil, reason: reason)
    case .tooLarge(let path, let height, let width, let limits):
      .badSize(
        path: path, offset: 0,
        reason: "\(height)×\(width) pixels; at most \(limits.side) a side and \(limits.pixels) in all are read")
    }
  }
}
