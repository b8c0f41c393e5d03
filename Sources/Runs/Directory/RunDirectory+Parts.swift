import Basics
import Foundation

extension RunDirectory {
  /// The files of a run, beside the lock.
  static let files = ["configuration.yaml", "provenance.json", "log.jsonl", "report.html"]
  /// The folders of a run; what in them is the run's, `RunFiles` says.
  static let folders = ["checkpoints", "results", "tensorboard"]
  /// What a run's folder holds, beside the lock.
  static var parts: [String] { files + folders }

  /// The file of a result, whose name may come from a data set or a folder of the user's: every name has its own.
  static func resultFile(_ name: String) -> String { "results/\(PathName.distinct(name)).json" }

  /// The path of a result's file.
  public func resultPath(_ name: String) -> String { "\(path)/\(Self.resultFile(name))" }

  /// The file in which a result is found: its own, or the one that earlier versions gave such a name.
  func existingResultFile(_ name: String) -> String {
    let file = Self.resultFile(name)
    let earlier = "results/\(PathName.component(name)).json"
    func exists(_ file: String) -> Bool { FileManager.default.fileExists(atPath: "\(path)/\(file)") }
    return file != earlier && !exists(file) && exists(earlier) ? earlier : file
  }

  /// Whether a run may be made in a folder: one that is empty, holds a run that may be overwritten, or one whose making or removal was
  /// interrupted. Whatever else there is, nothing is touched.
  package static func check(_ path: String, existing: Existing) throws(RunError) {
    let entries = try list(path)
    guard entries.contains("configuration.yaml") else {
      for entry in entries where entry != "lock" && !ByteFile.isTemporary(entry) {
        guard isRest(entry, of: path) else { throw RunError.notEmpty(path) }
      }
      return
    }
    guard entries.contains("provenance.json"), isOurs(path) else {
      throw RunError.notEmpty(path)
    }
    guard existing == .overwrite else { throw RunError(.exists, path: path) }
  }

  /// Whether the configuration or the provenance in a folder is ArchPrior's. Damage in one of them must not keep a run from being
  /// replaced or removed.
  static func isOurs(_ path: String) -> Bool { (try? read(path)) != nil || isProvenance("\(path)/provenance.json") }

  /// Whether an entry may be what an interrupted making or removal left: the provenance is written before everything else and removed
  /// after it.
  private static func isRest(_ entry: String, of path: String) -> Bool {
    if entry == "provenance.json" {
      let isEmpty =
        (try? ByteFile.read("\(path)/\(entry)", limit: 4)).map { String(decoding: $0, as: UTF8.self) == "{}" } ?? false
      return isEmpty || isProvenance("\(path)/\(entry)")
    }
    guard folders.contains(entry), !isLink("\(path)/\(entry)") else { return false }
    return (try? FileManager.default.contentsOfDirectory(atPath: "\(path)/\(entry)"))?.allSatisfy(ByteFile.isTemporary) ?? false
  }

  static func isProvenance(_ path: String) -> Bool {
    guard let bytes = try? ByteFile.read(path, limit: 1 << 24) else { return false }
    guard let object = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any] else { return false }
    return object["configurationDigest"] != nil && object["machine"] != nil
  }

  /// The files that work with the run reads; results are not among them.
  package var inputs: [String] {
    let own = (try? RunFiles(in: HeldFolder(path)).own) ?? []
    return own.filter { !$0.hasPrefix("results/") }.map { "\(path)/\($0)" }
  }

  /// Whether an entry of a run's folder is one of the run's.
  package static func isPart(_ name: String) -> Bool { name == "lock" || parts.contains(name) }

  /// Whether a path's last part is a symbolic link.
  package static func isLink(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
  }

  /// Removes the files of a run from its folder, whose lock is held; links in their place, but not what these point to; nothing else.
  static func clear(_ path: String) throws(RunError) {
    let held = try HeldFolder(path)
    let files = try RunFiles(in: held)
    for file in files.own.reversed() { try held.remove(at: file) }
    for folder in files.folders.reversed() { try held.removeFolderIfEmpty(at: folder) }
  }

  /// Finds out whether the folder that this process has locked is still the one at its path.
  func checkPlace() throws(RunError) {
    guard let lock, !lock.isInPlace else { return }
    throw RunError(
      .system(action: "write to it", reason: "its folder was moved, deleted or replaced while this process worked on it"),
      path: path)
  }
}
