import Datasets
import Foundation
import Messages

/// The image files of a task folder with their classes, nothing decoded yet.
struct FolderTaskFiles {
  let classNames: [String]
  let support: [(path: String, label: Int)]
  let query: [(path: String, label: Int?)]

  init(folder: String) throws(FolderTaskError) {
    let root = URL(fileURLWithPath: folder)
    guard Self.isFolder(root) else { throw .noSuchFolder(path: folder) }
    let supportFolder = root.appendingPathComponent("support")
    let queryFolder = root.appendingPathComponent("query")
    for part in [supportFolder, queryFolder] where !Self.isFolder(part) { throw .noSuchFolder(path: part.path) }

    var classNames = [String]()
    var support = [(path: String, label: Int)]()
    for entry in try Self.list(supportFolder) {
      guard Self.isFolder(entry) else {
        if PixelImage.isPicture(named: entry.lastPathComponent) { throw .imageWithoutClass(path: entry.path) }
        throw .unsupportedFile(path: entry.path)
      }
      let images = try Self.images(entry)
      guard !images.isEmpty else { throw .emptyClass(path: entry.path) }
      support += images.map { ($0, classNames.count) }
      classNames.append(entry.lastPathComponent)
    }
    for (part, names) in [
      (supportFolder, classNames), (queryFolder, try Self.list(queryFolder).filter(Self.isFolder).map(\.lastPathComponent)),
    ] {
      // Swift's equality of texts would take them for one class.
      if let (first, second) = SystemFiles.twins(in: names) {
        throw .twins(path: part.path + "/" + first, first: SystemFiles.codePoints(first), second: SystemFiles.codePoints(second))
      }
    }
    guard classNames.count >= 2 else { throw .tooFewClasses(path: supportFolder.path, found: classNames) }

    var query = [(path: String, label: Int?)]()
    for entry in try Self.list(queryFolder) {
      if Self.isFolder(entry) {
        guard let label = classNames.firstIndex(of: entry.lastPathComponent) else {
          throw .unknownQueryClass(path: entry.path, classes: classNames)
        }
        query += try Self.images(entry).map { ($0, label) }
      } else {
        query.append((try Self.checked(entry), nil))
      }
    }
    guard !query.isEmpty else { throw .noQueryImages(path: queryFolder.path) }
    self.classNames = classNames
    self.support = support
    self.query = query
  }

  private static func images(_ folder: URL) throws(FolderTaskError) -> [String] {
    var result = [String]()
    for entry in try list(folder) {
      if isFolder(entry) { throw .unexpectedFolder(path: entry.path) }
      result.append(try checked(entry))
    }
    return result
  }

  private static func checked(_ file: URL) throws(FolderTaskError) -> String {
    guard PixelImage.isPicture(named: file.lastPathComponent) || ForeignPicture.isOne(named: file.lastPathComponent) else {
      throw .unsupportedFile(path: file.path)
    }
    return file.path
  }

  /// What a folder holds, by name, without hidden files and what systems and file managers leave behind.
  private static func list(_ folder: URL) throws(FolderTaskError) -> [URL] {
    let names: [String]
    do {
      names = try SystemFiles.list(folder.path)
    } catch {
      throw .cannotList(path: folder.path, reason: error.reason)
    }
    return names.map { folder.appendingPathComponent($0) }
  }

  private static func isFolder(_ url: URL) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) && isFolder.boolValue
  }
}
