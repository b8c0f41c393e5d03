import Foundation

/// Makes a checked pack of data in a format that others use.
public struct DatasetImport: Sendable {
  /// The formats that are read.
  public enum Format: String, Sendable, Hashable, CaseIterable {
    /// A folder with `images_background.zip` and `images_evaluation.zip`, or one such archive.
    case omniglot
    /// A folder with the IDX files of the MNIST family.
    case idx
    /// A folder with the binary files of CIFAR-10, or one of them.
    case cifar10 = "cifar-10"
    /// A folder with the binary files of CIFAR-100, or one of them.
    case cifar100 = "cifar-100"
    /// An `.npz` of images and labels.
    case npz
    /// A folder of class folders with PNG and JPEG files.
    case folder

    /// What a file or folder seems to be, by names alone; `nil` where nothing fits.
    public static func detect(_ path: String) -> Format? {
      let url = URL(fileURLWithPath: path)
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return nil }
      let names =
        isFolder.boolValue ? (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] : [url.lastPathComponent]
      func any(_ condition: (String) -> Bool) -> Bool { names.contains(where: condition) }
      if any({ $0.hasPrefix("images_") && $0.hasSuffix(".zip") }) { return .omniglot }
      if any({ $0.contains("-idx3-ubyte") }) { return .idx }
      if any({ $0.hasPrefix("data_batch_") || $0.hasPrefix("test_batch.bin") }) { return .cifar10 }
      if any({ ["train.bin", "test.bin", "train.bin.gz", "test.bin.gz"].contains($0) }) { return .cifar100 }
      if any({ $0.hasPrefix("cifar-100") && ($0.hasSuffix(".bin") || $0.hasSuffix(".bin.gz")) }) { return .cifar100 }
      if !isFolder.boolValue { return url.pathExtension == "npz" ? .npz : nil }
      return .folder
    }
  }

  /// What to read.
  public let source: String
  /// As what.
  public let format: Format
  /// The name of the data set.
  public let name: String
  /// The rule for the images; `nil` keeps them as they are (Omniglot then becomes 28×28, folders are refused).
  public let rule: ImageFormat?
  /// The terms of use that the pack is to state.
  public let licence: String
  /// Whether a picture of a folder that cannot be read is an error, instead of being left out and reported.
  public var isStrict = false

  /// An import.
  public init(source: String, format: Format, name: String, rule: ImageFormat? = nil, licence: String = "not stated") {
    self.source = source
    self.format = format
    self.name = name
    self.rule = rule
    self.licence = licence
  }

  /// What the builder of imported packs begins with.
  static let builder = "ArchPrior datasets import 1"

  /// Reads the source.
  /// - Throws: ``ReaderError``.
  public func dataset() throws(ReaderError) -> ImageDataset {
    var report = PictureReport()
    return try dataset(report: &report)
  }

  private func dataset(report: inout PictureReport) throws(ReaderError) -> ImageDataset {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: source, isDirectory: &isFolder) else {
      throw .unreadable(path: source, reason: "No such file or directory")
    }
    let folder = isFolder.boolValue
    let read: ImageDataset
    switch format {
    case .omniglot:
      let archives = folder ? ["images_background.zip", "images_evaluation.zip"].map { source + "/" + $0 } : [source]
      let existing = archives.filter { FileManager.default.fileExists(atPath: $0) }
      guard !existing.isEmpty else {
        throw .missingFiles(path: source, expected: ["images_background.zip", "images_evaluation.zip"])
      }
      let side =
        rule.map { $0.height == $0.width ? min($0.height, OmniglotReader.originalSide) : OmniglotReader.originalSide } ?? 28
      read = try OmniglotReader.dataset(archives: existing, side: side)
    case .idx:
      guard folder else { throw .unreadable(path: source, reason: "IDX files come in pairs: give the folder that holds them") }
      let isFashion = source.lowercased().contains("fashion")
      read = try IDXReader.dataset(name: name, folder: source, classNames: isFashion ? IDXReader.fashionMNISTClasses : nil)
    case .cifar10, .cifar100:
      let variant: CIFARReader.Variant = format == .cifar10 ? .cifar10 : .cifar100
      read = try folder ? CIFARReader.dataset(variant, folder: source) : CIFARReader.dataset(variant, files: [source])
    case .npz:
      guard !folder else { throw .unreadable(path: source, reason: "it is a folder: give the .npz file itself") }
      read = try NPZReader.dataset(name: name, path: source)
    case .folder:
      guard let rule else {
        throw .badSize(path: source, offset: 0, reason: "pictures of a folder may differ in size: say one size for all")
      }
      return try PictureFolderReader.dataset(
        name: name, folder: source, format: rule, strict: isStrict, report: &report)
    }
    return read.named(name).uniform(orAsIs: rule)
  }

  /// Reads the source and makes the pack. Equal sources and settings give equal packs.
  /// - Throws: ``ReaderError``, ``PackError``.
  public func pack() throws -> DatasetPack {
    var report = PictureReport()
    return try pack(report: &report)
  }

  /// As ``pack()``; `report` gets what was odd about the pictures of a folder.
  public func pack(report: inout PictureReport) throws -> DatasetPack {
    let dataset = try dataset(report: &report)
    let empty = dataset.classes.filter { $0.count == 0 }.map(\.name)
    guard empty.isEmpty else { throw PackError.invalid(reason: "no image of class \(empty.joined(separator: ", "))") }
    return try DatasetPack(
      dataset: dataset,
      provenance: DatasetPack.Provenance(
        description: "Imported from \(URL(fileURLWithPath: source).lastPathComponent) (\(format.rawValue)).",
        source: URL(fileURLWithPath: source).standardizedFileURL.path, licence: licence, builder: Self.builder,
        reading: dataset.reading ?? .assumed(for: dataset)))
  }
}

extension DatasetPack {
  /// Whether the pack was made by ``DatasetImport``, and so by the user.
  public var isImported: Bool { provenance.builder.hasPrefix("ArchPrior datasets import") }
}

extension ImageDataset {
  /// The same data set under another name.
  public func named(_ name: String) -> ImageDataset {
    guard
      var result = ImageDataset(
        name: name, height: height, width: width, channels: channels, classes: classes, pixels: pixels)
    else { preconditionFailure("as many pixels as before") }
    result.reading = reading
    return result
  }

  fileprivate func uniform(orAsIs rule: ImageFormat?) -> ImageDataset { rule.map(uniform) ?? self }
}
