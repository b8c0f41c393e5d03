import Basics
import Foundation

/// A folder of packs made from slower sources, so that they are decoded once and not in every run.
///
/// A cache never changes what is read: a pack is found by the digest of its source, checked by its checksums, and made again
/// where it is missing or damaged.
public struct DatasetCache: Sendable, Hashable {
  /// What became of a request.
  public enum Outcome: Sendable, Hashable {
    /// The pack was there and intact.
    case found
    /// The data set was made and stored.
    case stored
    /// The data set was made and could not be stored; the next run makes it again.
    case notStored(reason: String)
  }

  /// Where the packs are.
  public let folder: String

  /// A cache in a folder, which is made when something is stored.
  public init(folder: String) { self.folder = folder }

  /// `archprior` in the user's cache folder: `$XDG_CACHE_HOME`, or `~/.cache`.
  public static var ofUser: DatasetCache {
    let variable = ProcessInfo.processInfo.environment["XDG_CACHE_HOME"] ?? ""
    // The XDG base directory specification wants relative paths ignored.
    let base =
      variable.hasPrefix("/")
      ? URL(fileURLWithPath: variable) : FileManager.default.homeDirectoryForCurrentUser.appendingPathComponent(".cache")
    return DatasetCache(folder: base.appendingPathComponent("archprior").path)
  }

  /// Where the pack of a key is kept.
  public func path(name: String, key: [String]) -> String {
    let digest = SHA256.hex(Array(key.map { "\($0.utf8.count):\($0)" }.joined().utf8))
    return URL(fileURLWithPath: folder).appendingPathComponent("\(name)-\(digest.prefix(32)).archpack").path
  }

  /// The data set of a key: from its pack, or made and stored.
  ///
  /// - Parameters:
  ///   - name: the data set's name, which its file's name begins with.
  ///   - key: everything that the data set is a function of, such as digests of sources and settings.
  ///   - provenance: what the pack says about the data set.
  ///   - make: makes the data set.
  /// - Throws: what `make` throws.
  public func dataset(
    name: String, key: [String], provenance: DatasetPack.Provenance, make: () throws(ReaderError) -> ImageDataset
  ) throws(ReaderError) -> (dataset: ImageDataset, outcome: Outcome) {
    let path = path(name: name, key: key)
    if let pack = try? DatasetPack.read(path), pack.dataset.name == name { return (pack.dataset, .found) }
    let dataset = try make()
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try DatasetPack(dataset: dataset, provenance: provenance).write(to: path)
      return (dataset, .stored)
    } catch let error as PackError {
      return (dataset, .notStored(reason: error.description))
    } catch {
      return (dataset, .notStored(reason: FailureText.of(error)))
    }
  }
}
