import Datasets
import Foundation

/// A folder of searches with settings in common, which `search.json` holds: a later call with the same settings finds what is there. One
/// process at a time works in it.
public final class SearchFolder<Settings: Codable & Equatable & Sendable>: Sendable {
  /// The folder.
  public let path: String
  private let lock: RunLock

  /// Opens a folder, or makes it.
  ///
  /// - Throws: `RunError` where it holds something else or a process works on it, `ConfigurationError` where it holds searches
  ///   with other settings.
  public init(_ path: String, settings: Settings) throws {
    self.path = path
    try Self.check(path, settings)
    try FolderFile.makeFolder(path, of: path)
    lock = try RunLock(folder: path)
    ByteFile.removeAbandoned(in: path)
    // Once more: another process may have begun here before this one had the lock.
    try Self.check(path, settings)
    if !FileManager.default.fileExists(atPath: path + "/search.json") {
      try FolderFile.write(json: settings, to: "search.json", of: path)
    }
  }

  /// Looks whether a folder can be used, without writing.
  ///
  /// - Throws: as ``init(_:settings:)``, but for the lock.
  public static func check(_ path: String, _ settings: Settings) throws {
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    guard entries.contains("search.json") else {
      guard entries.allSatisfy({ $0 == "lock" || ByteFile.isTemporary($0) }) else { throw RunError(.notEmpty, path: path) }
      return
    }
    let before = try self.settings(of: path)
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
  }

  /// What the searches in a folder have in common.
  ///
  /// - Throws: `RunError` where there are none, or `search.json` is damaged.
  public static func settings(of path: String) throws(RunError) -> Settings {
    let bytes = try FolderFile.read("search.json", of: path)
    guard let settings = try? JSONDecoder().decode(Settings.self, from: Data(bytes)) else {
      throw RunError(.unreadable(file: "search.json", reason: "not the settings of a search"), path: path)
    }
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
