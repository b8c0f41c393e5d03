import Basics
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

  /// Whose damaged file a name is: `log.jsonl` of `log.jsonl.damaged-2`; `nil` for other names.
  package static func original(of name: String) -> String? {
    guard let end = name.range(of: ".damaged-", options: .backwards), end.lowerBound > name.startIndex,
      !name[end.upperBound...].isEmpty, name[end.upperBound...].allSatisfy({ ("0"..."9").contains($0) })
    else { return nil }
    return String(name[..<end.lowerBound])
  }

  /// Puts aside what an error is about, so that it can be made again.
  ///
  /// - Parameter folder: that of the file from where people look, with a slash.
  /// - Returns: what is to be said: the error, and as what the file is kept, where there is one.
  package static func putAside(
    _ path: String, in folder: String = "", because error: RunError, calls: FileCalls = .system
  ) throws(RunError) -> String {
    if case .missing = error.problem { return error.message }
    return "\(error.message); it is kept as \(folder)\(try setAside(path, calls: calls))"
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
