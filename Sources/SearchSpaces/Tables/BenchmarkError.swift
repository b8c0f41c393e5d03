import Basics

/// What can be wrong with a benchmark's file or with a question to it. Each case says which file, where in it, and why.
public enum BenchmarkError: ReportableError, Hashable, Sendable {
  /// There is no such file; `wanted` says what it would be and where that comes from.
  case missing(path: String, wanted: String)
  /// The file cannot be read or decompressed.
  case unreadable(ReaderError)
  /// The file is larger, once decompressed, than any of its kind.
  case tooLarge(path: String, limit: Int)
  /// The file ends where more must come; `offset` counts bytes, after decompression.
  case truncated(path: String, offset: Int, needed: Int)
  /// A checksum does not fit the bytes that it is for.
  case checksum(path: String, offset: Int, part: String)
  /// Something at this byte (after decompression) is not what the format has there.
  case malformed(path: String, offset: Int, found: String, expected: String)
  /// The table has no column of this name.
  case missingColumn(path: String, name: String)
  /// An architecture occurs twice.
  case repeated(path: String, offset: Int, architecture: String)
  /// Architectures of the space are missing.
  case incomplete(path: String, found: Int, expected: Int)
  /// The table has no row for this architecture.
  case notInTable(benchmark: String, architecture: String)
  /// The benchmark has no such data set.
  case noDataset(benchmark: String, name: String, known: [String])
  /// The benchmark has no such number of epochs for the data set.
  case noFidelity(benchmark: String, dataset: String, epochs: Int, known: [Int])
  /// The benchmark has no value of this split for the data set.
  case noSplit(benchmark: String, dataset: String, split: String)
  /// The benchmark does not know the device.
  case noDevice(name: String, known: [String])
}

extension BenchmarkError {
  private static let again = "get the file again"
  private static let another = "is it the right file?"

  /// Which file or table, what is wrong with it, and what to do.
  public var fault: Fault {
    switch self {
    case .missing(let path, let wanted):
      Fault("there is no such file", at: .file(path), help: "it is to be \(wanted), see docs/data.md")
    case .unreadable(let error): error.fault
    case .tooLarge(let path, let limit):
      Fault("has more than \(limit) bytes once decompressed", at: .file(path), help: Self.another)
    case .truncated(let path, let offset, let needed):
      Fault(
        "ends at byte \(offset), \(needed) more bytes are announced", at: .file(path).mentioning(byte: offset),
        help: Self.again)
    case .checksum(let path, let offset, let part):
      Fault("the checksum of the \(part) does not fit", at: .file(path, byte: offset), help: Self.again)
    case .malformed(let path, let offset, let found, let expected):
      Fault("found \(found), expected \(expected)", at: .file(path, byte: offset), help: Self.another)
    case .missingColumn(let path, let name):
      Fault("has no column “\(name)”", at: .file(path).mentioning(key: name), help: "is it the right table?")
    case .repeated(let path, let offset, let architecture):
      Fault("a second row for \(architecture)", at: .file(path, byte: offset), help: Self.again)
    case .incomplete(let path, let found, let expected):
      Fault("has \(found) of the space's \(expected) architectures", at: .file(path), help: Self.again)
    case .notInTable(let benchmark, let architecture):
      Fault("has no row for \(architecture)", at: .named(benchmark), help: "give an architecture of the table")
    case .noDataset(let benchmark, let name, let known):
      Fault("has no data set '\(name)'", at: .named(benchmark), help: "there are: \(known.joined(separator: ", "))")
    case .noFidelity(let benchmark, let dataset, let epochs, let known):
      Fault(
        "has no values of \(dataset) after \(epochs) epochs", at: .named(benchmark),
        help: "there are: \(known.map(String.init).joined(separator: ", "))")
    case .noSplit(let benchmark, let dataset, let split):
      Fault(
        "has no \(split) accuracy on \(dataset)", at: .named(benchmark), help: "choose another data set or benchmark")
    case .noDevice(let name, let known): Fault("no device '\(name)'", help: "there are: \(known.joined(separator: ", "))")
    }
  }

  /// Whether the question is at fault, not the file.
  public var isUsage: Bool {
    switch self {
    case .missing, .noDataset, .noFidelity, .noSplit, .noDevice: true
    default: false
    }
  }
}
