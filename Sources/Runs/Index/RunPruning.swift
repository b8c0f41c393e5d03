import Foundation

/// Making room: which files of runs can go, and removing them. Symbolic links are not followed: what lies behind one stays.
public struct RunPruning: Sendable {
  /// What is to be removed of one run.
  public struct Item: Sendable, Codable, Equatable {
    /// The run's folder.
    public var path: String
    /// How the run ended, if it did.
    public var status: RunSummary.Status
    /// The files to remove, and symbolic links in the place of files and folders.
    public var removed: [String]
    /// What removing them frees.
    public var bytes: Int
    /// Files in the run's folder that are not the run's, and stay.
    public var kept: [String]
    /// Those of ``removed`` that are symbolic links: only the links go.
    public var links: [String]
    /// The folder below which no link is followed.
    public var root: String
  }

  /// A run that the rule applies to but that stays all the same.
  public struct Skipped: Sendable, Codable, Equatable {
    /// The run's folder.
    public var path: String
    /// Why the run stays.
    public var reason: String
  }

  /// What to do with a run.
  public enum Rule: Sendable, Equatable {
    /// Keep only the newest checkpoint of finished runs.
    case olderCheckpoints
    /// Remove whole runs of these kinds.
    case wholeRuns(Set<RunSummary.Status>)
  }

  /// What to do with a run.
  public var rule: Rule
  /// Only runs that were started before this are removed; `nil` for no limit.
  public var startedBefore: Date?
  /// The folder that the runs were looked for in; below it no link is followed. Where it is `nil`, the folders that the runs lie in are
  /// taken as they are given.
  public var root: String?

  /// A rule with its limits.
  ///
  /// - Parameters:
  ///   - rule: what to do with a run.
  ///   - startedBefore: only runs that were started before this are removed.
  ///   - root: the folder that the runs were looked for in, below which no link is followed.
  public init(rule: Rule, startedBefore: Date? = nil, root: String? = nil) {
    self.rule = rule
    self.startedBefore = startedBefore
    self.root = root
  }

  /// What would be removed. A run that a process works on is never touched, nor is one that is damaged or cannot be read: it may be
  /// all that there is.
  public func plan(_ runs: [RunSummary]) -> [Item] { judged(runs).compactMap { try? $0.get() } }

  /// Runs that ``plan(_:)`` leaves out although the rule is for them.
  public func skipped(_ runs: [RunSummary]) -> [Skipped] {
    judged(runs).compactMap { if case .failure(let reason) = $0 { reason.skipped } else { nil } }
  }

  private struct Reason: Error { var skipped: Skipped }

  private func judged(_ runs: [RunSummary]) -> [Result<Item, Reason>] {
    runs.compactMap { run -> Result<Item, Reason>? in
      guard ![.running, .damaged, .unreadable].contains(run.status), isOldEnough(run), isMeant(run.status) else { return nil }
      do throws(RunError) {
        return try item(run).map { .success($0) }
      } catch {
        let reason = if case .system(_, let reason) = error.problem { reason } else { error.message }
        return .failure(Reason(skipped: Skipped(path: run.path, reason: "\(error.path): \(reason)")))
      }
    }
  }

  private func isOldEnough(_ run: RunSummary) -> Bool {
    guard let startedBefore else { return true }
    return (try? Date(run.startedAt, strategy: .iso8601)).map { $0 < startedBefore } ?? false
  }

  private func isMeant(_ status: RunSummary.Status) -> Bool {
    switch rule {
    case .olderCheckpoints: status == .finished
    case .wholeRuns(let statuses): statuses.contains(status)
    }
  }

  private func item(_ run: RunSummary) throws(RunError) -> Item? {
    let root = root.flatMap { run.path == $0 || run.path.hasPrefix($0 + "/") ? $0 : nil } ?? Self.parent(of: run.path)
    let held = try Self.hold(run.path, root)
    let files = try RunFiles(in: held)
    switch rule {
    case .olderCheckpoints:
      if files.links.contains("checkpoints") {
        throw RunError(
          .system(action: "", reason: "a symbolic link that leads elsewhere is not followed"), path: run.path + "/checkpoints")
      }
      let checkpoints = files.own.filter { $0.hasPrefix("checkpoints/tasks-") }.sorted { ($0.count, $0) < ($1.count, $1) }
      let old = checkpoints.dropLast()
      guard !old.isEmpty else { return nil }
      return Item(
        path: run.path, status: run.status, removed: old.map { "\(run.path)/\($0)" },
        bytes: old.reduce(0) { $0 + (RunSummary.fileSize("\(run.path)/\($1)") ?? 0) }, kept: [], links: [], root: root)
    case .wholeRuns:
      guard !files.own.isEmpty else { return nil }
      guard RunDirectory.isOurs(run.path) else {
        throw RunError(.system(action: "", reason: "neither configuration nor provenance is one of ArchPrior's"), path: run.path)
      }
      return Item(
        path: run.path, status: run.status, removed: (files.own + ["lock"]).map { "\(run.path)/\($0)" }, bytes: files.bytes,
        kept: files.foreign, links: files.links, root: root)
    }
  }

  /// Removes what a plan says, each run under its lock; the folder too where nothing else is in it.
  ///
  /// - Throws: `RunError`, in particular where a process has begun to work on a run since, or a link lies on the way to it.
  public static func remove(_ item: Item) throws(RunError) {
    let held = try hold(item.path, item.root)
    let lock = try RunLock(folder: item.path)
    // The lock is of a path, the removal of an open folder: they must be one.
    guard try HeldFolder(item.path).isSame(as: held), lock.isInPlace else {
      throw RunError(.system(action: "remove it", reason: "its folder was replaced meanwhile"), path: item.path)
    }
    // Papers go last: after an interrupted removal the folder is still known as a run.
    let (locks, files) = (item.removed.filter { $0 == item.path + "/lock" }, item.removed.filter { $0 != item.path + "/lock" })
    for path in files.reversed() + locks { try held.remove(at: String(path.dropFirst(item.path.count + 1))) }
    if !locks.isEmpty {
      for folder in try RunFiles(in: held).folders.reversed() { try held.removeFolderIfEmpty(at: folder) }
    }
    withExtendedLifetime(lock) {}
    let (parent, name) = (parent(of: item.path), URL(fileURLWithPath: item.path).lastPathComponent)
    if item.path != item.root { try hold(parent, parent.hasPrefix(item.root) ? item.root : parent).removeIfEmpty(name) }
  }

  private static func parent(of path: String) -> String {
    let parent = URL(fileURLWithPath: path).deletingLastPathComponent().path
    return path.hasPrefix("/") ? parent : (path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ".")
  }

  /// Opens a run's folder by its way from the root.
  private static func hold(_ path: String, _ root: String) throws(RunError) -> HeldFolder {
    let way = root == "." && !path.hasPrefix("./") ? path : String(path.dropFirst(root.count))
    return try HeldFolder(root).folder(way)
  }
}
