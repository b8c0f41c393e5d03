import Basics
import Foundation

/// Why a results file cannot be read.
public enum ResultsFileError: ReportableError, Hashable, Sendable {
  /// The file is not JSON.
  case notJSON(file: String, reason: String)
  /// A key is missing or has a value of the wrong kind; `key` is its path in the document.
  case badValue(file: String, key: String, reason: Fault)
  /// The layout's version is another than this program's.
  case schema(file: String, found: Int, expected: Int)

  /// Which file, what is wrong, where in it, and what to do.
  public var fault: Fault {
    switch self {
    case .notJSON(let file, let reason): Fault("not a JSON document (\(reason))", at: .file(file))
    case .badValue(let file, let key, let reason): reason.within(.file(file, key: key.isEmpty ? "top level" : key))
    case .schema(let file, let found, let expected):
      Fault(
        "schema \(found), but this program reads schema \(expected)", at: .file(file).mentioning(key: "schema"),
        help: "make the report with the program that wrote the results")
    }
  }
}

extension ComparisonResults {
  private struct Version: Decodable { let schema: Int }

  /// Reads results from JSON.
  ///
  /// - Parameters:
  ///   - json: the document's bytes.
  ///   - file: its name, for errors.
  /// - Throws: `ResultsFileError` naming the file and the key at fault.
  public init(json: Data, file: String) throws(ResultsFileError) {
    do {
      let found = try JSONDecoder().decode(Version.self, from: json).schema
      guard found == Self.currentSchema else {
        throw ResultsFileError.schema(file: file, found: found, expected: Self.currentSchema)
      }
      self = try JSONDecoder().decode(ComparisonResults.self, from: json)
    } catch let error as ResultsFileError {
      throw error
    } catch let error as DecodingError {
      throw Self.describe(error, file: file)
    } catch {
      throw .badValue(file: file, key: "", reason: "\(error)")
    }
  }

  /// The results as JSON with sorted keys, so that equal results give equal bytes.
  ///
  /// - Throws: `EncodingError` if a number is infinite or not a number.
  public func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(self)
  }

  private static func describe(_ error: DecodingError, file: String) -> ResultsFileError {
    func path(_ context: DecodingError.Context, _ last: String? = nil) -> String {
      (context.codingPath.map { key in key.intValue.map(String.init) ?? key.stringValue } + (last.map { [$0] } ?? []))
        .joined(separator: ".")
    }
    switch error {
    case .keyNotFound(let key, let context): return .badValue(file: file, key: path(context, key.stringValue), reason: "missing")
    case .typeMismatch(let type, let context):
      return .badValue(file: file, key: path(context), reason: "not of the kind \(type)")
    case .valueNotFound(_, let context): return .badValue(file: file, key: path(context), reason: "null")
    case .dataCorrupted(let context):
      let reason =
        context.underlyingError.map { ($0 as? any ReportableError)?.fault ?? "\($0)" } ?? Fault(context.debugDescription)
      if context.codingPath.isEmpty { return .notJSON(file: file, reason: reason.message) }
      return .badValue(file: file, key: path(context), reason: reason)
    @unknown default: return .badValue(file: file, key: "", reason: "\(error)")
    }
  }
}
