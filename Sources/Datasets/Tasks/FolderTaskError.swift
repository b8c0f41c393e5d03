import Basics

/// What can be wrong with a user's task folder. Each case names the path and says what to do.
public enum FolderTaskError: ReportableError, Hashable, Sendable {
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
  case unreadableImage(path: String, reason: Fault)
}

extension FolderTaskError {
  /// True: the folder is the user's.
  public var isUsage: Bool { true }

  /// Which path, what is wrong there, and mostly what to do.
  public var fault: Fault {
    switch self {
    case .noSuchFolder(let path):
      Fault("no such folder", at: .file(path), help: "a task has pictures in support/<class>/ and query/")
    case .notAFolder(let path):
      Fault(
        "a file, not a folder", at: .file(path), help: "a task is a folder with pictures in support/<class>/ and query/")
    case .cannotList(let path, let reason): Fault("cannot be listed: \(reason)", at: .file(path))
    case .tooFewClasses(let path, let found):
      Fault(
        found.isEmpty ? "no class folder" : "one class folder only (\(found[0]))", at: .file(path),
        help: "make one folder for each class, at least two, with its example images")
    case .emptyClass(let path):
      Fault(
        "no images", at: .file(path), help: "put at least one PNG or JPEG of the class there, or remove the folder")
    case .imageWithoutClass(let path): Fault("is in no class folder", at: .file(path), help: "move it to support/<class>/")
    case .noQueryImages(let path): Fault("no images", at: .file(path), help: "put the pictures to be classified there")
    case .unknownQueryClass(let path, let classes):
      Fault(
        "is not the name of a class of support (\(classes.joined(separator: ", ")))", at: .file(path),
        help: "rename it, or put its images into query/ itself")
    case .unexpectedFolder(let path):
      Fault("a folder where images are expected", at: .file(path), help: "move its images up")
    case .twins(let path, let first, let second):
      Fault(
        "two folders have this name, as \(first) and as \(second)", at: .file(path),
        help: "rename one, or put their pictures together")
    case .unsupportedFile(let path):
      Fault("neither PNG nor JPEG by its name", at: .file(path), help: "convert it or remove it")
    case .linkedFolder(let path):
      Fault("a symbolic link to a folder where images are expected", at: .file(path), help: "remove it")
    case .nameNotUTF8(let path): SystemFiles.notUTF8.within(.file(path))
    case .unreadableImage(let path, let reason): reason.within(.file(path))
    }
  }
}
