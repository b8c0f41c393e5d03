import Basics
import Foundation

/// A folder of searches with settings in common, which `search.json` holds: a later call with the same settings finds what is there. One
/// process at a time works in it.
public final class SearchFolder<Settings: Codable & Equatable & Sendable>: Sendable {
  /// The path of the folder.
  public let path: String
  private let lock: RunLock
  /// What the files of the folder belong to: a digest of the settings.
  public let owner: String
  /// Whether the folder was made with checksums, so that a file without one is damaged.
  public let isSealed: Bool
  /// What people should know of the folder as it was found.
  public let notes: [String]

  /// Opens a folder, or makes it.
  ///
  /// - Throws: `RunError` where it holds something else or a process works on it, `ConfigurationError` where it holds searches
  ///   with other settings.
  public init(_ path: String, settings: Settings) throws {
    self.path = path
    owner = Self.owner(settings)
    _ = try Self.flaw(path, settings)
    try FolderFile.makeFolder(path, of: path)
    lock = try RunLock(folder: path)
    ByteFile.removeAbandoned(in: path)
    // Once more: another process may have begun here before this one had the lock.
    var notes: [String] = []
    if let flaw = try Self.flaw(path, settings) {
      notes.append(
        "\(try DamagedFile.putAside(path + "/search.json", because: flaw)), and the settings that were given are in its place")
    }
    if try !FolderFile.exists("search.json", of: path) {
      try FolderFile.write(json: settings, to: "search.json", of: path, owner: owner)
    }
    isSealed = try Self.isSealed(path)
    if !isSealed { notes.append("\(path)/search.json was made before checksums: not checked") }
    self.notes = notes
  }

  /// What the files of a folder with these settings belong to.
  package static func owner(_ settings: Settings) -> String { "searches with settings \(Seal.digest(settings))" }

  /// Whether `search.json` has a checksum.
  package static func isSealed(_ path: String) throws(RunError) -> Bool {
    let bytes: [UInt8]
    do throws(RunError) {
      _ = try settings(of: path)
      bytes = try FolderFile.read("search.json", of: path)
    } catch {
      // What takes the place of a damaged one has a checksum.
      guard error.isDamage else { throw error }
      return true
    }
    do throws(Seal.Flaw) { return try Seal.open(json: bytes).isSealed } catch { return true }
  }

  /// Looks whether a folder can be used, without writing.
  ///
  /// - Throws: as ``init(_:settings:)``, but for the lock.
  public static func check(_ path: String, _ settings: Settings) throws { _ = try flaw(path, settings) }

  /// As ``check(_:_:)``.
  ///
  /// - Returns: what is wrong with `search.json`, where it is damaged: what else is there says itself which settings it is of.
  private static func flaw(_ path: String, _ settings: Settings) throws -> RunError? {
    let entries = try FolderFile.entries(of: path)
    guard entries.contains("search.json") else {
      guard entries.allSatisfy({ $0 == "lock" || DamagedFile.original(of: $0) != nil || ByteFile.isTemporary($0) }) else {
        throw RunError.notEmpty(path)
      }
      return nil
    }
    let before: Settings
    do {
      before = try self.settings(of: path)
    } catch {
      guard error.isDamage else { throw error }
      // What has neither our checksum nor our lock beside it is somebody else's.
      if case .damaged = error.problem { return error }
      guard entries.contains("lock") else {
        throw error.mended(by: "give another folder with --output: nothing says that this file is one of ArchPrior's")
      }
      return error
    }
    guard before == settings else {
      let (there, here) = (try leaves(of: before), try leaves(of: settings))
      let differences = Set(there.keys).union(here.keys).sorted().filter { there[$0] != here[$0] }.map { key in
        "\(key) was \(there[key] ?? "none"), is \(here[key] ?? "none")"
      }
      throw ConfigurationError(
        path: path + "/search.json", key: "",
        problem: "the folder holds searches with other settings: \(differences.joined(separator: "; "))",
        help: "give another folder with --output, the settings that it has, or remove it")
    }
    return nil
  }

  /// What the searches in a folder have in common.
  ///
  /// - Throws: `RunError` where there are none, or `search.json` is damaged.
  public static func settings(of path: String) throws(RunError) -> Settings {
    let settings = try FolderFile.read(json: Settings.self, from: "search.json", of: path, owner: nil, mustBeSealed: false)
    return settings
  }

  /// The process that worked here before, where it was killed.
  public var abandonedBy: String? { lock.abandonedBy }

  /// The values of settings by the names of their keys, as JSON; long ones (digests) shortened.
  private static func leaves(of settings: Settings) throws -> [String: String] {
    func leaves(_ value: Any, _ key: String) -> [(String, String)] {
      if let object = value as? [String: Any] {
        return object.flatMap { leaves($0.value, key.isEmpty ? $0.key : "\(key).\($0.key)") }
      }
      let text = (try? JSONSerialization.data(withJSONObject: value, options: [.fragmentsAllowed, .withoutEscapingSlashes])).map {
        String(decoding: $0, as: UTF8.self).filter { $0 != "\"" }
      }
      return [(key, text.map { $0.count == 64 ? $0.prefix(12) + "…" : $0 } ?? "")]
    }
    return Dictionary(leaves(try JSONSerialization.jsonObject(with: JSONEncoder().encode(settings)), "")) { $1 }
  }
}
