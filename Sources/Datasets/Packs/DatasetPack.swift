import Basics
import Foundation

/// A data set with its provenance, as one `.archpack` file holds it.
///
/// The file, all integers little-endian:
///
/// | bytes | what |
/// | --- | --- |
/// | 8 | `ARCHPACK` |
/// | 4, 4 | format version (1), number of sections (2) |
/// | 56 a section | name (8 bytes, zero-padded), stored length, plain length (8 bytes each), SHA-256 of the stored bytes |
/// | 32 | SHA-256 of all bytes before |
/// | … | the sections `header` (JSON) and `pixels`, each a zlib stream, without gaps, up to the end of the file |
///
/// Every byte is covered by a checksum, lengths are checked before memory is taken, and equal packs give equal bytes.
public struct DatasetPack: Sendable {
  /// The format version that ``write(to:)`` writes; lower ones are read.
  public static let formatVersion = 1

  /// Where one or more images of a pack come from.
  public struct Origin: Sendable, Hashable, Codable {
    /// A short name, such as a typeface's family and style.
    public var name: String
    /// The software package or archive that it was taken from, with its version.
    public var package: String
    /// The file in it.
    public var file: String
    /// The licence, as an SPDX-like name.
    public var licence: String

    /// An origin; `licence` is an SPDX-like name.
    public init(name: String, package: String, file: String, licence: String) {
      self.name = name
      self.package = package
      self.file = file
      self.licence = licence
    }
  }

  /// What is said about a data set besides its images.
  public struct Provenance: Sendable, Hashable, Codable {
    /// One or two sentences on what the images show.
    public var description: String
    /// Where the images come from.
    public var source: String
    /// Under which terms they may be used.
    public var licence: String
    /// The program and version that made the pack.
    public var builder: String
    /// The single sources, where they are known.
    public var origins: [Origin]
    /// For each class, the index in ``origins`` of each of its images; empty if unknown.
    public var originOfImage: [[Int]]
    /// How the pictures were read that the images are of; `nil` in packs that do not say so, see ``DatasetPack/reading``.
    public var reading: PictureReading?

    /// A provenance; without `origins` the single sources are unknown.
    public init(
      description: String, source: String, licence: String, builder: String, origins: [Origin] = [],
      originOfImage: [[Int]] = [], reading: PictureReading? = nil
    ) {
      self.description = description
      self.source = source
      self.licence = licence
      self.builder = builder
      self.origins = origins
      self.originOfImage = originOfImage
      self.reading = reading
    }
  }

  /// What ``verify(_:)`` found in an intact pack.
  public struct Summary: Sendable, Hashable, CustomStringConvertible {
    /// The path of the file.
    public var path: String
    /// The data set's name.
    public var name: String
    /// Pixels from top to bottom.
    public var height: Int
    /// Pixels from left to right.
    public var width: Int
    /// 1 (grey) or 3 (red, green, blue).
    public var channels: Int
    /// How many classes.
    public var classes: Int
    /// How many images in all.
    public var images: Int
    /// Keys shared by two or more classes that look alike.
    public var lookalikeGroups: Int
    /// Under which terms the images may be used.
    public var licence: String
    /// The file's size.
    public var fileBytes: Int
    /// SHA-256 of the whole file, in hexadecimal.
    public var digest: String

    /// One line: classes, images, look-alikes, size and licence.
    public var description: String {
      "\(name): \(counted(classes, "class", "classes")), \(counted(images, "image")) of \(height)×\(width)×\(channels), "
        + "\(counted(lookalikeGroups, "group")) of look-alikes, \(fileBytes) bytes, \(licence)"
    }
  }

  /// The images.
  public let dataset: ImageDataset
  /// Where they come from.
  public let provenance: Provenance
  /// How a picture becomes an image like those of the pack: as its provenance says, else assumed by its images.
  public var reading: PictureReading? { provenance.reading ?? .assumed(for: dataset) }

