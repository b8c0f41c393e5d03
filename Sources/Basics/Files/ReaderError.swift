import Foundation

/// What can be wrong with the files of a data set. Each case says which file, where in it, and why.
public enum ReaderError: Error, Hashable, Sendable {
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
  case badSidecar(path: String, reason: String)
  /// Class names that do not fit the labels.
  case badClassNames(path: String, reason: String)
  /// As many labels as images are wanted.
  case countMismatch(images: String, imageCount: Int, labels: String, labelCount: Int)
  /// A label that is not a class.
  case labelOutOfRange(path: String, offset: Int, label: Int, classes: Int)
  /// Two files of one data set with images of different sizes.
  case sizeMismatch(path: String, height: Int, width: Int, expectedHeight: Int, expectedWidth: Int)
  /// A zip archive, or a file in it, that cannot be read or is damaged.
  case damagedArchive(path: String, entry: String?, reason: String)
  /// A picture that cannot be read; the problem says what to do.
  case badPicture(path: String, problem: String)
  /// Files that are not laid out as the format's official distribution is.
  case unexpectedLayout(path: String, entry: String, reason: String)
  /// None of the files that the data set consists of.
  case missingFiles(path: String, expected: [String])
}

extension ReaderError: CustomStringConvertible, LocalizedError {
  /// The message for the user.
  public var description: String {
    switch self {
    case .unreadable(let path, let reason):
      "\(path): cannot be read: \(reason); check the path"
    case .truncated(let path, let offset, let expected):
      "\(path): ends at byte \(offset), its header announces \(expected) bytes; get the file again"
    case .trailingBytes(let path, let offset):
      "\(path): goes on after byte \(offset), where its header lets it end; get the file again"
    case .wrongMagic(let path, let offset, let found, let expected):
      "\(path): byte \(offset): found \(found), expected \(expected); is it the right file?"
    case .badSize(let path, let offset, let reason):
      "\(path): byte \(offset): \(reason); is it the right file?"
    case .damagedCompression(let path, let offset, let reason):
      "\(path): compressed byte \(offset): \(reason); get the file again"
    case .unpacksTooFar(let path, let offset, let limit, let stored):
      "\(path): compressed byte \(offset): \(stored) stored bytes unpack to more than \(limit), as no data set does; "
        + "unpack it yourself (gunzip, or numpy.savez in place of savez_compressed) if it is meant so"
    case .needsMemory(let path, let reason):
      "\(path): \(reason); import a part of it, or smaller images, or use a machine with more memory"
    case .otherFormat(let path, let found, let help):
      "\(path): byte 0: \(found); \(help)"
    case .unclearScale(let path, let offset, let reason, let help):
      "\(path): byte \(offset): \(reason); \(help)"
    case .badSidecar(let path, let reason):
      "\(path): \(reason); mend it, or move it away"
    case .badClassNames(let path, let reason):
      "\(path): \(reason)"
    case .countMismatch(let images, let imageCount, let labels, let labelCount):
      "\(images) holds \(counted(imageCount, "image")) by its header (byte 0), \(labels) \(counted(labelCount, "label")); they do not belong together"
    case .labelOutOfRange(let path, let offset, let label, let classes):
      "\(path): byte \(offset): label \(label), the data set has classes 0..<\(classes); is it the right file?"
    case .sizeMismatch(let path, let height, let width, let expectedHeight, let expectedWidth):
      "\(path): images of \(height)×\(width), those read before have \(expectedHeight)×\(expectedWidth); "
        + "they do not belong together"
    case .damagedArchive(let path, let entry, let reason):
      "\(path)\(entry.map { ": \($0)" } ?? ""): \(reason); get the file again"
    case .badPicture(let path, let problem):
      "\(path): \(problem)"
    case .unexpectedLayout(let path, let entry, let reason):
      "\(path): \(entry): \(reason)"
    case .missingFiles(let path, let expected):
      "\(path): has none of \(expected.joined(separator: ", ")); give the folder that holds them"
    }
  }

  /// The same message, for Foundation.
  public var errorDescription: String? { description }
}
