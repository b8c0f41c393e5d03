import Basics
import Foundation

/// The available packs: those that come with ArchPrior, and the user's own.
///
/// Looked for in this order, the first pack of a name counting:
/// 1. the folders in the environment variable `ARCHPRIOR_DATASETS`, separated by `:`;
/// 2. the folder that `archprior datasets import` writes into, ``userFolder(environment:)``;
/// 3. `datasets` in the working directory and in the folders above it;
/// 4. `datasets` and `share/archprior/datasets` beside the executable and in the folders above it;
/// 5. `datasets` in the package that the program was compiled from.
///
/// `FOLDER/greek.archpack` has the name `greek`, `FOLDER/glyphs/greek.archpack` the name `glyphs-greek`.
public struct DatasetCatalog: Sendable {
  /// A pack's name and file.
  public struct Entry: Sendable, Hashable {
    /// The name that commands and configurations use.
    public var name: String
    /// The file's path.
    public var path: String
  }

  /// The folders that exist, in the order in which they are looked through.
  public let folders: [String]

  /// The catalogue of the folders above.
  public init(environment: [String: String] = ProcessInfo.processInfo.environment) {
    self.init(folders: Self.candidates(environment: environment))
  }

  /// The folders above, also those that do not exist.
  private static func candidates(environment: [String: String]) -> [String] {
    var candidates = (environment["ARCHPRIOR_DATASETS"] ?? "").split(separator: ":").map(String.init)
    candidates.append(Self.userFolder(environment: environment))
    candidates += Self.ancestors(of: FileManager.default.currentDirectoryPath).map { $0 + "/datasets" }
    let executable = URL(fileURLWithPath: CommandLine.arguments.first ?? "").resolvingSymlinksInPath().deletingLastPathComponent()
    candidates += Self.ancestors(of: executable.path).flatMap { [$0 + "/datasets", $0 + "/share/archprior/datasets"] }
    candidates += Self.ancestors(of: #filePath).dropFirst().prefix(4).map { $0 + "/datasets" }
    return candidates
  }

  /// Where imported packs go: `archprior/datasets` in `$XDG_DATA_HOME`, or in `~/.local/share`.
  public static func userFolder(environment: [String: String] = ProcessInfo.processInfo.environment) -> String {
    let variable = environment["XDG_DATA_HOME"] ?? ""
    // The XDG base directory specification wants relative paths ignored.
    let base =
      variable.hasPrefix("/")
      ? variable : (environment["HOME"] ?? FileManager.default.homeDirectoryForCurrentUser.path) + "/.local/share"
    return base + "/archprior/datasets"
  }

  /// The catalogue of these folders; those that do not exist are passed over.
  public init(folders: [String]) {
    var seen: Set<String> = []
    self.folders = folders.map { URL(fileURLWithPath: $0).standardizedFileURL.path }.filter { path in
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
        && seen.insert(path).inserted
    }
  }

  /// All packs, by name.
  public func list() -> [Entry] {
    var entries: [String: Entry] = [:]
    for folder in folders {
      for file in Self.contents(of: folder) {
        add(file, prefix: "", folder: folder, to: &entries)
        for inner in Self.contents(of: folder + "/" + file) {
          add(inner, prefix: file + "-", folder: folder + "/" + file, to: &entries)
        }
      }
    }
    return entries.values.sorted { $0.name < $1.name }
  }

  /// All available packs, by name.
  public static func list() -> [Entry] { DatasetCatalog().list() }

  /// Whether a pack is one of those that come with ArchPrior, by its place: `glyphs/NAME.archpack` or `icons/NAME.archpack`.
  public static func isBundled(_ entry: Entry) -> Bool {
    ["glyphs", "icons"].contains(URL(fileURLWithPath: entry.path).deletingLastPathComponent().lastPathComponent)
  }

  /// Where the packs that come with ArchPrior are looked for, in words for people.
  public static let placesOfBundled =
    "the data sets that come with ArchPrior are looked for in ARCHPRIOR_DATASETS, and in datasets/ in the working folder, beside the "
    + "program and above them"

  /// Other packs of a name than the one at a path, and whether that one comes before them.
  ///
  /// - Parameters:
  ///   - name: the name of the packs to look for.
  ///   - path: of a pack, which need not be there yet.
  ///   - environment: environment variables, which say which folders are looked through.
  /// - Returns: nothing where the path is in none of the folders that are looked through.
  public static func others(
    named name: String, than path: String, environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> [(path: String, isHidden: Bool)] {
    func standard(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }
    let folders = candidates(environment: environment).map(standard)
    let own = standard(path)
    guard let place = folders.firstIndex(of: URL(fileURLWithPath: own).deletingLastPathComponent().path) else { return [] }
    var seen: Set<String> = [own]
    return folders.enumerated().compactMap { index, folder in
      guard let entry = DatasetCatalog(folders: [folder]).list().first(where: { $0.name == name }),
        seen.insert(entry.path).inserted
      else { return nil }
      return (entry.path, place < index)
    }
  }

  /// Reads the pack of a name, or of a path that ends in `.archpack`.
  /// - Throws: ``CatalogError`` if there is none, ``PackError`` if it is damaged.
  public func load(_ name: String) throws -> DatasetPack {
    if name.hasSuffix(Self.suffix) { return try DatasetPack.read(name) }
    let entries = list()
    guard let entry = entries.first(where: { $0.name == name }) else {
      throw CatalogError.unknown(name: name, known: entries.map(\.name), folders: folders)
    }
    return try DatasetPack.read(entry.path)
  }

  /// Reads the pack of a name, or of a path that ends in `.archpack`.
  /// - Throws: ``CatalogError`` if there is none, ``PackError`` if it is damaged.
  public static func load(_ name: String) throws -> DatasetPack { try DatasetCatalog().load(name) }

  /// What a pack's file name ends in.
  public static let suffix = ".archpack"

  private func add(_ file: String, prefix: String, folder: String, to entries: inout [String: Entry]) {
    guard file.hasSuffix(Self.suffix), !file.hasPrefix(".") else { return }
    let name = prefix + file.dropLast(Self.suffix.count)
    if entries[name] == nil { entries[name] = Entry(name: name, path: folder + "/" + file) }
  }

  private static func contents(of folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
  }

  private static func ancestors(of path: String) -> [String] {
    var url = URL(fileURLWithPath: path).standardizedFileURL
    var result: [String] = []
    // A working directory that was deleted has no path, and nothing above it.
    while url.path.hasPrefix("/") {
      result.append(url.path)
      if url.path == "/" { break }
      url.deleteLastPathComponent()
    }
    return result
  }
}

/// A data set that is not available.
public enum CatalogError: ReportableError, Equatable {
  /// No pack has this name.
  case unknown(name: String, known: [String], folders: [String])

  /// True: the name that was given is at fault.
  public var isUsage: Bool { true }

  /// Which name is unknown, and which there are or where packs were looked for.
  public var fault: Fault {
    switch self {
    case .unknown(let name, let known, let folders):
      known.isEmpty
        ? Fault(
          "no data set “\(name)”: no packs found (looked in \(folders.isEmpty ? "no folder" : folders.joined(separator: ", ")))",
          help: DatasetCatalog.placesOfBundled)
        : Fault(
          "no data set “\(name)”", help: "there are \(known.joined(separator: ", "))" + (placeOfBundled.map { "; \($0)" } ?? ""))
    }
  }

  /// Where ArchPrior looks for its bundled packs, if none of them is available; `nil` if one is.
  public var placeOfBundled: String? {
    switch self {
    case .unknown(_, let known, _):
      known.contains { $0.hasPrefix("glyphs-") || $0.hasPrefix("icons-") } ? nil : DatasetCatalog.placesOfBundled
    }
  }
}
