import Basics
import Foundation

/// Makes a checked pack from data in a common format.
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

    /// What a file or folder seems to be, judged only by names; `nil` if nothing fits.
    public static func detect(_ path: String) -> Format? {
      let url = URL(fileURLWithPath: path)
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return nil }
      let names =
        isFolder.boolValue ? (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] : [url.lastPathComponent]
      func any(_ condition: (String) -> Bool) -> Bool { names.contains(where: condition) }
      if any({ $0.hasPrefix("images_") && $0.hasSuffix(".zip") }) { return .omniglot }
      if any({ IDXFiles.name($0)?.holdsImages == true || IDXFiles.isOdd($0) }) { return .idx }
      if any({ $0.hasPrefix("data_batch_") || $0.hasPrefix("test_batch") }) { return .cifar10 }
      if any({ ["train.bin", "test.bin", "train.bin.gz", "test.bin.gz"].contains($0) }) { return .cifar100 }
      if any({ $0.hasPrefix("cifar-100") && ($0.hasSuffix(".bin") || $0.hasSuffix(".bin.gz")) }) { return .cifar100 }
      if !isFolder.boolValue {
        if url.pathExtension.lowercased() == "npz" { return .npz }
        return CIFARReader.pickleNames.contains(url.lastPathComponent) && CIFARReader.isPickle(at: path) ? .cifar100 : nil
      }
      if !OmniglotReader.unpacked(at: path).isEmpty { return .omniglot }
      // The Python version of CIFAR-100, which its reader names.
      if CIFARReader.pickle(in: path) != nil { return .cifar100 }
      return .folder
    }

    /// The formats whose class names can be given.
    static let unnamed: Set<Format> = [.idx, .npz]
  }

  /// What is said about the meaning of a source, where it does not say it itself.
  public struct Meaning: Sendable, Hashable {
    /// What the numbers of an npz's images mean.
    public var scale: PixelScale?
    /// The names of the classes of npz and IDX files.
    public var classNames: ClassNames?
    /// How folders such as train and test are treated.
    public var splits: PictureFolderReader.Splits?

    /// Nothing is said unless given.
    public init(
      scale: PixelScale? = nil, classNames: ClassNames? = nil, splits: PictureFolderReader.Splits? = nil
    ) {
      self.scale = scale
      self.classNames = classNames
      self.splits = splits
    }

    /// The option that says something which a format has no use for, and for which formats it is.
    public func idle(for format: Format) -> (option: String, formats: String)? {
      if scale != nil, format != .npz { return ("--scale", "npz") }
      if classNames != nil, !Format.unnamed.contains(format) { return ("--class-names", "npz and idx") }
      if splits != nil, format != .folder { return ("--splits", "folder") }
      return nil
    }
  }

  /// What to read.
  public let source: String
  /// The format that the source is read as.
  public let format: Format
  /// The name of the data set.
  public let name: String
  /// The rule for the images; `nil` keeps them as they are (Omniglot then becomes 28×28, folders are refused).
  public let rule: ImageFormat?
  /// The terms of use that the pack states; `nil`: what a file beside the source says, else that they are not stated.
  public let licence: String?
  /// What is said about the source's meaning.
  public let meaning: Meaning
  /// Whether a picture of a folder that cannot be read is an error, instead of being left out and reported.
  public var isStrict = false

  /// An import, of which nothing is read yet.
  public init(
    source: String, format: Format, name: String, rule: ImageFormat? = nil, licence: String? = nil, meaning: Meaning = Meaning()
  ) {
    self.source = source
    self.format = format
    self.name = name
    self.rule = rule
    self.licence = licence
    self.meaning = meaning
  }

  /// What the builder of imported packs begins with.
  static let builder = "ArchPrior datasets import 1"

  /// Reads the source.
  /// - Throws: ``ReaderError``.
  public func dataset() throws(ReaderError) -> ImageDataset {
    var report = ImportReport()
    return try dataset(report: &report)
  }

  /// Reads the source.
  ///
  /// - Parameter report: gets what was taken for granted, put together or left out.
  /// - Throws: ``ReaderError``.
  public func dataset(report: inout ImportReport) throws(ReaderError) -> ImageDataset {
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
      let unpacked = folder && existing.isEmpty ? OmniglotReader.unpacked(at: source) : []
      guard !existing.isEmpty || !unpacked.isEmpty else {
        throw .missingFiles(
          path: source,
          expected: ["images_background.zip", "images_evaluation.zip", "images_background/Alphabet/character01/*.png"])
      }
      let side =
        rule.map { $0.height == $0.width ? min($0.height, OmniglotReader.originalSide) : OmniglotReader.originalSide } ?? 28
      read =
        try existing.isEmpty
        ? OmniglotReader.dataset(folders: unpacked, side: side) : OmniglotReader.dataset(archives: existing, side: side)
    case .idx:
      read = try IDXReader.dataset(name: name, source: source, isFolder: folder, names: meaning.classNames, notes: &report.notes)
    case .cifar10, .cifar100:
      let variant: CIFARReader.Variant = format == .cifar10 ? .cifar10 : .cifar100
      read = try folder ? CIFARReader.dataset(variant, folder: source) : CIFARReader.dataset(variant, files: [source])
    case .npz:
      guard !folder else { throw .unreadable(path: source, reason: "it is a folder: give the .npz file itself") }
      read = try NPZReader.dataset(
        name: name, path: source, scale: meaning.scale, classNames: meaning.classNames, notes: &report.notes)
    case .folder:
      guard let rule else {
        throw .badSize(path: source, offset: 0, reason: "pictures of a folder may differ in size: say one size for all")
      }
      if ["support", "query"].allSatisfy({ SystemFiles.kind(of: "\(source)/\($0)") == .folder }) {
        report.notes.append(
          "support and query are as in the folder of a task, which adapt --task reads; here "
            + (meaning.splits == .keep ? "they are groups of classes" : "what they hold of a class is put together"))
      }
      return try PictureFolderReader.dataset(
        name: name, folder: source, format: rule, splits: meaning.splits, strict: isStrict, report: &report)
    }
    // The images by the rule, and those again as they are packed.
    if let rule { try AvailableMemory.check(2 * rule.bytes(of: read.imageCount), path: source) }
    return read.named(name).uniform(orAsIs: rule)
  }

  /// Reads the source and makes the pack. Equal sources and settings give equal packs.
  /// - Throws: ``ReaderError``, ``PackError``.
  public func pack() throws -> DatasetPack {
    var report = ImportReport()
    return try pack(report: &report)
  }

  /// Reads the source and makes the pack. Equal sources and settings give equal packs.
  ///
  /// - Parameter report: gets what was taken for granted, put together or left out, what was odd about the pictures of a folder, and
  ///   pictures that are there twice.
  /// - Throws: ``ReaderError``, ``PackError``.
  public func pack(report: inout ImportReport) throws -> DatasetPack {
    let before = report.notes.count
    let dataset = try dataset(report: &report)
    let own = report.notes.dropFirst(before)
    let empty = dataset.classes.filter { $0.count == 0 }.map(\.name)
    guard empty.isEmpty else { throw PackError.invalid(reason: "no image of class \(empty.joined(separator: ", "))") }
    report.notes += Self.repeats(in: dataset)
    if dataset.classes.count == 1 {
      report.notes.append("there is one class only (\(dataset.classes[0].name)), and tasks need several")
    }
    let sidecar = format == .npz ? try DatasetSidecar(beside: source) : nil
    if let licence, let other = sidecar?.licence, licence != other {
      report.notes.append("the licence is “\(licence)” as asked; the file beside the data says “\(other)”")
    }
    let path = URL(fileURLWithPath: source).standardizedFileURL.path
    // What was taken for granted is part of what the images are.
    let remarks = own.map {
      " Note: \($0.replacingOccurrences(of: source, with: URL(fileURLWithPath: source).lastPathComponent))."
    }
    return try DatasetPack(
      dataset: dataset,
      provenance: DatasetPack.Provenance(
        description: "Imported from \(URL(fileURLWithPath: source).lastPathComponent) (\(format.rawValue))." + remarks.joined(),
        source: sidecar?.source.map { "\($0) (\(path))" } ?? path, licence: licence ?? sidecar?.licence ?? "not stated",
        builder: Self.builder, reading: dataset.reading ?? .assumed(for: dataset)))
  }
}

extension DatasetImport {
  /// A note about pictures that are in a data set twice.
  private static func repeats(in dataset: ImageDataset) -> [String] {
    let repeated = dataset.repeated()
    var notes: [String] = []
    if repeated.withinClasses > 0 {
      notes.append(
        "\(repeated.withinClasses) of \(counted(dataset.imageCount, "image")) \(repeated.withinClasses == 1 ? "is" : "are") the same "
          + "picture as another of their class; "
          + "a task may learn from one and ask for the other")
    }
    if repeated.example.count == 2 {
      let places = repeated.example.map { "image \($0.image) of \(dataset.classes[$0.classIndex].name)" }
      notes.append(
        "\(repeated.acrossClasses) of \(counted(dataset.imageCount, "image")) \(repeated.acrossClasses == 1 ? "is" : "are") the same "
          + "picture as one of another class: "
          + "\(places[1]) is \(places[0]); runs leave such classes out of training where they fall into two splits")
    }
    return notes
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
