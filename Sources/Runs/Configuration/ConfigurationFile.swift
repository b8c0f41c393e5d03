import Basics

/// What all readers of configuration files need.
enum ConfigurationFile {
  /// The text of a file.
  ///
  /// - Throws: `ConfigurationError`.
  static func text(_ path: String) throws(ConfigurationError) -> String {
    let bytes: [UInt8]
    do {
      bytes = try ByteFile.read(path, limit: Configuration.sizeLimit)
    } catch {
      throw ConfigurationError(path: path, key: "", problem: "cannot read it: \(error.reason)", help: "check the path")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ConfigurationError(path: path, key: "", problem: "not UTF-8 text", help: "save it as UTF-8")
    }
    return text
  }

  /// Runs a step whose errors lie below a key.
  static func placing<Value>(
    _ key: String, _ work: () throws(ConfigurationError) -> Value
  ) throws(ConfigurationError) -> Value {
    do {
      return try work()
    } catch {
      var placed = error
      placed.key = error.key.isEmpty ? key : "\(key).\(error.key)"
      throw placed
    }
  }
}
