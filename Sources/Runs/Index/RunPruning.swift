import Datasets
import Foundation
import Messages

/// Making room: which files of runs can go, and removing them.
public struct RunPruning: Sendable {
  /// What is to be removed of one run.
  public struct Item: Sendable, Codable, Equatable {
    /// The run's folder.
    public var path: String
    /// How the run ended, if it did.
    public var status: RunSummary.Status
    /// The files and folders to remove.
    public var removed: [String]
    /// What removing them frees.
    public var bytes: Int
  }

  /// What to do with a run.
  public enum Rule: Sendable, Equatable {
    /// Keep the newest checkpoint of finished runs alone.
    case olderCheckpoints
    /// Remove whole runs of these kinds.
    case wholeRuns(Set<RunSummary.Status>)
  }

  /// What to do with a run.
  public var rule: Rule
  /// Runs that were started later than this stay.
  public var startedBefore: Date?

  public init(rule: Rule, startedBefore: Date? = nil) {
    self.rule = rule
    self.startedBefore = startedBefore
  }

  /// What would be removed. A run that a process works on is never touched.
  public func plan(_ runs: [RunSummary]) -> [Item] {
    runs.compactMap { run in
      guard run.status != .running else { return nil }
      if let startedBefore {
        guard let started = try? Date(run.startedAt, strategy: .iso8601), started < startedBefore else { return nil }
      }
      let files: [String]
      switch rule {
      case .olderCheckpoints:
        guard run.status == .finished else { return nil }
        files = Array(((try? RunDirectory.read(run.path).checkpoints()) ?? []).dropLast())
      case .wholeRuns(let statuses):
        guard statuses.contains(run.status) else { return nil }
        let present = (try? FileManager.default.contentsOfDirectory(atPath: run.path)) ?? []
        files = (RunDirectory.parts + ["lock"]).filter(present.contains).map { "\(run.path)/\($0)" }
      }
      guard !files.isEmpty else { return nil }
      return Item(path: run.path, status: run.status, removed: files, bytes: files.reduce(0) { $0 + Self.size(of: $1) })
    }
  }

  /// Removes what a plan says, each run under its lock; the folder too where nothing else is in it.
  ///
  /// - Throws: `RunError`, in particular where a process has begun to work on a run since.
  public static func remove(_ item: Item) throws(RunError) {
    let lock = try RunLock(folder: item.path)
    // The configuration goes last: after an interrupted removal the folder is still known as a run.
    for path in item.removed.reversed() {
      do {
        try FileManager.default.removeItem(atPath: path)
      } catch {
        throw RunError(.system(action: "remove \(path)", reason: FailureText.of(error)), path: item.path)
      }
    }
    withExtendedLifetime(lock) {}
    if let rest = try? FileManager.default.contentsOfDirectory(atPath: item.path), rest.isEmpty { rmdir(item.path) }
  }

  private static func size(of path: String) -> Int {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return 0 }
    if isFolder.boolValue {
      return ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).reduce(0) { $0 + size(of: "\(path)/\($1)") }
    }
    return ((try? FileManager.default.attributesOfItem(atPath: path)[.size]) as? NSNumber)?.intValue ?? 0
  }
}
