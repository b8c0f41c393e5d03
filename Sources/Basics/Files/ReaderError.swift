/// What can be wrong with the files of a data set. Each case says which file, where in it, and why.
public enum ReaderError: ReportableError, Hashable, Sendable {
  /// A file or folder that cannot be read.
  case unreadable(path: String, reason: String)
  /// A file that ends before its header says.
  case truncated(path: String, offset: Int, expected: Int)
  /// A file with more bytes than its header says.
  case trailingBytes(path: String, offset: Int)
  /// A file that does not begin as its format does.
  case wrongMagic(path: String, offset: Int, found: String, expected: String)
  /// A header whose sizes are not those of images or labels, or more than memory can hold.
  case badSize(path: String, offset: Int, reason: String)
  /// A gzip stream that cannot be decompressed; `offset` counts compressed bytes.
  case damagedCompression(path: String, offset: Int, reason: String)
  /// A compressed file of `stored` bytes that unpacks to more than `limit`; `offset` counts compressed bytes.
  case unpacksTooFar(path: String, offset: Int, limit: Int, stored: Int)
  /// A file that is too large for the memory that there is; the reason says for how much.
  case needsMemory(path: String, reason: String)
  /// A file of another version or format of the data set, which is not read; `help` says which is.
  case otherFormat(path: String, found: String, help: String)
  /// The scale of numbers cannot be told, or is not what was said.
  case unclearScale(path: String, offset: Int, reason: String, help: String)
  /// A file beside the data that cannot be read.
  case badSidecar(path: String, reason: Fault)
  /// Class names that do not fit the labels.
  case badClassNames(path: String, reason: Fault)
  /// As many labels as images are wanted.
  case countMismatch(images: String, imageCount: Int, labels: String, labelCount: Int)
  /// A label that is not a class.
  case labelOutOfRange(path: String, offset: Int, label: Int, classes: Int)
  /// Two files of one data set with images of different sizes.
  case sizeMismatch(path: String, height: Int, width: Int, expectedHeight: Int, expectedWidth: Int)
  /// A zip archive, or a file in it, that cannot be read or is damaged.
  case damagedArchive(path: String, entry: String?, reason: Fault)
  /// A picture that cannot be read; the problem says what to do.
  case badPicture(path: String, problem: Fault)
  /// Files that are not laid out as the format's official distribution is.
  case unexpectedLayout(path: String, entry: String, reason: Fault)
  /// None of the files that the data set consists of.
  case missingFiles(path: String, expected: [String])
}

extension ReaderError {
  /// True for class names that an option gave.
  public var isUsage: Bool { if case .badClassNames(let origin, _) = self { origin.hasPrefix("--") } else { false } }

  private static let again = "get the file again"
  private static let another = "is it the right file?"

  /// Which file, what is wrong with it, and mostly what to do.
  public var fault: Fault {
    switch self {
    case .unreadable(let path, let reason):
      Fault("cannot be read: \(reason)", at: .file(path), help: "check the path")
    case .truncated(let path, let offset, let expected):
      Fault(
        "ends at byte \(offset), its header announces \(expected) bytes", at: .file(path).mentioning(byte: offset),
        help: Self.again)
    case .trailingBytes(let path, let offset):
      Fault(
        "goes on after byte \(offset), where its header lets it end", at: .file(path).mentioning(byte: offset), help: Self.again)
    case .wrongMagic(let path, let offset, let found, let expected):
      Fault("found \(found), expected \(expected)", at: .file(path, byte: offset), help: Self.another)
    case .badSize(let path, let offset, let reason):
      Fault(reason, at: .file(path, byte: offset), help: Self.another)
    case .damagedCompression(let path, let offset, let reason):
      Fault("compressed byte \(offset): \(reason)", at: .file(path).mentioning(byte: offset), help: Self.again)
    case .unpacksTooFar(let path, let offset, let limit, let stored):
      Fault(
        "compressed byte \(offset): \(stored) stored bytes unpack to more than \(limit), as no data set does",
        at: .file(path).mentioning(byte: offset),
        help: "unpack it yourself (gunzip, or numpy.savez in place of savez_compressed) if it is meant so")
    case .needsMemory(let path, let reason):
      Fault(reason, at: .file(path), help: "import a part of it, or smaller images, or use a machine with more memory")
    case .otherFormat(let path, let found, let help):
      Fault(found, at: .file(path, byte: 0), help: help)
    case .unclearScale(let path, let offset, let reason, let help):
      Fault(reason, at: .file(path, byte: offset), help: help)
    case .badSidecar(let path, let reason):
      reason.within(.file(path), help: "mend it, or move it away")
    case .badClassNames(let path, let reason):
      reason.within(.file(path))
    case .countMismatch(let images, let imageCount, let labels, let labelCount):
      Fault(
        "\(images) holds \(counted(imageCount, "image")) by its header (byte 0), \(labels) \(counted(labelCount, "label"))",
        at: .mentioned(file: images, byte: 0), help: "they do not belong together")
    case .labelOutOfRange(let path, let offset, let label, let classes):
      Fault("label \(label), the data set has classes 0..<\(classes)", at: .file(path, byte: offset), help: Self.another)
    case .sizeMismatch(let path, let height, let width, let expectedHeight, let expectedWidth):
      Fault(
        "images of \(height)×\(width), those read before have \(expectedHeight)×\(expectedWidth)", at: .file(path),
        help: "they do not belong together")
    case .damagedArchive(let path, let entry, let reason):
      reason.within(.file(path, key: entry), help: Self.again)
    case .badPicture(let path, let problem):
      problem.within(.file(path))
    case .unexpectedLayout(let path, let entry, let reason):
      reason.within(.file(path, key: entry))
    case .missingFiles(let path, let expected):
      Fault("has none of \(expected.joined(separator: ", "))", at: .file(path), help: "give the folder that holds them")
    }
  }
}
