import Basics

/// Reads Omniglot from its official archives, `images_background.zip` and `images_evaluation.zip`.
///
/// Source: Lake, Salakhutdinov, Tenenbaum, "Human-level concept learning through probabilistic program induction", Science 350,
/// 2015: 1,623 characters of 50 alphabets, each drawn by 20 people, 105×105 pixels, black on white.
public struct OmniglotReader: Sendable {
  /// A reader; it has no settings.
  public init() {}

  /// People who drew each character.
  public static let drawers = 20
  /// Side of the original drawings in pixels.
  public static let originalSide = 105

  /// Reads one or both archives: class `Alphabet/characterNN` holds its 20 drawings in the order of the drawers, its group is the
  /// alphabet.
  ///
  /// Ink is high on 0. Drawings are scaled by area averaging. Archives come in the order given, alphabets and characters in the
  /// order of their names: with the background set first, this is the order that published splits refer to.
  /// - Parameters:
  ///   - archives: paths of the zip archives.
  ///   - side: height and width of the images; 105 keeps the original pixels.
  ///   - alphabets: read these alphabets only; all if `nil`.
  /// - Throws: `ReaderError`: an unreadable or damaged archive, files that are not laid out as
  ///   `images_background/Alphabet/characterNN/NNNN_DD.png`, a character that lacks a drawer or occurs twice, an unreadable
  ///   drawing.
  public static func dataset(archives: [String], side: Int = 28, alphabets: Set<String>? = nil) throws(ReaderError)
    -> ImageDataset
  {
    guard (1...originalSide).contains(side) else {
      throw .badSize(path: archives.first ?? "omniglot", offset: 0, reason: "side \(side) asked, 1…\(originalSide) is possible")
    }
    var classes = [ImageDataset.ImageClass]()
    var pixels = [UInt8]()
    var known = Set<String>()
    for path in archives {
      try append(ZipArchive(path: path), side: side, alphabets: alphabets, to: &classes, &pixels, known: &known)
    }
    guard !classes.isEmpty else {
      throw .missingFiles(
        path: archives.joined(separator: ", "), expected: [alphabets.map { $0.sorted().joined(separator: ", ") } ?? "any drawing"]
      )
    }
    guard
      let dataset = ImageDataset(name: "omniglot", height: side, width: side, channels: 1, classes: classes, pixels: pixels)
    else { throw .badSize(path: archives[0], offset: 0, reason: "sizes do not fit the data") }
    return dataset
  }

  /// Reads the drawings of one open archive after those read before.
  package static func append(
    _ archive: borrowing ZipArchive, side: Int, alphabets: Set<String>? = nil, to classes: inout [ImageDataset.ImageClass],
    _ pixels: inout [UInt8], known: inout Set<String>
  ) throws(ReaderError) {
    for character in try characters(of: archive.entries.map(\.name), path: archive.path, alphabets: alphabets) {
      let name = "\(character.alphabet)/\(character.name)"
      guard known.insert(name).inserted else {
        throw .unexpectedLayout(
          path: archive.path, entry: name, reason: Fault("the character was read before", help: "give each archive once"))
      }
      classes.append(.init(name: name, group: character.alphabet, count: drawers))
      for index in character.drawings {
        let entry = archive.entries[index]
        pixels += try drawing(archive.contents(of: entry, limit: 1 << 20), name: entry.name, path: archive.path, side: side)
      }
    }
  }

  /// The names of the classes that ``dataset(archives:side:alphabets:)`` reads, in its order, without decoding any drawing.
  ///
  /// - Throws: `ReaderError` for an unreadable archive or an unexpected layout.
  public static func classNames(archives: [String], alphabets: Set<String>? = nil) throws(ReaderError) -> [String] {
    var names = [String]()
    for path in archives {
      let files = try ZipArchive(path: path).entries.map(\.name)
      names += try characters(of: files, path: path, alphabets: alphabets).map { "\($0.alphabet)/\($0.name)" }
    }
    return names
  }

  /// One character's files, by their places in the list of names, in the order of the drawers.
  struct Character {
    var alphabet: String
    var name: String
    var drawings: [Int]
  }

  /// The characters that a list of files holds; `path` is where they lie.
  static func characters(of files: [String], path: String, alphabets: Set<String>?) throws(ReaderError) -> [Character] {
    var found = [String: [String: [Int: Int]]]()
    for (index, file) in files.enumerated() where file.hasSuffix(".png") {
      let parts = file.split(separator: "/").map(String.init)
      if parts.contains(where: SystemFiles.isOne) { continue }
      let number = parts.last.flatMap { $0.dropLast(4).split(separator: "_").last }.flatMap { Int($0) }
      guard parts.count == 4, parts[2].hasPrefix("character"), let number, (1...drawers).contains(number) else {
        throw .unexpectedLayout(
          path: path, entry: file,
          reason: "expected images_…/Alphabet/characterNN/NNNN_DD.png with DD in 01…\(drawers)")
      }
      if let alphabets, !alphabets.contains(parts[1]) { continue }
      if found[parts[1], default: [:]][parts[2], default: [:]].updateValue(index, forKey: number) != nil {
        throw .unexpectedLayout(path: path, entry: file, reason: "drawer \(number) is there twice")
      }
    }
    var result = [Character]()
    for (alphabet, characters) in found.sorted(by: { $0.key < $1.key }) {
      for (name, drawings) in characters.sorted(by: { $0.key < $1.key }) {
        if let missing = (1...drawers).first(where: { drawings[$0] == nil }) {
          throw .unexpectedLayout(
            path: path, entry: "\(alphabet)/\(name)",
            reason: Fault("drawer \(missing) of \(drawers) is missing", help: "get the files again"))
        }
        result.append(Character(alphabet: alphabet, name: name, drawings: drawings.sorted { $0.key < $1.key }.map(\.value)))
      }
    }
    return result
  }

  static func drawing(_ bytes: [UInt8], name: String, path: String, side: Int) throws(ReaderError) -> [UInt8] {
    let image: PixelImage
    do {
      image = try PixelImage(png: bytes, path: name, limits: PNGLimits(side: originalSide))
    } catch {
      throw .damagedArchive(path: path, entry: name, reason: error.fault)
    }
    guard image.height == originalSide, image.width == originalSide else {
      throw .unexpectedLayout(
        path: path, entry: name,
        reason: "\(image.height)×\(image.width) pixels, Omniglot's drawings have \(originalSide)×\(originalSide)")
    }
    return image.grey().inverted().resized(height: side, width: side).pixels
  }
}
