import ArchPrior
import Basics
import Foundation

/// A folder that the user gave a path for.
enum OutputFolder {
  /// Looks whether files can be written to a folder, or the folder be made; nothing is.
  ///
  /// - Parameter option: what the path was given for, such as `--output`.
  /// - Returns: whether it is there.
  /// - Throws: `CommandError`.
  static func check(_ path: String, option: String) throws -> Bool {
    var (place, isThere) = (path.isEmpty ? "." : path, true)
    var status = stat()
    while stat(place, &status) != 0 {
      guard errno == ENOENT, !RunDirectory.isLink(place), place != "/", place != "." else {
        throw failure(path, FailureText.reason(), option)
      }
      (place, isThere) = (parent(of: place), false)
    }
    let code = status.st_mode & S_IFMT != S_IFDIR ? ENOTDIR : access(place, W_OK | X_OK) == 0 ? 0 : errno
    guard code == 0 else { throw failure(path, FailureText.reason(code), option, isThere ? "write to" : "make") }
    return isThere
  }

  /// Makes a folder, with those that it lies in.
  ///
  /// - Parameter option: what the path was given for, such as `--output`.
  /// - Throws: `CommandError`.
  static func make(_ path: String, option: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw failure(path, FailureText.of(error), option)
    }
  }

  /// The folder that a path lies in.
  static func parent(of path: String) -> String {
    path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
  }

  private static func failure(_ path: String, _ reason: String, _ option: String, _ verb: String = "make") -> CommandError {
    CommandError("cannot \(verb) the folder \(path): \(reason)", help: "give another one with \(option)", code: 1)
  }
}
