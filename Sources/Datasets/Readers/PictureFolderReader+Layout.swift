import Basics
import Foundation

extension PictureFolderReader {
  /// How folders that are named like the parts of a data set are treated: `train`, `val`, `test` and their kin, and `support` and
  /// `query` of a task.
  public enum Splits: String, Sendable, Hashable, CaseIterable {
    /// They are left out of the classes' names, and what they hold of a class is put together.
    case merge
    /// They are groups or classes as others are.
    case keep
  }

  /// A class's folders.
  struct ClassFolder {
    var group: String?
    var name: String
    var files: [String]
  }

  fileprivate static let tooDeep = Fault(
    "folders are too deep", help: "FOLDER/CLASS/* and FOLDER/GROUP/CLASS/* are read: give a folder further down")

  /// The classes of a folder: `CLASS/*`, `GROUP/CLASS/*`, and these below or above folders of parts (`train/CLASS/*`,
  /// `CLASS/train/*`).
  ///
  /// - Parameters:
  ///   - splits: how such folders are treated; merged, with a note, where it is `nil`.
  ///   - strict: whether what is neither a picture nor a folder that can be read is an error, instead of being left out.
  ///   - report: gets what was taken for granted and what was left out.
  static func layout(
    _ folder: String, splits: Splits?, strict: Bool, report: inout ImportReport
  ) throws(ReaderError) -> [ClassFolder] {
    var walk = Walk(keepsParts: splits == .keep, isStrict: strict, report: report)
    try walk.enter(folder, names: [], depth: 0)
    report = walk.report
    guard !walk.leaves.isEmpty || !report.leftOut.isEmpty else {
      throw .missingFiles(path: folder, expected: ["folders of classes"])
    }
    Self.settleRepeats(in: &walk, splits: splits)
    report = walk.report
    var result: [ClassFolder] = []
    var places: [[String]: Int] = [:]
    var parts: [[String]: Int] = [:]
    for leaf in walk.leaves {
      let (names, files) = (leaf.names, leaf.files)
      guard (1...2).contains(names.count) else {
        throw .unexpectedLayout(
          path: folder, entry: leaf.path, reason: Self.tooDeep)
      }
      parts[names, default: 0] += 1
      if let place = places[names] {
        result[place].files += files
      } else {
        places[names] = result.count
        result.append(ClassFolder(group: names.count == 2 ? names[0] : nil, name: names[names.count - 1], files: files))
      }
    }
    // Class a of the parts and class a of a group beside them: is the group a part under another name?
    if !walk.parts.isEmpty, let mixed = result.first(where: { $0.group != nil && places[[$0.name]] != nil }), splits == nil {
      throw .unexpectedLayout(
        path: folder, entry: "\(mixed.group ?? "")/\(mixed.name)",
        reason: Fault(
          "\(walk.parts.joined(separator: ", ")) look like parts of one data set and have a class of this name too",
          help: "say --splits merge (the group stays a group) or --splits keep (all are groups)"))
    }
    if splits == .merge, walk.parts.isEmpty {
      throw .unexpectedLayout(
        path: folder, entry: "--splits merge",
        reason: Fault(
          "there are no folders such as train, val and test, nor any that have classes of one name", help: "leave it out"))
    }
    if !walk.parts.isEmpty {
      let once = parts.values.count { $0 < walk.parts.count }
      report.notes.append(
        "\(walk.parts.joined(separator: ", ")) \(walk.parts.count == 1 ? "looks like a part" : "look like parts") of one data set: "
          + "\(counted(result.count, "class is", "classes are")) put together from them"
          + (walk.parts.count > 1 && once > 0 ? ", \(once) of which \(once == 1 ? "is" : "are") not in all" : "")
          + "; runs divide classes, not images (--splits keep takes them for groups)")
    }
    // Swift's order and equality of texts ignore how an accent is encoded.
    return result
  }

