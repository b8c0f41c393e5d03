import Basics
import Foundation

/// What can be wrong with a benchmark's file or with a question to it. Each case says which file, where in it, and why.
public enum BenchmarkError: Error, Hashable, Sendable {
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

extension BenchmarkError: CustomStringConvertible, LocalizedError {
  /// The message for the user: what is wrong, after a semicolon what to do.
  public var description: String {
    switch self {
    case .missing(let path, let wanted): "\(path): there is no such file; it is to be \(wanted), see docs/data.md"
    case .unreadable(let error): error.description
    case .tooLarge(let path, let limit):
      "\(path): has more than \(limit) bytes once decompressed; is it the right file?"
    case .truncated(let path, let offset, let needed):
      "\(path): ends at byte \(offset), \(needed) more bytes are announced; get the file again"
    case .checksum(let path, let offset, let part):
      "\(path): byte \(offset): the checksum of the \(part) does not fit; get the file again"
    case .malformed(let path, let offset, let found, let expected):
      "\(path): byte \(offset): found \(found), expected \(expected); is it the right file?"
    case .missingColumn(let path, let name): "\(path): has no column “\(name)”; is it the right table?"
    case .repeated(let path, let offset, let architecture):
      "\(path): byte \(offset): a second row for \(architecture); get the file again"
    case .incomplete(let path, let found, let expected):
      "\(path): has \(found) of the space's \(expected) architectures; get the file again"
    case .notInTable(let benchmark, let architecture):
      "\(benchmark): has no row for \(architecture); give an architecture of the table"
    case .noDataset(let benchmark, let name, let known):
      "\(benchmark): has no data set '\(name)'; there are: \(known.joined(separator: ", "))"
    case .noFidelity(let benchmark, let dataset, let epochs, let known):
      "\(benchmark): has no values of \(dataset) after \(epochs) epochs; "
        + "there are: \(known.map(String.init).joined(separator: ", "))"
    case .noSplit(let benchmark, let dataset, let split):
      "\(benchmark): has no \(split) accuracy on \(dataset); choose another data set or benchmark"
    case .noDevice(let name, let known): "no device '\(name)'; there are: \(known.joined(separator: ", "))"
    }
  }

  /// The same message, for Foundation.
  public var errorDescription: String? { description }

  /// Whether the question is at fault, not the file.
  public var isUsage: Bool {
    switch self {
    case .missing, .noDataset, .noFidelity, .noSplit, .noDevice: true
    default: false
    }
  }
}
