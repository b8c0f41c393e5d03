import Datasets
import DifferentiableSearch
import Foundation
import Runs

/// The folder of searches on a supernet: `search.json` says what they have in common, every search has a folder of its own in it. One process
/// at a time works there.
public final class SupernetSearchFolder: Sendable {
  /// What all searches in a folder have in common.
  public struct Settings: Codable, Equatable, Sendable {
    public var space: String
    public var dataset: String
    /// SHA-256 of all pixels.
    public var pixels: String
    /// Images of each level.
    public var images: Int
    /// Whether they are mirrored and moved at random.
    public var augments: Bool
    public var channels: Int
    public var cellsPerStage: Int
    /// With the seed of the first search.
    public var search: SearchSettings

    public init(
      space: String, dataset: String, pixels: String, images: Int, augments: Bool, channels: Int, cellsPerStage: Int,
      search: SearchSettings
    ) {
      self.space = space
      self.dataset = dataset
      self.pixels = pixels
      self.images = images
      self.augments = augments
      self.channels = channels
      self.cellsPerStage = cellsPerStage
      self.search = search
      // Searches of several seeds live side by side.
      self.search.seed = 0
    }
  }

  public let path: String
  private let lock: RunLock

  /// Opens a folder, or makes it.
  ///
  /// - Throws: `RunError` where it holds something else or a process works on it, `ConfigurationError` where it holds searches
  ///   with other settings.
  public init(_ path: String, settings: Settings) throws {
    self.path = path
    try Self.check(path, settings)
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw RunError(.system(action: "make the folder", reason: error.localizedDescription), path: path)
    }
    lock = try RunLock(folder: path)
    if !FileManager.default.fileExists(atPath: path + "/search.json") {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      try Self.write(Array(try encoder.encode(settings)) + [10], to: "search.json", of: path)
    }
  }

  /// Looks whether a folder can be used, without writing.
  ///
  /// - Throws: as ``init(_:settings:)``.
  public static func check(_ path: String, _ settings: Settings) throws {
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    guard entries.contains("search.json") else {
      guard entries.allSatisfy({ $0 == "lock" || ByteFile.isTemporary($0) }) else { throw RunError(.notEmpty, path: path) }
      return
    }
    guard try self.settings(of: path) == settings else {
      throw ConfigurationError(
        path: path + "/search.json", key: "", problem: "the folder holds searches with other settings",
        help: "give another folder with --output, or remove this one")
    }
  }

  /// What the searches in a folder have in common.
  ///
  /// - Throws: `RunError` where there are none, or `search.json` is damaged.
  static func settings(of path: String) throws(RunError) -> Settings {
    let bytes = try read("search.json", of: path)
    guard let settings = try? JSONDecoder().decode(Settings.self, from: Data(bytes)) else {
      throw RunError(.unreadable(file: "search.json", reason: "not the settings of a search"), path: path)
    }
    return settings
  }

  /// The process that worked here before, where it was killed.
  public var abandonedBy: String? { lock.abandonedBy }

  static func write(_ bytes: [UInt8], to file: String, of path: String) throws(RunError) {
    do {
      try ByteFile.writeAtomically(bytes, to: "\(path)/\(file)")
    } catch {
      throw RunError(error, action: "write \(file)", path: path)
    }
  }

  static func read(_ file: String, of path: String) throws(RunError) -> [UInt8] {
    do {
      return try ByteFile.read("\(path)/\(file)", limit: 4 << 30)
    } catch {
      throw RunError(.unreadable(file: file, reason: error.reason), path: path)
    }
  }
}
