import Basics
import Foundation

/// Reads a folder of class folders with pictures (PNG or JPEG): `FOLDER/CLASS/*.png`, or `FOLDER/GROUP/CLASS/*.jpg` with alphabets
/// or superclasses above the classes.
public struct PictureFolderReader: Sendable {
  /// A reader; it has no settings.
  public init() {}

  /// Reads all pictures, classes and files in the order of their names, made uniform by an explicit rule.
  ///
  /// - Parameters:
  ///   - name: the data set's name.
  ///   - folder: the folder that holds the class folders.
  ///   - format: size, channels, fit and ink of all images.
  ///   - limits: how large a picture may be.
  /// - Throws: `ReaderError`: a folder that cannot be listed, without classes, with a class without pictures, with files that are
  ///   no pictures, or with a picture that cannot be read.
  public static func dataset(
    name: String, folder: String, format: ImageFormat, limits: PNGLimits = PNGLimits()
  ) throws(ReaderError) -> ImageDataset {
    var report = ImportReport()
    return try dataset(
      name: name, folder: folder, format: format, limits: limits, splits: nil, strict: true, report: &report)
  }

  /// As ``dataset(name:folder:format:limits:)``, but unless `strict` pictures and folders that cannot be read are left out, and
  /// classes without any that can.
  ///
  /// - Parameters:
  ///   - splits: how folders such as train and test are treated.
  ///   - report: gets what was taken for granted, and what was odd about the pictures.
  /// - Throws: ``ReaderError``, also if no picture can be read.
  static func dataset(
    name: String, folder: String, format: ImageFormat, limits: PNGLimits = PNGLimits(), splits: Splits?, strict: Bool,
    report: inout ImportReport
  ) throws(ReaderError) -> ImageDataset {
    var classes: [ImageDataset.ImageClass] = []
    var pixels: [UInt8] = []
    let layout = try layout(folder, splits: splits, strict: strict, report: &report)
    // The images, and those again as they are packed.
    let count = layout.reduce(0) { $0 + $1.files.count }
    try AvailableMemory.check(2 * format.bytes(of: count), path: folder)
    for entry in layout {
      let title = entry.group.map { "\($0)/\(entry.name)" } ?? entry.name
      let count = try read(entry.files, format: format, limits: limits, strict: strict, into: &pixels, report: &report)
      guard count > 0 else {
        report.emptyClasses.append(title)
        continue
      }
      classes.append(.init(name: title, group: entry.group ?? entry.name, count: count))
    }
    // If no picture is left, the first picture's error says more than "there are none".
    if classes.isEmpty, let first = report.firstUnreadable ?? report.firstLeftOut {
      throw .badPicture(
        path: folder, problem: Fault("none of its pictures can be read, such as \(first.message)", help: first.help))
    }
    guard
      var dataset = ImageDataset(
        name: name, height: format.height, width: format.width, channels: format.channels, classes: classes, pixels: pixels)
    else { throw .badSize(path: folder, offset: 0, reason: "sizes do not fit the data") }
    dataset.reading = PictureReading(format: format)
    return dataset
  }
}
