import Basics
import Foundation

/// The image files of a task folder with their classes, nothing decoded yet.
///
/// What a task is learned from must be whole, and a fault in it is an error; what cannot be classified is left out.
struct FolderTaskFiles {
  let classNames: [String]
  let support: [(path: String, label: Int)]
  let query: [(path: String, label: Int?)]
  /// What is in the query's folders and cannot be classified, with why; links to folders also of the support.
  let leftOut: [FolderTaskError]

  init(folder: String) throws(FolderTaskError) {
    let root = URL(fileURLWithPath: folder)
    guard !folder.isEmpty else { throw .noSuchFolder(path: "''") }
    func check(_ place: URL, _ path: String) throws(FolderTaskError) {
      guard !Self.isFolder(place) else { return }
      throw FileManager.default.fileExists(atPath: place.path) ? .notAFolder(path: path) : .noSuchFolder(path: path)
    }
    try check(root, folder)
    let supportFolder = root.appendingPathComponent("support")
    let queryFolder = root.appendingPathComponent("query")
    for part in [supportFolder, queryFolder] { try check(part, part.path) }

    var leftOut: [FolderTaskError] = []
    var classNames = [String]()
    var support = [(path: String, label: Int)]()
    for entry in try Self.list(supportFolder, isWhole: true, &leftOut) {
      guard Self.isFolder(entry) else {
        if PixelImage.isPicture(named: entry.lastPathComponent) { throw .imageWithoutClass(path: entry.path) }
        throw .unsupportedFile(path: entry.path)
      }
      let images = try Self.images(entry, isWhole: true, &leftOut)
      guard !images.isEmpty else { throw .emptyClass(path: entry.path) }
      support += images.map { ($0, classNames.count) }
      classNames.append(entry.lastPathComponent)
    }
    let asked = try Self.list(queryFolder, isWhole: false, &leftOut)
    for (part, names) in [(supportFolder, classNames), (queryFolder, asked.filter(Self.isFolder).map(\.lastPathComponent))] {
      // Swift's equality of texts would take them for one class.
      if let (first, second) = SystemFiles.twins(in: names) {
        throw .twins(path: part.path + "/" + first, first: SystemFiles.codePoints(first), second: SystemFiles.codePoints(second))
      }
    }
    guard classNames.count >= 2 else { throw .tooFewClasses(path: supportFolder.path, found: classNames) }

    var query = [(path: String, label: Int?)]()
    for entry in asked {
      guard Self.isFolder(entry) else {
        if let error = Self.flaw(of: entry) { leftOut.append(error) } else { query.append((entry.path, nil)) }
        continue
      }
      guard let label = classNames.firstIndex(of: entry.lastPathComponent) else {
        throw .unknownQueryClass(path: entry.path, classes: classNames)
      }
      do throws(FolderTaskError) {
        query += try Self.images(entry, isWhole: false, &leftOut).map { ($0, label) }
      } catch {
        guard case .cannotList = error else { throw error }
        leftOut.append(error)
      }
    }
    // If nothing is left to classify, the first error says more than "there are none".
    guard !query.isEmpty else { throw leftOut.first ?? .noQueryImages(path: queryFolder.path) }
    self.classNames = classNames
    self.support = support
    self.query = query
    self.leftOut = leftOut
  }

  /// The pictures in a folder.
  ///
  /// - Parameter isWhole: whether a file that is not a picture is an error, instead of being left out.
  private static func images(
    _ folder: URL, isWhole: Bool, _ leftOut: inout [FolderTaskError]
  ) throws(FolderTaskError) -> [String] {
    var result = [String]()
    for entry in try list(folder, isWhole: isWhole, &leftOut) {
      switch SystemFiles.kind(of: entry.path) {
      case .folder: throw .unexpectedFolder(path: entry.path)
      case .linkedFolder, .loop: leftOut.append(.linkedFolder(path: entry.path))
      case .file, .unreachable:
        if let error = flaw(of: entry) {
          if isWhole { throw error }
          leftOut.append(error)
        } else {
          result.append(entry.path)
        }
      }
    }
    return result
  }

  /// What keeps a file from being a picture, by its name.
  private static func flaw(of file: URL) -> FolderTaskError? {
    PixelImage.isPicture(named: file.lastPathComponent) || ForeignPicture.isOne(named: file.lastPathComponent)
      ? nil : .unsupportedFile(path: file.path)
  }

  /// What a folder holds, by name, without hidden files and what systems and file managers leave behind.
  private static func list(
    _ folder: URL, isWhole: Bool, _ leftOut: inout [FolderTaskError]
  ) throws(FolderTaskError) -> [URL] {
    let listing: SystemFiles.Listing
    do {
      listing = try SystemFiles.list(folder.path)
    } catch {
      throw .cannotList(path: folder.path, reason: error.reason)
    }
    let unnamed = listing.notUTF8.map { FolderTaskError.nameNotUTF8(path: "\(folder.path)/\($0)") }
    if isWhole, let error = unnamed.first { throw error }
    leftOut += unnamed
    return listing.names.map { folder.appendingPathComponent($0) }
  }

  private static func isFolder(_ url: URL) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) && isFolder.boolValue
  }
}
