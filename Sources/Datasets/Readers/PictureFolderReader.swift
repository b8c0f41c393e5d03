import Foundation
import Messages

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
    var classes: [ImageDataset.ImageClass] = []
    var pixels: [UInt8] = []
    for (group, className, files) in try layout(folder) {
      let title = group.map { "\($0)/\(className)" } ?? className
      classes.append(.init(name: title, group: group ?? className, count: files.count))
      for file in files {
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

  /// The classes of a folder: group (where there is one), name, files.
  static func layout(_ folder: String) throws(ReaderError) -> [(group: String?, name: String, files: [String])] {
    var result: [(group: String?, name: String, files: [String])] = []
    for entry in try list(folder) {
      guard entry.isFolder else {
        throw .unexpectedLayout(path: folder, entry: entry.name, reason: "a file where class folders are expected; move it")
      }
      let inner = try list(entry.path)
      if inner.isEmpty { throw .missingFiles(path: entry.path, expected: ["pictures of the class"]) }
      if inner.allSatisfy(\.isFolder) {
        for each in inner { result.append((entry.name, each.name, try pictures(in: each.path))) }
      } else {
        result.append((nil, entry.name, try pictures(in: entry.path)))
      }
    }
    guard !result.isEmpty else { throw .missingFiles(path: folder, expected: ["folders of classes"]) }
    return result
  }

  private static func pictures(in folder: String) throws(ReaderError) -> [String] {
    let entries = try list(folder)
    guard !entries.isEmpty else { throw .missingFiles(path: folder, expected: ["pictures of the class"]) }
    for entry in entries where entry.isFolder || !PixelImage.isPicture(named: entry.name) {
      throw .unexpectedLayout(
        path: folder, entry: entry.name, reason: "neither PNG nor JPEG by its name; convert it or take it out")
    }
    return entries.map(\.path)
  }

  private struct Entry {
    var name: String
    var path: String
    var isFolder: Bool
  }

  /// What a folder holds, by name, without hidden files and what file managers leave behind.
  private static func list(_ folder: String) throws(ReaderError) -> [Entry] {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: folder)
    } catch {
      throw .unreadable(path: folder, reason: FailureText.of(error))
    }
    return names.filter { !$0.hasPrefix(".") && !["Thumbs.db", "desktop.ini"].contains($0) }.sorted().map { name in
      var isFolder: ObjCBool = false
      let path = folder + "/" + name
      return Entry(
        name: name, path: path,
        isFolder: FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue)
    }
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