  /// Classes of one name in folders that are not called as parts are (`fold1/a`, `fold2/a`): put together with `--splits merge`, else said.
  private static func settleRepeats(in walk: inout Walk, splits: Splits?) {
    guard walk.parts.isEmpty, splits != .keep else { return }
    var groups: [String: [String]] = [:]
    for leaf in walk.leaves where leaf.names.count == 2 { groups[leaf.names[1], default: []].append(leaf.names[0]) }
    let repeated = groups.filter { $0.value.count > 1 }
    guard let first = repeated.min(by: { $0.key < $1.key }) else { return }
    if splits == .merge {
      for index in walk.leaves.indices where walk.leaves[index].names.count == 2 {
        let part = walk.leaves[index].names.removeFirst()
        if !walk.parts.contains(part) { walk.parts.append(part) }
      }
      return
    }
    walk.report.notes.append(
      "\(counted(repeated.count, "name of a class stands", "names of classes stand")) in several folders, such as \(first.key) in "
        + "\(first.value.prefix(2).joined(separator: " and ")): they are taken for different classes "
        + "(--splits merge puts them together, --splits keep says that they are groups)")
  }

  /// The kind of part that a folder's name means; `nil` for others. Omniglot's two halves are parts too, and so are those of a task.
  ///
  /// One of its words says so: `training_set`, `val2017`, `seg_test`.
  static func part(_ name: String) -> Int? {
    let words = name.lowercased().split { !$0.isLetter }
    func any(_ kinds: Set<Substring>) -> Bool { words.contains(where: kinds.contains) }
    if words == ["images", "background"] || any(["train", "training", "trn"]) { return 0 }
    if any(["val", "valid", "validation", "dev", "development"]) { return 1 }
    if words == ["images", "evaluation"] || any(["test", "testing", "tst"]) { return 2 }
    if words == ["support"] { return 4 }
    if words == ["query"] { return 5 }
    return any(["eval", "evaluation"]) ? 3 : nil
  }

  private struct Walk {
    let keepsParts: Bool
    let isStrict: Bool
    var report: ImportReport
    var leaves: [(names: [String], path: String, files: [String])] = []
    /// The names of the parts' folders, each once.
    var parts: [String] = []

    /// Folders deeper than a part, a group and a class are not looked into.
    private static let deepest = 4

    mutating func enter(_ folder: String, names: [String], depth: Int) throws(ReaderError) {
      let contents: Contents
      do {
        contents = try PictureFolderReader.list(folder)
      } catch {
        if depth == 0 { throw error }
        return try report.leave(error, strict: isStrict)
      }
      for error in contents.leftOut { try report.leave(error, strict: isStrict) }
      let entries = contents.entries
      if depth > 0, entries.isEmpty, contents.leftOut.isEmpty {
        throw .missingFiles(path: folder, expected: ["pictures of the class"])
      }
      if let file = entries.first(where: { !$0.isFolder }) {
        if depth == 0 {
          throw .unexpectedLayout(
            path: folder, entry: file.name, reason: Fault("a file where class folders are expected", help: "move it"))
        }
        if let inner = entries.first(where: { $0.isFolder && !$0.isLink }) {
          throw .unexpectedLayout(
            path: folder, entry: inner.name,
            reason: Fault("a folder beside files such as \(file.name)", help: "a class has pictures only: move it up"))
        }
      }
      // Where nothing of a class is left, the class is; it is said that it has no pictures.
      guard entries.allSatisfy(\.isFolder), !entries.isEmpty else {
        if depth > 0 { leaves.append((names, folder, try pictures(entries, of: folder))) }
        return
      }
      try enter(entries, of: folder, names: names, depth: depth)
    }

    /// The pictures among what lies in the folder of a class.
    private mutating func pictures(_ entries: [Entry], of folder: String) throws(ReaderError) -> [String] {
      var files: [String] = []
      for entry in entries {
        if !entry.isFolder, PixelImage.isPicture(named: entry.name) || ForeignPicture.isOne(named: entry.name) {
          files.append(entry.path)
          continue
        }
        let reason =
          entry.isFolder
          ? Fault("a symbolic link to a folder among pictures", help: "take it out")
          : Fault("neither PNG nor JPEG by its name", help: "convert it or take it out")
        try report.leave(.unexpectedLayout(path: folder, entry: entry.name, reason: reason), strict: isStrict)
      }
      return files
    }

