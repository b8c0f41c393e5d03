import Basics

extension IDXReader: DatasetReader {
  /// The format's name: `idx`.
  public var name: String { "idx" }
  /// What is read.
  public var summary: String { "MNIST and its family" }
  /// Class names: the files have only labels.
  public var options: Set<ImportOption> { [.classNames] }

  /// By the family's file names.
  public func likeness(of source: ImportSource) -> ImportSource.Likeness? {
    source.names.contains { IDXFiles.name($0)?.holdsImages == true || IDXFiles.isOdd($0) } ? .certain : nil
  }

  /// Reads the pairs of files in a folder, or the pair that a file belongs to.
  ///
  /// - Throws: `ReaderError`, as ``dataset(name:folder:classNames:)``.
  public func dataset(
    for job: DatasetImport, in source: ImportSource, report: inout ImportReport
  ) throws(ReaderError) -> ImageDataset {
    try Self.dataset(
      name: job.name, source: source.path, isFolder: source.isFolder, names: job.meaning.classNames, notes: &report.notes)
  }
}

extension DatasetImport.Format {
  /// A folder with the IDX files of the MNIST family.
  public static let idx = Self(of: IDXReader())
}
