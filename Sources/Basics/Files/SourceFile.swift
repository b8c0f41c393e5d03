/// Reading of whole files with this folder's errors.
package enum SourceFile {
  /// Files beyond this size are refused: no supported data set has one.
  package static let byteLimit = 8 << 30

  /// All bytes of a file.
  ///
  /// - Throws: ``ReaderError/unreadable(path:reason:)``.
  package static func read(_ path: String) throws(ReaderError) -> [UInt8] {
    do {
      return try ByteFile.read(path, limit: byteLimit)
    } catch {
      throw .unreadable(path: path, reason: error.reason)
    }
  }
}
