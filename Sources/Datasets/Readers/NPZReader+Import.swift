import Basics
import Foundation

extension NPZReader: DatasetReader {
  /// The format's name: `npz`.
  public var name: String { "npz" }
  /// What is read.
  public var summary: String { "arrays `images` and `label`" }
  /// Scale and class names, which arrays do not state.
  public var options: Set<ImportOption> { [.scale, .classNames] }
  /// A JSON file beside the source may state origin and licence.
  public var hasSidecar: Bool { true }

  /// By the file's extension.
  public func likeness(of source: ImportSource) -> ImportSource.Likeness? {
    !source.isFolder && URL(fileURLWithPath: source.path).pathExtension.lowercased() == "npz" ? .likely : nil
  }

  /// Reads a file.
  ///
  /// - Throws: `ReaderError`, as ``dataset(name:path:scale:classNames:notes:)``.
  public func dataset(
    for job: DatasetImport, in source: ImportSource, report: inout ImportReport
  ) throws(ReaderError) -> ImageDataset {
    guard !source.isFolder else { throw .unreadable(path: source.path, reason: "it is a folder: give the .npz file itself") }
    return try Self.dataset(
      name: job.name, path: source.path, scale: job.meaning.scale, classNames: job.meaning.classNames, notes: &report.notes)
  }
}

extension DatasetImport.Format {
  /// An `.npz` of images and labels.
  public static let npz = Self(of: NPZReader())
}