    private mutating func enter(_ entries: [Entry], of folder: String, names: [String], depth: Int) throws(ReaderError) {
      guard depth < Self.deepest else {
        throw .unexpectedLayout(
          path: folder, entry: entries.first?.name ?? "", reason: PictureFolderReader.tooDeep)
      }
      if let (first, second) = SystemFiles.twins(in: entries.map(\.name)) {
        throw .unexpectedLayout(
          path: folder, entry: first,
          reason: Fault(
            "two folders have this name, as \(SystemFiles.codePoints(first)) and as \(SystemFiles.codePoints(second))",
            help: "rename one, or put their pictures together"))
      }
      let found = try partsAmong(entries, in: folder, depth: depth)
      for name in found.map(\.name) where !parts.contains(name) { parts.append(name) }
      for entry in found { try enter(entry.path, names: names, depth: depth + 1) }
      let foundNames = Set(found.map(\.name))
      for entry in entries where !foundNames.contains(entry.name) {
        try enter(entry.path, names: names + [entry.name], depth: depth + 1)
      }
    }

    /// Which of a folder's folders are parts: at least two kinds, or a single folder that holds all; training first.
    private func partsAmong(_ entries: [Entry], in folder: String, depth: Int) throws(ReaderError) -> [Entry] {
      guard !keepsParts else { return [] }
      let named = entries.filter { PictureFolderReader.part($0.name) != nil }
      let kinds = Set(named.compactMap { PictureFolderReader.part($0.name) })
      guard kinds.count >= 2 || (entries.count == 1 && named.count == 1) else { return [] }
      var deep: [Entry] = []
      // Of what cannot be read, its turn will say so.
      for entry in named
      where (try? PictureFolderReader.list(entry.path))?.entries.contains(where: \.isFolder) ?? true { deep.append(entry) }
      let sorted = named.sorted {
        (PictureFolderReader.part($0.name) ?? 0, $0.name) < (PictureFolderReader.part($1.name) ?? 0, $1.name)
      }
      if deep.count == named.count { return sorted }
      // Below a class, parts hold its pictures: CLASS/train/*. A class called "train" among other classes is not such a part.
      if depth > 0 { return deep.isEmpty && named.count == entries.count && kinds.count >= 2 ? sorted : [] }
      // At the top, pictures in train/ and test/ have no class.
      guard named.count == entries.count || !deep.isEmpty, kinds.count >= 2 else { return [] }
      let flat = sorted.first { entry in !deep.contains { $0.name == entry.name } }
      throw .unexpectedLayout(
        path: folder, entry: flat?.name ?? "",
        reason: Fault(
          "is called as a part of a data set is and holds pictures without class folders",
          help: "give a folder with class folders, or say --splits keep where it is a class"))
    }
  }

  struct Entry {
    var name: String
    var path: String
    /// Whether it is a folder, or a symbolic link to one.
    var isFolder: Bool
    /// Whether it is a symbolic link to a folder.
    var isLink: Bool
  }

  /// What a folder holds.
  struct Contents {
    /// By name, without hidden files and what systems and file managers leave behind.
    var entries: [Entry] = []
    /// Entries that cannot be read.
    var leftOut: [ReaderError] = []
  }

  static func list(_ folder: String) throws(ReaderError) -> Contents {
    let listing: SystemFiles.Listing
    do {
      listing = try SystemFiles.list(folder)
    } catch {
      throw .unreadable(path: folder, reason: error.reason)
    }
    var contents = Contents()
    for name in listing.names {
      let path = folder + "/" + name
      switch SystemFiles.kind(of: path) {
      case .loop:
        contents.leftOut.append(
          .unexpectedLayout(path: folder, entry: name, reason: Fault("a symbolic link to a folder above it", help: "take it out"))
        )
      // Of a picture, its reading says why, and it counts as one.
      case .unreachable(let reason) where !PixelImage.isPicture(named: name):
        contents.leftOut.append(.unreadable(path: path, reason: reason))
      case let kind:
        contents.entries.append(
          Entry(name: name, path: path, isFolder: kind == .folder || kind == .linkedFolder, isLink: kind == .linkedFolder))
      }
    }
    contents.leftOut += listing.notUTF8.map { .unexpectedLayout(path: folder, entry: $0, reason: SystemFiles.notUTF8) }
    return contents
  }
}
