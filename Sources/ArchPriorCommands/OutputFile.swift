import ArchPrior
import Basics
import Foundation

/// A file that the user gave a path for: checked before the work begins, and written whole or not at all. It never replaces a file
/// that this program did not write, that a run needs, or that the command reads.
struct OutputFile {
  /// What the program writes into such files, by which it knows its own again.
  enum Kind {
    /// An object with these keys.
    case json([String])
    /// A list of objects with these keys.
    case rows([String])
    /// A report in HTML.
    case page
    /// A picture.
    case sheet

    static let adaptation = Kind.json(["classes", "predictions"])
    static let evaluation = Kind.rows(["learner", "tasksFrom", "mean"])
    static let comparison = Kind.json(["schema", "methods", "splits"])
  }

  /// As the user gave it.
  let path: String
  /// Where it is written; the path's own links are followed, so that what they point to is replaced.
  private let target: String

  /// Looks whether a file can be written; nothing is.
  ///
  /// - Parameters:
  ///   - option: what the path was given for, such as `--output`.
  ///   - inputs: files that the command reads.
  /// - Throws: `CommandError`.
  init(_ path: String, _ kind: Kind, option: String, inputs: [String] = []) throws {
    self.path = path
    target = RunDirectory.isLink(path) ? URL(fileURLWithPath: path).resolvingSymlinksInPath().path : path
    let other = "give another path with \(option)"
    if let run = Self.run(needing: target) {
      throw CommandError("\(path) is a file of the run in \(run)", help: other)
    }
    var status = stat()
    guard stat(target, &status) == 0 else {
      guard errno == ENOENT, !RunDirectory.isLink(target) else {
        throw CommandError("cannot write \(path): \(FailureText.reason())", help: other, code: 1)
      }
      let folder = OutputFolder.parent(of: target)
      guard stat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
        throw CommandError(
          "cannot write \(path): there is no folder \(folder)", help: "check that its folder exists and may be written", code: 1)
      }
      return
    }
    for input in inputs {
      var there = stat()
      guard stat(input, &there) == 0, there.st_ino == status.st_ino, there.st_dev == status.st_dev else { continue }
      throw CommandError("\(path) is \(input), which the command reads", help: other)
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw CommandError("\(path) is a folder", help: other)
    default: throw CommandError("\(path) is no regular file", help: "\(other); --json prints the result on standard output")
    }
    guard status.st_size == 0 || Self.isOurs(target, kind) else {
      throw CommandError(
        "\(path): there is a file that this command did not write, and it stays", help: "\(other), or move the file away")
    }
  }

  /// The file of `--output` for a result of a run, which the command reads; `nil` where none was named.
  ///
  /// - Throws: `CommandError`.
  static func output(_ path: String?, _ kind: Kind, of run: RunDirectory) throws -> OutputFile? {
    try path.map { try OutputFile($0, kind, option: "--output", inputs: run.inputs) }
  }

  /// Writes the file.
  ///
  /// - Throws: ``Failure``.
  func write(_ bytes: [UInt8]) throws(Failure) {
    let name = URL(fileURLWithPath: target).lastPathComponent
    // What a killed process left of this very file; the folder is the user's.
    ByteFile.removeAbandoned(in: OutputFolder.parent(of: target)) { $0.isOf(name) }
    do {
      try ByteFile.writeAtomically(bytes, to: target)
    } catch {
      throw Failure(path: path, reason: error.reason, isDiskFull: error.isFull)
    }
  }

  /// Writes a value as JSON with sorted keys.
  ///
  /// - Throws: ``Failure``, and the encoder's errors.
  func write(json value: some Encodable) throws {
    try write(try FolderFile.prettyJSON(value))
  }

  /// A file that cannot be written.
  struct Failure: ReportableError, DiskFullReporting {
    var path: String
    var reason: String
    var isDiskFull: Bool

    var fault: Fault {
      Fault(
        "cannot write \(path): \(reason)", at: .mentioned(file: path),
        help: isDiskFull ? "free some space" : "check that its folder exists and may be written")
    }
  }

  // MARK: What is whose

  /// The run that a path is a file of, other than a result that anybody may add.
  private static func run(needing path: String) -> String? {
    var url = URL(fileURLWithPath: path).standardizedFileURL
    var inner: [String] = []
    for _ in 0..<4 where url.path != "/" {
      inner.insert(url.lastPathComponent, at: 0)
      url.deleteLastPathComponent()
      let papers = ["configuration.yaml", "provenance.json"].map { "\(url.path)/\($0)" }
      guard papers.allSatisfy(FileManager.default.fileExists) else { continue }
      guard inner[0] == "results" else { return RunDirectory.isPart(inner[0]) ? url.path : nil }
      let needed = ["meta-training", "timing", "evaluation", "test-", "architecture-"]
      return inner.count == 1 || needed.contains(where: inner[inner.count - 1].hasPrefix) ? url.path : nil
    }
    return nil
  }

  private static func isOurs(_ path: String, _ kind: Kind) -> Bool {
    guard let bytes = try? ByteFile.read(path, limit: 1 << 28) else { return false }
    switch kind {
    case .json(let keys):
      guard let object = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any] else { return false }
      return keys.allSatisfy { object[$0] != nil }
    case .rows(let keys):
      let rows = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [[String: Any]]
      return rows?.first.map { row in keys.allSatisfy { row[$0] != nil } } ?? false
    case .page:
      let text = String(decoding: bytes, as: UTF8.self)
      return text.hasPrefix("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">") && text.contains("ArchPrior")
    case .sheet: return PixelImage.isMarked(png: bytes)
    }
  }
}
