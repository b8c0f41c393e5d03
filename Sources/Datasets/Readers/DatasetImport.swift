import Basics
import Foundation

/// Makes a checked pack from data in a common format.
public struct DatasetImport: Sendable {
  /// A format, by the name of its reader in ``DatasetReaderRegistry``.
  public struct Format: RawRepresentable, Hashable, CaseIterable, Sendable {
    /// The name.
    public let rawValue: String

    /// The format of this name; `nil` if nothing reads it.
    public init?(rawValue: String) {
      guard DatasetReaderRegistry.registry[rawValue] != nil else { return nil }
      self.rawValue = rawValue
    }

    /// The format that a registered reader reads.
    init(of reader: any DatasetReader) { rawValue = reader.name }

    /// All formats that are read, in the order of lists.
    public static var allCases: [Format] { DatasetReaderRegistry.all.map { Format(of: $0) } }

    /// What a file or folder seems to be, judged by the readers; `nil` where nothing fits.
    public static func detect(_ path: String) -> Format? {
      guard let source = ImportSource(path) else { return nil }
      let judged = DatasetReaderRegistry.all.compactMap { reader in
        reader.likeness(of: source).map { (reader: reader, likeness: $0) }
      }
      guard let most = judged.map(\.likeness).max() else { return nil }
      return judged.first { $0.likeness == most }.map { Format(of: $0.reader) }
    }

    /// What reads the format; `nil` for none, which no format has that was made by a name.
    public var reader: (any DatasetReader)? { DatasetReaderRegistry.registry[rawValue] }
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
      let said: [(ImportOption, Bool)] = [
        (.scale, scale != nil), (.classNames, classNames != nil), (.splits, splits != nil),
      ]
      for (option, isSaid) in said where isSaid {
        if let formats = option.others(than: format) { return ("--\(option.rawValue)", formats) }
      }
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
  /// - Throws: `ReaderError`.
  public func dataset() throws(ReaderError) -> ImageDataset {
    var report = ImportReport()
    return try dataset(report: &report)
  }

  /// Reads the source.
  ///
  /// - Parameter report: gets what was taken for granted, put together or left out.
  /// - Throws: `ReaderError`.
  public func dataset(report: inout ImportReport) throws(ReaderError) -> ImageDataset {
    guard let source = ImportSource(self.source) else {
      throw .unreadable(path: self.source, reason: "No such file or directory")
    }
    guard let reader = format.reader else {
      throw .unreadable(path: self.source, reason: "nothing reads the format \(format.rawValue)")
    }
    let read = try reader.dataset(for: self, in: source, report: &report)
    // Pictures that may differ in size were made uniform as they were read.
    guard !reader.appliesRule else { return read }
    // The images by the rule, and those again as they are packed.
    if let rule { try AvailableMemory.check(2 * rule.bytes(of: read.imageCount), path: self.source) }
    return read.named(name).uniform(orAsIs: rule)
  }

  /// Reads the source and makes the pack. Equal sources and settings give equal packs.
  /// - Throws: `ReaderError`, ``PackError``.
  public func pack() throws -> DatasetPack {
    var report = ImportReport()
    return try pack(report: &report)
  }

  /// Reads the source and makes the pack. Equal sources and settings give equal packs.
  ///
  /// - Parameter report: gets what was taken for granted, put together or left out, what was odd about the pictures of a folder, and
  ///   pictures that are there twice.
  /// - Throws: `ReaderError`, ``PackError``.
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
    let sidecar = format.reader?.hasSidecar == true ? try DatasetSidecar(beside: source) : nil
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
