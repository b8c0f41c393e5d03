import Basics
import Foundation

/// Reads data sets of one format, for `archprior datasets import`. A reader is one file, and one line of ``DatasetReaderRegistry``.
public protocol DatasetReader: Sendable {
  /// The format's name on the command line and in packs, such as `idx`.
  var name: String { get }
  /// What is read, in a few words, for help: `MNIST and its family`.
  var summary: String { get }
  /// What can be said about a source of this format, besides its size and licence; nothing by default.
  var options: Set<ImportOption> { get }
  /// Whether images may differ in size, so that the reader wants a rule for them and applies it; `false` by default.
  var appliesRule: Bool { get }
  /// Whether a JSON file beside the source may state its origin and licence, as ``DatasetSidecar``; `false` by default.
  var hasSidecar: Bool { get }

  /// How much a source looks like one of this format; `nil` where it does not.
  func likeness(of source: ImportSource) -> ImportSource.Likeness?

  /// Reads a source.
  ///
  /// - Parameters:
  ///   - job: what is asked for; ``DatasetImport/rule`` is applied afterwards, unless ``appliesRule``.
  ///   - source: the job's source.
  ///   - report: gets what was taken for granted, put together or left out.
  /// - Throws: `ReaderError` with path and place.
  func dataset(
    for job: DatasetImport, in source: ImportSource, report: inout ImportReport
  ) throws(ReaderError) -> ImageDataset
}

extension DatasetReader {
  /// Nothing.
  public var options: Set<ImportOption> { [] }
  /// Images have one size.
  public var appliesRule: Bool { false }
  /// No file beside the source.
  public var hasSidecar: Bool { false }
}

/// A file or folder that is to be imported.
public struct ImportSource: Sendable, Hashable {
  /// How much a source looks like one of a format, judged by names or by a look inside.
  public enum Likeness: Int, Comparable, Sendable {
    /// It can be one, if it is nothing else.
    case possible
    /// It is laid out like one.
    case likely
    /// It has files that only this format has.
    case certain

    /// Whether the left one says less.
    public static func < (left: Likeness, right: Likeness) -> Bool { left.rawValue < right.rawValue }
  }

  /// Where it is.
  public let path: String
  /// Whether it is a folder.
  public let isFolder: Bool
  /// The names of the folder's entries; a file's own name.
  public let names: [String]

  /// What is at a path; `nil` where nothing is.
  public init?(_ path: String) {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return nil }
    self.path = path
    self.isFolder = isFolder.boolValue
    names =
      isFolder.boolValue
      ? (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] : [URL(fileURLWithPath: path).lastPathComponent]
  }
}

/// What can be said about a source, which not every format has a use for. The raw value is the option of the command.
public enum ImportOption: String, Sendable, CaseIterable {
  /// What the numbers of images mean.
  case scale
  /// The names of the classes.
  case classNames = "class-names"
  /// How folders such as train and test are treated.
  case splits
  /// That what cannot be read is an error.
  case strict
  /// What is under a picture's transparent parts.
  case paper

  /// The formats that the option is for, as words, where a format is none of them; `nil` where it is.
  public func others(than format: DatasetImport.Format) -> String? {
    guard format.reader?.options.contains(self) != true else { return nil }
    // The formats with the most to say come last in lists, and first here.
    return DatasetReaderRegistry.all.filter { $0.options.contains(self) }.map(\.name).reversed().joined(separator: " and ")
  }
}

/// The readers that are known by name. A new one is a line of ``registry``, or registered by a program of its own.
public enum DatasetReaderRegistry: KindRegistry {
  /// The readers, in the order of lists; of two that find a source equally like their own, the first reads it.
  public static let registry = Registry<any DatasetReader>(
    "format",
    [
      OmniglotReader(),
      IDXReader(),
      CIFARReader(.cifar10),
      CIFARReader(.cifar100),
      NPZReader(),
      PictureFolderReader(),
    ]
  ) { $0.name }
}
