import Basics
import Foundation

/// A folder that is held open, so that what is removed lies in it and nowhere else, whatever becomes of paths meanwhile. Symbolic links
/// in it are never followed.
package final class HeldFolder: Sendable {
  /// What an entry is.
  package enum Kind: Sendable, Equatable {
    case file(bytes: Int)
    case folder
    case link
    case other
  }

  private let descriptor: Int32
  /// For messages.
  package let path: String

  /// Opens a folder that the user named: where this path itself is a link, it is followed.
  ///
  /// - Throws: `RunError`.
  package convenience init(_ path: String) throws(RunError) {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw RunError(.system(action: "open it", reason: FailureText.reason()), path: path) }
    self.init(descriptor, path)
  }

  private init(_ descriptor: Int32, _ path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  deinit { close(descriptor) }

  /// Opens a folder in this one, by a path of any number of parts.
  ///
  /// - Throws: `RunError`, in particular where a part is a symbolic link.
  package func folder(_ relative: String) throws(RunError) -> HeldFolder {
    var held = self
    for part in relative.split(separator: "/") where part != "." {
      let inner = "\(held.path)/\(part)"
      if part == ".." || held.kind(String(part)) == .link {
        throw RunError(
          .system(action: "look into it", reason: "a symbolic link that leads elsewhere is not followed"), path: inner)
      }
      let descriptor = openat(held.descriptor, String(part), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
      guard descriptor >= 0 else { throw RunError(.system(action: "open it", reason: FailureText.reason()), path: inner) }
      held = HeldFolder(descriptor, inner)
    }
    return held
  }

  /// What an entry is; `nil` where there is none.
  package func kind(_ name: String) -> Kind? {
    var status = stat()
    guard fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return .file(bytes: Int(status.st_size))
    case S_IFDIR: return .folder
    case S_IFLNK: return .link
    default: return .other
    }
  }

  /// The names in the folder, sorted.
  package func entries() -> [String] {
    // A stream closes its descriptor.
    let copy = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard copy >= 0, let stream = fdopendir(copy) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Removes a file or a link (never what the link points to).
  ///
  /// - Throws: `RunError`.
  package func remove(_ name: String) throws(RunError) {
    guard unlinkat(descriptor, name, 0) == 0 || errno == ENOENT else {
      throw RunError(.system(action: "remove \(name)", reason: FailureText.reason()), path: path)
    }
  }

  /// Removes a folder if nothing is in it.
  @discardableResult package func removeIfEmpty(_ name: String) -> Bool { unlinkat(descriptor, name, AT_REMOVEDIR) == 0 }

  /// Removes a folder, by a path of any number of parts, if nothing is in it.
  ///
  /// - Throws: `RunError` where a part on the way is a symbolic link.
  package func removeFolderIfEmpty(at relative: String) throws(RunError) {
    let parts = relative.split(separator: "/")
    guard let last = parts.last else { return }
    try folder(parts.dropLast().joined(separator: "/")).removeIfEmpty(String(last))
  }

  /// Whether both are the same folder of the disk.
  package func isSame(as other: HeldFolder) -> Bool {
    var (mine, theirs) = (stat(), stat())
    guard fstat(descriptor, &mine) == 0, fstat(other.descriptor, &theirs) == 0 else { return false }
    return mine.st_dev == theirs.st_dev && mine.st_ino == theirs.st_ino
  }

  /// Removes an entry by a path of any number of parts.
  ///
  /// - Throws: `RunError`, in particular where a part on the way is a symbolic link.
  package func remove(at relative: String) throws(RunError) {
    let parts = relative.split(separator: "/")
    guard let last = parts.last else { return }
    try folder(parts.dropLast().joined(separator: "/")).remove(String(last))
  }
}
