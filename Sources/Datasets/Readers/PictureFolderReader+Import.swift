import Basics

extension PictureFolderReader: DatasetReader {
  /// The format's name: `folder`.
  public var name: String { "folder" }
  /// What is read.
  public var summary: String { "FOLDER/CLASS/*.png|jpg, or FOLDER/GROUP/CLASS/*" }
  /// All that can be said about pictures.
  public var options: Set<ImportOption> { [.splits, .strict, .paper] }
  /// Pictures may differ in size.
  public var appliesRule: Bool { true }

  /// Any folder can be one of pictures.
  public func likeness(of source: ImportSource) -> ImportSource.Likeness? { source.isFolder ? .possible : nil }

  /// Reads all pictures by the job's rule.
  ///
  /// - Throws: `ReaderError`, as ``dataset(name:folder:format:limits:)``, and where there is no rule.
  public func dataset(
    for job: DatasetImport, in source: ImportSource, report: inout ImportReport
  ) throws(ReaderError) -> ImageDataset {
    guard let rule = job.rule else {
      throw .badSize(path: source.path, offset: 0, reason: "pictures of a folder may differ in size: say one size for all")
    }
    if ["support", "query"].allSatisfy({ SystemFiles.kind(of: "\(source.path)/\($0)") == .folder }) {
      report.note(
        "support and query are as in the folder of a task, which adapt --task reads; here "
          + (job.meaning.splits == .keep ? "they are groups of classes" : "what they hold of a class is put together"))
    }
    return try Self.dataset(
      name: job.name, folder: source.path, format: rule, splits: job.meaning.splits, strict: job.isStrict, report: &report)
  }
}

extension DatasetImport.Format {
  /// A folder of class folders with PNG and JPEG files.
  public static let folder = Self(of: PictureFolderReader())
}
