import Basics
import Foundation

/// What can be wrong with a user's task folder. Each case names the path and says what to do.
public enum FolderTaskError: Error, Hashable, Sendable {
  /// There is no folder at this path.
  case noSuchFolder(path: String)
  /// There is a file where a folder should be.
  case notAFolder(path: String)
  /// A folder that cannot be listed.
  case cannotList(path: String, reason: String)
  /// Fewer than two class folders in `support`.
  case tooFewClasses(path: String, found: [String])
  /// A class folder without images.
  case emptyClass(path: String)
  /// An image in `support` that is in no class folder.
  case imageWithoutClass(path: String)
  /// No image in `query`.
  case noQueryImages(path: String)
  /// A folder in `query` that is not the name of a class.
  case unknownQueryClass(path: String, classes: [String])
  /// A folder where only images belong.
  case unexpectedFolder(path: String)
  /// Two folders whose names look the same and are written with different code points.
  case twins(path: String, first: String, second: String)
  /// A file that is neither PNG nor JPEG by its name.
  case unsupportedFile(path: String)
  /// A symbolic link to a folder where only images belong.
  case linkedFolder(path: String)
  /// A file or folder whose name is not UTF-8; such bytes of the path are written as `\xe9`.
  case nameNotUTF8(path: String)
  /// A picture that cannot be read.
  case unreadableImage(path: String, reason: String)
}

extension FolderTaskError: CustomStringConvertible, LocalizedError {
  /// The message for the user.
  public var description: String {
    switch self {
    case .noSuchFolder(let path):
      "\(path): no such folder; a task has pictures in support/<class>/ and query/"
    case .notAFolder(let path):
      "\(path): a file, not a folder; a task is a folder with pictures in support/<class>/ and query/"
    case .cannotList(let path, let reason):
      "\(path): cannot be listed: \(reason)"
    case .tooFewClasses(let path, let found):
      "\(path): \(found.isEmpty ? "no class folder" : "one class folder only (\(found[0]))"); "
        + "make one folder for each class, at least two, with its example images"
    case .emptyClass(let path):
      "\(path): no images; put at least one PNG or JPEG of the class there, or remove the folder"
    case .imageWithoutClass(let path):
      "\(path): is in no class folder; move it to support/<class>/"
    case .noQueryImages(let path):
      "\(path): no images; put the pictures to be classified there"
    case .unknownQueryClass(let path, let classes):
      "\(path): is not the name of a class of support (\(classes.joined(separator: ", "))); "
        + "rename it, or put its images into query/ itself"
    case .unexpectedFolder(let path):
      "\(path): a folder where images are expected; move its images up"
    case .twins(let path, let first, let second):
      "\(path): two folders have this name, as \(first) and as \(second); rename one, or put their pictures together"
    case .unsupportedFile(let path):
      "\(path): neither PNG nor JPEG by its name; convert it or remove it"
    case .linkedFolder(let path):
      "\(path): a symbolic link to a folder where images are expected; remove it"
    case .nameNotUTF8(let path):
      "\(path): \(SystemFiles.notUTF8)"
    case .unreadableImage(let path, let reason):
      "\(path): \(reason)"
    }
  }

  /// The same message, for Foundation.
  public var errorDescription: String? { description }
}