  /// Puts a pack together.
  /// - Throws: ``PackError/invalid(reason:)`` if names repeat, the shape is not a picture's, or the origins do not fit the
  ///   images.
  public init(dataset: ImageDataset, provenance: Provenance) throws(PackError) {
    let header = PackHeader(dataset: dataset, provenance: provenance)
    if let reason = header.flaw { throw PackError.invalid(reason: reason) }
    self.dataset = dataset.read(by: provenance.reading)
    self.provenance = provenance
  }

  /// Reads a pack and checks all of it.
  /// - Throws: ``PackError``, which names the path and the byte offset.
  public static func read(_ path: String) throws(PackError) -> DatasetPack {
    try parse(bytes(of: path), path: path)
  }

  /// Reads a pack from memory and checks all of it.
  /// - Parameters:
  ///   - bytes: the whole pack, as in a file.
  ///   - path: what to call the source in errors.
  /// - Throws: ``PackError``.
  public static func parse(_ bytes: [UInt8], path: String) throws(PackError) -> DatasetPack {
    let (header, pixels) = try PackLayout.parse(bytes, path: path)
    guard let dataset = header.dataset(pixels: pixels) else {
      throw PackError.malformed(path: path, section: "pixels", offset: 0, reason: "their number does not fit the classes")
    }
    return try DatasetPack(dataset: dataset, provenance: header.provenance)
  }

  /// Reads a pack, checks every checksum, length and cross-reference, and says what is in it.
  /// - Throws: ``PackError`` if anything is wrong.
  public static func verify(_ path: String) throws(PackError) -> Summary {
    let bytes = try bytes(of: path)
    let pack = try parse(bytes, path: path)
    let dataset = pack.dataset
    var members: [String: Int] = [:]
    for entry in dataset.classes { if let key = entry.lookalike { members[key, default: 0] += 1 } }
    return Summary(
      path: path, name: dataset.name, height: dataset.height, width: dataset.width, channels: dataset.channels,
      classes: dataset.classes.count, images: dataset.imageCount, lookalikeGroups: members.values.count { $0 > 1 },
      licence: pack.provenance.licence, fileBytes: bytes.count, digest: SHA256.hex(bytes))
  }

  /// Writes the pack atomically (temporary file in the same folder, sync, rename). Equal packs give equal bytes.
  /// - Throws: ``PackError/unwritable(path:reason:)``.
  public func write(to path: String) throws(PackError) {
    let bytes = try encoded()
    guard Self.isReplaceable(path) else {
      throw PackError.unwritable(path: path, reason: "there is a file that is no pack, and it stays")
    }
    // What killed imports left.
    ByteFile.removeAbandoned(in: URL(fileURLWithPath: path).deletingLastPathComponent().path) {
      $0.target.hasSuffix(DatasetCatalog.suffix)
    }
    do {
      try ByteFile.writeAtomically(bytes, to: path)
    } catch {
      throw PackError.unwritable(path: path, reason: error.reason)
    }
  }

  /// Whether there is nothing at a path, an empty file, or a pack (a damaged one too).
  private static func isReplaceable(_ path: String) -> Bool {
    var status = stat()
    guard stat(path, &status) == 0 else { return true }
    guard status.st_mode & S_IFMT == S_IFREG else { return false }
    guard status.st_size > 0, let file = FileHandle(forReadingAtPath: path) else { return status.st_size == 0 }
    defer { try? file.close() }
    return (try? file.read(upToCount: PackLayout.magic.count)).map { Array($0) == PackLayout.magic } ?? false
  }

  /// The bytes of the pack's file.
  /// - Throws: ``PackError/invalid(reason:)`` if a section cannot be made.
  public func encoded() throws(PackError) -> [UInt8] {
    try PackLayout.encode(PackHeader(dataset: dataset, provenance: provenance), pixels: dataset.pixels)
  }

  private static func bytes(of path: String) throws(PackError) -> [UInt8] {
    do {
      return try ByteFile.read(path, limit: PackLayout.fileLimit)
    } catch {
      throw PackError.unreadable(path: path, reason: error.reason)
    }
  }
}
