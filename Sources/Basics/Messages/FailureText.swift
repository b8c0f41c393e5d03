import Foundation

/// Readable texts for errors of system libraries: which field of a file, or the operating system's own reason. What such errors say
/// of themselves names types and domains of the inside.
package enum FailureText {
  /// One line without a full stop.
  package static func of(_ error: any Error) -> String {
    if let error = error as? DecodingError { return decoding(error) }
    if let error = error as? EncodingError { return encoding(error) }
    if let code = errorNumber(of: error) { return reason(code) }
    if type(of: error) == NSError.self || error is CocoaError {
      let text = (error as NSError).localizedDescription
      // If there is no text, Foundation makes one from domain and code.
      return text.contains("NSCocoaErrorDomain") || text.contains("operation could not be completed")
        ? "the system does not say why" : text
    }
    return (error as? any LocalizedError)?.errorDescription ?? "\(error)"
  }

  // MARK: Files

  /// What the operating system calls an error: by default, that of the last call that failed.
  package static func reason(_ code: Int32 = errno) -> String { String(cString: strerror(code)) }

  /// `errno` behind an error of `FileManager` or `Data`; `nil` for other errors.
  package static func errorNumber(of error: any Error) -> Int32? {
    if let error = error as? POSIXError { return error.code.rawValue }
    guard type(of: error) == NSError.self || error is CocoaError else { return nil }
    let whole = error as NSError
    if whole.domain == NSPOSIXErrorDomain { return Int32(exactly: whole.code) }
    if let under = whole.userInfo[NSUnderlyingErrorKey] as? any Error, let code = errorNumber(of: under) { return code }
    guard whole.domain == NSCocoaErrorDomain else { return nil }
    switch CocoaError.Code(rawValue: whole.code) {
    case .fileNoSuchFile, .fileReadNoSuchFile: return ENOENT
    case .fileReadNoPermission, .fileWriteNoPermission: return EACCES
    case .fileWriteOutOfSpace: return ENOSPC
    case .fileWriteVolumeReadOnly: return EROFS
    case .fileWriteFileExists: return EEXIST
    case .fileReadTooLarge: return EFBIG
    case .fileReadInvalidFileName, .fileWriteInvalidFileName: return EINVAL
    case .fileReadUnknown, .fileWriteUnknown: return EIO
    default: return nil
    }
  }

  // MARK: JSON

  private static func decoding(_ error: DecodingError) -> String {
    switch error {
    case .keyNotFound(let key, let context):
      return "'\(path(context.codingPath + [key]))' is missing"
    case .valueNotFound(let type, let context):
      return "'\(path(context.codingPath))' is null instead of \(name(of: type))"
    case .typeMismatch(let type, let context):
      return context.codingPath.isEmpty ? "it is not \(name(of: type))" : "'\(path(context.codingPath))' is not \(name(of: type))"
    case .dataCorrupted(let context):
      let reason = context.underlyingError.map(underlying) ?? context.debugDescription
      if !context.codingPath.isEmpty { return "'\(path(context.codingPath))': \(lowered(reason))" }
      return context.underlyingError is any CustomNSError || context.debugDescription.contains("valid JSON")
        ? "not JSON" + (place(in: context).map { ": \($0)" } ?? "") : lowered(reason)
    @unknown default:
      return "it holds other fields than expected"
    }
  }

  private static func encoding(_ error: EncodingError) -> String {
    guard case .invalidValue(let value, let context) = error else { return "a value cannot be written as JSON" }
    return "'\(path(context.codingPath))' is \(value), which JSON cannot hold"
  }

  private static func underlying(_ error: any Error) -> String { of(error) }

  /// Where a text ends to be JSON, as the parser says it.
  private static func place(in context: DecodingError.Context) -> String? {
    guard let error = context.underlyingError else { return nil }
    let text = (error as NSError).userInfo[NSDebugDescriptionErrorKey] as? String ?? "\(error)"
    guard let found = text.firstMatch(of: /line (\d+), column (\d+)/) else { return nil }
    return "line \(found.1), column \(found.2)"
  }

  /// A path such as `rows[2].accuracy`.
  package static func path(_ keys: [any CodingKey]) -> String {
    keys.reduce(into: "") { text, key in
      if let index = key.intValue {
        text += "[\(index)]"
      } else {
        text += (text.isEmpty ? "" : ".") + key.stringValue
      }
    }
  }

  private static func name(of type: any Any.Type) -> String {
    switch type {
    case is Bool.Type: "true or false"
    case is any BinaryInteger.Type: "a whole number in range"
    case is any BinaryFloatingPoint.Type: "a number"
    case is String.Type: "a text"
    default: "\(type)".hasPrefix("Array") || "\(type)".hasPrefix("Set") ? "a list" : "an object"
    }
  }

  private static func lowered(_ text: String) -> String {
    let short = text.hasSuffix(".") ? String(text.dropLast()) : text
    guard let first = short.first, short.dropFirst().first?.isLowercase ?? false else { return short }
    return first.lowercased() + short.dropFirst()
  }
}
