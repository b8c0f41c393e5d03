import Basics

/// The files in a run's folder that are the run's, by their names and kinds; found without following symbolic links, so that what
/// links point to is never among them.
struct RunFiles {
  /// Files, and links in the place of files and folders, by paths from the run's folder. Configuration and provenance, which make the
  /// folder a run, come first: removed from the end on, they go last, and after an interruption the folder is still known as a run.
  private(set) var own: [String] = []
  /// The run's folders in the folder, the outer before the inner.
  private(set) var folders: [String] = []
  /// What others put into the folder.
  private(set) var foreign: [String] = []
  /// Those of ``own`` that are links.
  private(set) var links: [String] = []
  /// The size of ``own``.
  private(set) var bytes = 0

  /// - Throws: `RunError` where an inner folder cannot be opened.
  init(in folder: HeldFolder) throws(RunError) {
    try add(folder, prefix: "") { name, kind in
      switch kind {
      case .file: RunDirectory.files.contains(DamagedFile.original(of: name) ?? name) || ByteFile.isTemporary(name)
      case .folder: RunDirectory.folders.contains(name)
      case .link: RunDirectory.parts.contains(name)
      case .other: false
      }
    }
    own.sort { (Self.rank($0), $0) < (Self.rank($1), $1) }
  }

  private mutating func add(
    _ folder: HeldFolder, prefix: String, isOwn: (String, HeldFolder.Kind) -> Bool
  ) throws(RunError) {
    for name in folder.entries() {
      let path = prefix + name
      guard let kind = folder.kind(name), name != "lock" || !prefix.isEmpty else { continue }
      guard isOwn(name, kind) else {
        foreign.append(path)
        continue
      }
      switch kind {
      case .folder:
        folders.append(path)
        try add(folder.folder(name), prefix: path + "/", isOwn: Self.rule(of: path))
        continue
      case .file(let size): bytes += size
      case .link: links.append(path)
      case .other: break
      }
      own.append(path)
    }
  }

  /// What is the run's in one of its folders.
  private static func rule(of folder: String) -> (String, HeldFolder.Kind) -> Bool {
    { name, kind in
      if kind == .folder { return folder == "results" && ["adaptations", "evaluations"].contains(name) }
      guard kind != .other else { return false }
      if ByteFile.isTemporary(name) { return true }
      // A damaged file that was put aside goes with the run as the file would.
      let name = kind == .link ? name : DamagedFile.original(of: name) ?? name
      return switch folder.prefix(while: { $0 != "/" }) {
      case "checkpoints": name.hasPrefix("tasks-") && name.hasSuffix(".checkpoint")
      case "tensorboard": name.hasPrefix("events.out.tfevents")
      default: name.hasSuffix(".json")
      }
    }
  }

  private static func rank(_ path: String) -> Int {
    switch path {
    case "configuration.yaml": 0
    case "provenance.json": 1
    default: 2
    }
  }
}
