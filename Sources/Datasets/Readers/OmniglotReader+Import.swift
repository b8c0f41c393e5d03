import Basics
import Foundation

extension OmniglotReader: DatasetReader {
  private static let archiveNames = ["images_background.zip", "images_evaluation.zip"]

  /// The format's name: `omniglot`.
  public var name: String { "omniglot" }
  /// What is read.
  public var summary: String { "the official zips, or what they unpack to" }

  /// By the names of the archives, or by what they unpack to.
  public func likeness(of source: ImportSource) -> ImportSource.Likeness? {
    if source.names.contains(where: { $0.hasPrefix("images_") && $0.hasSuffix(".zip") }) { return .certain }
    return source.isFolder && !Self.unpacked(at: source.path).isEmpty ? .likely : nil
  }

  /// Reads the archives in a folder, or one archive, or an unpacked folder, at 28×28 unless a square size is asked for.
  ///
  /// - Throws: `ReaderError`, as ``dataset(archives:side:alphabets:)``.
  public func dataset(
    for job: DatasetImport, in source: ImportSource, report: inout ImportReport
  ) throws(ReaderError) -> ImageDataset {
    let archives = source.isFolder ? Self.archiveNames.map { source.path + "/" + $0 } : [source.path]
    let existing = archives.filter { FileManager.default.fileExists(atPath: $0) }
    let unpacked = source.isFolder && existing.isEmpty ? Self.unpacked(at: source.path) : []
    guard !existing.isEmpty || !unpacked.isEmpty else {
      throw .missingFiles(
        path: source.path, expected: Self.archiveNames + ["images_background/Alphabet/character01/*.png"])
    }
    let side = job.rule.map { $0.height == $0.width ? min($0.height, Self.originalSide) : Self.originalSide } ?? 28
    return
      try existing.isEmpty
      ? Self.dataset(folders: unpacked, side: side) : Self.dataset(archives: existing, side: side)
  }
}

extension DatasetImport.Format {
  /// A folder with `images_background.zip` and `images_evaluation.zip`, or one such archive.
  public static let omniglot = Self(of: OmniglotReader())
}
