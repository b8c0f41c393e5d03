import Basics

extension CIFARReader: DatasetReader {
  /// The format's name: `cifar-10` or `cifar-100`.
  public var name: String { variant.rawValue }
  /// What is read.
  public var summary: String { "binary, also .gz" }

  /// By the official file names; a Python version counts as CIFAR-100's, whose reader says what to get in its place.
  public func likeness(of source: ImportSource) -> ImportSource.Likeness? {
    switch variant {
    case .cifar10:
      return source.names.contains { $0.hasPrefix("data_batch_") || $0.hasPrefix("test_batch") } ? .certain : nil
    case .cifar100:
      let isOfficial = source.names.contains { name in
        ["train.bin", "test.bin", "train.bin.gz", "test.bin.gz"].contains(name)
          || name.hasPrefix("cifar-100") && (name.hasSuffix(".bin") || name.hasSuffix(".bin.gz"))
      }
      if isOfficial { return .certain }
      let isPickle =
        source.isFolder
        ? Self.pickle(in: source.path) != nil
        : Self.pickleNames.contains(where: source.names.contains) && Self.isPickle(at: source.path)
      return isPickle ? .likely : nil
    }
  }

  /// Reads the official files in a folder, or one of them.
  ///
  /// - Throws: `ReaderError`, as ``dataset(_:folder:)`` and ``dataset(_:files:)``.
  public func dataset(
    for job: DatasetImport, in source: ImportSource, report: inout ImportReport
  ) throws(ReaderError) -> ImageDataset {
    try source.isFolder ? Self.dataset(variant, folder: source.path) : Self.dataset(variant, files: [source.path])
  }
}

extension DatasetImport.Format {
  /// A folder with the binary files of CIFAR-10, or one of them.
  public static let cifar10 = Self(of: CIFARReader(.cifar10))
  /// A folder with the binary files of CIFAR-100, or one of them.
  public static let cifar100 = Self(of: CIFARReader(.cifar100))
}
