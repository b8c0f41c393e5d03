import Basics
import Foundation

/// The files of the MNIST family by their names: `train-images-idx3-ubyte`, `emnist-letters-train-images-idx3-ubyte.gz`,
/// `t10k-labels.idx1-ubyte`, `images.idx3-ubyte`, …
enum IDXFiles {
  /// What a name says.
  struct Name: Hashable {
    /// Whether the file holds images, and not labels.
    var holdsImages: Bool
    /// What two files have in common that belong together: all before `images` or `labels`.
    var key: String

    /// The data set, as in `emnist-letters`, and the part of it, as in `train`.
    var familyAndPart: (family: String, part: String) {
      let words = key.split(whereSeparator: { "-._ ".contains($0) }).map(String.init)
      guard let last = words.last, parts.contains(last) else { return (words.joined(separator: "-"), "") }
      return (words.dropLast().joined(separator: "-"), last)
    }

    /// Where its part comes among the others.
    var order: Int { parts.firstIndex(of: familyAndPart.part) ?? -1 }
  }

  private static let usual = "train-images-idx3-ubyte or train-labels-idx1-ubyte"
  private static let parts = ["train", "training", "val", "valid", "validation", "t10k", "test", "testing"]

  /// What a file's name says; `nil` if it is not a name of the family.
  static func name(_ file: String) -> Name? {
    var stem = file.lowercased()
    if stem.hasSuffix(".gz") { stem.removeLast(3) }
    guard let match = stem.wholeMatch(of: /(.*?)(images?|labels?)((?:[-._ ](?:idx[0-9]?|ubyte|byte|int|short|float|double))+)/)
    else { return nil }
    return Name(holdsImages: match.2.hasPrefix("image"), key: String(match.1))
  }

  /// Whether a file is named like an IDX file, except for the word that says what it holds: `train-imgs.idx3-ubyte`.
  static func isOdd(_ file: String) -> Bool {
    name(file) == nil && file.lowercased().wholeMatch(of: /.*idx[0-9][-._ ]ubyte(?:\.gz)?/) != nil
  }

  /// The error about a file that is called oddly, and what it should be called.
  private static func oddError(_ file: String, in folder: String, wanted: String) -> ReaderError {
    .unexpectedLayout(
      path: folder, entry: file,
      reason: Fault("an IDX file whose name does not say whether it holds images or labels", help: "call it \(wanted)"))
  }

  /// The pairs that lie in a folder, training images first.
  ///
  /// - Parameter file: only the pair that this file of the folder belongs to.
  /// - Throws: ``ReaderError``: none, one without the other, or those of several data sets.
  static func pairs(in folder: String, file: String? = nil) throws(ReaderError) -> [IDXReader.Pair] {
    let listed: [String]
    do {
      listed = try SystemFiles.list(folder).names
    } catch {
      throw .unreadable(path: folder, reason: error.reason)
    }
    let odd = listed.filter(isOdd).min()
    if let file, isOdd(file) { throw oddError(file, in: folder, wanted: Self.usual) }
    var found: [Name: String] = [:]
    for name in listed {
      guard let meaning = Self.name(name) else { continue }
      if let file, Self.name(file)?.key != meaning.key { continue }
      guard let other = found[meaning] else {
        found[meaning] = name
        continue
      }
      // The same file, compressed and uncompressed, is not a contradiction.
      let isSame = name.lowercased() == other.lowercased() + ".gz" || other.lowercased() == name.lowercased() + ".gz"
      guard isSame else {
        throw .unexpectedLayout(
          path: folder, entry: name, reason: Fault("\(other) is there too, and both may be meant", help: "move one away"))
      }
      if name.lowercased().hasSuffix(".gz") { found[meaning] = name }
    }
    let families = Set(found.keys.map(\.familyAndPart.family)).sorted()
    guard families.count <= 1 else {
      throw .unexpectedLayout(
        path: folder, entry: "files of \(families.count) data sets",
        reason: Fault(
          families.map { $0.isEmpty ? "one without a name" : $0 }.joined(separator: ", "),
          help: "give a folder with one of them, or one of its files of images"))
    }
    var pairs: [(name: Name, pair: IDXReader.Pair)] = []
    for (name, entry) in found {
      let partner = Name(holdsImages: !name.holdsImages, key: name.key)
      guard let other = found[partner] else {
        let expected = Self.partner(of: entry)
        if let odd { throw oddError(odd, in: folder, wanted: expected + (odd.lowercased().hasSuffix(".gz") ? ".gz" : "")) }
        throw .missingFiles(path: folder, expected: [expected + ".gz", expected])
      }
      if name.holdsImages { pairs.append((name, .init(images: folder + "/" + entry, labels: folder + "/" + other))) }
    }
    guard !pairs.isEmpty else {
      if let odd { throw oddError(odd, in: folder, wanted: Self.usual) }
      throw .missingFiles(path: folder, expected: ["train-images-idx3-ubyte(.gz)", "t10k-images-idx3-ubyte(.gz)"])
    }
    return pairs.sorted { ($0.name.order, $0.name.key) < ($1.name.order, $1.name.key) }.map(\.pair)
  }

  /// How the file would be called that belongs to a file.
  private static func partner(of file: String) -> String {
    let stem = file.lowercased().hasSuffix(".gz") ? String(file.dropLast(3)) : file
    return name(file)?.holdsImages == true
      ? stem.replacingOccurrences(of: "images", with: "labels").replacingOccurrences(of: "idx3", with: "idx1")
      : stem.replacingOccurrences(of: "labels", with: "images").replacingOccurrences(of: "idx1", with: "idx3")
  }
}
