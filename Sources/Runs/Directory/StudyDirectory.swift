import Basics
import Foundation

/// A study's folder: `study.yaml`, a run for every cell of the grid in `cells/`, results and report. One process at a time works on it.
public final class StudyDirectory: Sendable {
  /// The path of the folder.
  public let path: String
  private let lock: RunLock
  /// What people should know of the folder as it was found.
  public var notes: [String] { found.all }
  private let found = FolderNotes()

  /// Opens the folder of a study, or makes it. A study that was begun there before goes on.
  ///
  /// - Throws: `RunError` where the folder holds something else, or a process works on it; `ConfigurationError` where it holds another
  ///   study.
  public init(_ path: String, study: StudyConfiguration) throws {
    self.path = path
    let (isThere, flaw) = try Self.look(path, for: study)
    // Only now, so that a folder of others is left as it was.
    try FolderFile.makeFolder(path + "/cells", of: path)
    lock = try RunLock(folder: path)
    ByteFile.removeAbandoned(in: path)
    if let flaw {
      note("\(try putAside("study.yaml", because: flaw)), and the study that was given is in its place")
    }
    if flaw != nil || !isThere {
      try write(Seal.seal(yaml: study.text, owner: study.name), to: "study.yaml")
    }
  }

  /// Looks whether a study can go on or begin in a folder; nothing is written.
  ///
  /// - Throws: as ``init(_:study:)``, but for the lock.
  public static func check(_ path: String, study: StudyConfiguration) throws { _ = try look(path, for: study) }

  /// As ``check(_:study:)``.
  ///
  /// - Returns: whether there is a `study.yaml`, and what is wrong with it where it is damaged.
  private static func look(_ path: String, for study: StudyConfiguration) throws -> (isThere: Bool, flaw: RunError?) {
    let entries = try FolderFile.entries(of: path)
    guard entries.contains("study.yaml") else {
      let isOurs = entries.allSatisfy {
        ["cells", "lock", "data.json"].contains($0) || DamagedFile.original(of: $0) != nil || ByteFile.isTemporary($0)
      }
      guard isOurs else { throw RunError.notEmpty(path) }
      return (false, nil)
    }
    var before: StudyConfiguration
    do throws(RunError) {
      before = try kept(path + "/study.yaml", of: path)
    } catch {
      // Whether it is another study, the cells say themselves.
      guard error.isDamage else { throw error }
      return (true, error)
    }
    before.text = study.text
    guard before == study else {
      throw ConfigurationError(
        path: path + "/study.yaml", key: "", problem: "the folder holds another study",
        help: "give another folder with --output, or remove this one")
    }
    return (true, nil)
  }

  private static func kept(_ file: String, of path: String) throws(RunError) -> StudyConfiguration {
    let bytes = try FolderFile.read("study.yaml", of: path)
    do throws(Seal.Flaw) {
      let opened = try Seal.open(yaml: bytes)
      guard let text = String(validating: opened.content, as: UTF8.self) else { throw .damaged("it is not UTF-8 text") }
      do {
        return try StudyConfiguration(yaml: text, path: file)
      } catch {
        throw .damaged(error.message)
      }
    } catch {
      throw RunError(error, file: "study.yaml", expected: "", path: path)
    }
  }

  /// Adds something that people should know.
  package func note(_ text: String) { found.add(text) }

  /// Renames a damaged file; says what is wrong with it, and where it is kept.
  package func putAside(_ file: String, because error: RunError) throws(RunError) -> String {
    try DamagedFile.putAside("\(path)/\(file)", because: error)
  }

  /// Writes a value as JSON with a checksum.
  package func write(json value: some Encodable, to file: String) throws {
    try FolderFile.write(json: value, to: file, of: path, owner: "study")
  }

  /// Reads what ``write(json:to:)`` wrote; `nil` where there is none.
  package func read<Value: Decodable>(_ type: Value.Type, from file: String) throws(RunError) -> Value? {
    guard try FolderFile.exists(file, of: path) else { return nil }
    return try FolderFile.read(json: type, from: file, of: path, owner: "study", mustBeSealed: true)
  }

  /// The process that worked on the study before, where it was killed.
  public var abandonedBy: String? { lock.abandonedBy }

  /// The folder of a cell's run.
  public func cell(_ name: String) -> String { "\(path)/cells/\(name)" }

  /// Writes a file of the study, whole or not at all.
  ///
  /// - Throws: `RunError`.
  public func write(_ bytes: [UInt8], to file: String) throws(RunError) { try FolderFile.write(bytes, to: file, of: path) }
}
