import Foundation

/// A folder of its own for a test's files, removed with its contents when the value goes.
public final class TemporaryFolder: Sendable {
  /// Where it is.
  public let path = FileManager.default.temporaryDirectory.appendingPathComponent("archprior-\(UUID().uuidString)").path
  /// The same as a URL.
  public var url: URL { URL(fileURLWithPath: path) }
  /// The names of what is in it, sorted.
  public var entries: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }

  /// Makes the folder.
  public init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of a file in it.
  public func file(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes a file, with the folders that it lies in, and returns its path.
  @discardableResult public func write(_ bytes: [UInt8], _ name: String) throws -> String {
    try make((name as NSString).deletingLastPathComponent)
    try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
    return file(name)
  }

  /// Writes a text.
  public func write(_ text: String, to name: String) throws { try write(Array(text.utf8), name) }

  /// The text of a file.
  public func read(_ name: String) throws -> String { try String(contentsOfFile: file(name), encoding: .utf8) }

  /// Makes an empty folder and returns its path.
  @discardableResult public func make(_ name: String) throws -> String {
    let folder = name.isEmpty ? path : file(name)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    return folder
  }
}
