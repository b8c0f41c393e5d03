import Datasets
import Foundation
import Messages

/// A study's folder: `study.yaml`, a run for every cell of the grid in `cells/`, results and report. One process at a time works on it.
public final class StudyDirectory: Sendable {
  /// The folder.
  public let path: String
  private let lock: RunLock

  /// Opens the folder of a study, or makes it. A study that was begun there before goes on.
  ///
  /// - Throws: `RunError` where the folder holds something else, or a process works on it; `ConfigurationError` where it holds another
  ///   study.
  public init(_ path: String, study: StudyConfiguration) throws {
    self.path = path
    let file = path + "/study.yaml"
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    if entries.contains("study.yaml") {
      var before = try StudyConfiguration(contentsOf: file)
      before.text = study.text
      guard before == study else {
        throw ConfigurationError(
          path: file, key: "", problem: "the folder holds another study",
          help: "give another folder with --output, or remove this one")
      }
    } else if entries.contains(where: { !["cells", "lock"].contains($0) && !ByteFile.isTemporary($0) }) {
      throw RunError(.notEmpty, path: path)
    }
    // Only now, so that a folder of others is left as it was.
    do {
      try FileManager.default.createDirectory(atPath: path + "/cells", withIntermediateDirectories: true)
    } catch {
      throw RunError(.system(action: "make the folder", reason: FailureText.of(error)), path: path)
    }
    lock = try RunLock(folder: path)
    if !entries.contains("study.yaml") { try write(Array(study.text.utf8), to: "study.yaml") }
  }

  /// The process that worked on the study before, where it was killed.
  public var abandonedBy: String? { lock.abandonedBy }

  /// The folder of a cell's run.
  public func cell(_ name: String) -> String { "\(path)/cells/\(name)" }

  /// Writes a file of the study, whole or not at all.
  ///
  /// - Throws: `RunError`.
  public func write(_ bytes: [UInt8], to file: String) throws(RunError) {
    do {
      try ByteFile.writeAtomically(bytes, to: "\(path)/\(file)")
    } catch {
      throw RunError(error, action: "write \(file)", path: path)
    }
  }
}
