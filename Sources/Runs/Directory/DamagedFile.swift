import Datasets
import Foundation

/// Damaged files, which are put aside and never removed: `NAME.damaged-1` and so on.
package enum DamagedFile {
  /// The first name that is free.
  private static func name(for path: String) -> String {
    var number = 1
    while FileManager.default.fileExists(atPath: "\(path).damaged-\(number)"), number < 10_000 { number += 1 }
    return "\(path).damaged-\(number)"
  }

  private static func short(_ path: String) -> String { URL(fileURLWithPath: path).lastPathComponent }

  /// Writes what a damaged file holds to a place beside it.
  ///
  /// - Returns: the name of the copy.
  package static func copy(_ bytes: [UInt8], of path: String, calls: FileCalls = .system) throws(RunError) -> String {
    let place = name(for: path)
    do {
      try ByteFile.writeAtomically(bytes, to: place, calls: calls)
    } catch {
      throw RunError(error, action: "keep a damaged file as \(short(place))", path: path)
    }
    return short(place)
  }

  /// Renames a damaged file.
  ///
  /// - Returns: its new name.
  package static func setAside(_ path: String, calls: FileCalls = .system) throws(RunError) -> String {
    let place = name(for: path)
    guard calls.rename(path, place) == 0 else {
      throw RunError(.last, action: "put a damaged file aside as \(short(place))", path: path)
    }
    return short(place)
  }
}
