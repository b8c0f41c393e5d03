import CLibZip

/// A zip archive open for reading, by libzip. Checksums are checked as files are read.
public struct ZipArchive: ~Copyable {
  /// A file or folder in an archive.
  public struct Entry: Sendable, Hashable {
    /// Its place in the archive.
    public let index: Int
    /// Its path inside of the archive; a folder's ends in "/".
    public let name: String
    /// Its size in bytes when decompressed.
    public let size: Int
  }

  /// The archive's path.
  public let path: String
  /// Files and folders in the archive's order.
  public let entries: [Entry]
  private let handle: OpaquePointer

  /// Opens an archive and lists it.
  ///
  /// - Throws: ``ReaderError/unreadable(path:reason:)``, ``ReaderError/damagedArchive(path:entry:reason:)``.
  public init(path: String) throws(ReaderError) {
    var code: Int32 = 0
    guard let handle = zip_open(path, ZIP_RDONLY, &code) else {
      var error = zip_error_t()
      zip_error_init_with_code(&error, code)
      let reason = String(cString: zip_error_strerror(&error))
      zip_error_fini(&error)
      if code == ZIP_ER_OPEN || code == ZIP_ER_READ || code == ZIP_ER_NOENT { throw .unreadable(path: path, reason: reason) }
      throw .damagedArchive(path: path, entry: nil, reason: reason)
    }
    var entries = [Entry]()
    for index in 0..<max(0, zip_get_num_entries(handle, 0)) {
      var status = zip_stat_t()
      guard zip_stat_index(handle, zip_uint64_t(index), 0, &status) == 0, let name = status.name,
        status.valid & zip_uint64_t(ZIP_STAT_SIZE) != 0, let size = Int(exactly: status.size)
      else {
        let reason = String(cString: zip_strerror(handle))
        zip_discard(handle)
        throw .damagedArchive(path: path, entry: "entry \(index)", reason: reason)
      }
      entries.append(Entry(index: Int(index), name: String(cString: name), size: size))
    }
    self.path = path
    self.entries = entries
    self.handle = handle
  }

  deinit { zip_discard(handle) }

  /// All bytes of a file of the archive, which must have at most `limit`.
  ///
  /// - Throws: ``ReaderError/damagedArchive(path:entry:reason:)``.
  public func contents(of entry: Entry, limit: Int) throws(ReaderError) -> [UInt8] {
    func damaged(_ reason: String) -> ReaderError { .damagedArchive(path: path, entry: entry.name, reason: reason) }
    guard entry.size <= limit else { throw damaged("it has \(entry.size) bytes, at most \(limit) are read") }
    guard let file = zip_fopen_index(handle, zip_uint64_t(entry.index), 0) else {
      throw damaged(String(cString: zip_strerror(handle)))
    }
    defer { zip_fclose(file) }
    // One byte more than announced: the read that meets the end is the one that checks the checksum.
    var bytes = [UInt8](repeating: 0, count: entry.size + 1)
    var filled = 0
    while filled < bytes.count {
      let room = bytes.count - filled
      let count = bytes.withUnsafeMutableBytes { buffer -> Int64 in
        guard let base = buffer.baseAddress else { return 0 }
        return zip_fread(file, base + filled, zip_uint64_t(room))
      }
      if count < 0 { throw damaged(String(cString: zip_file_strerror(file))) }
      if count == 0 { break }
      filled += Int(count)
    }
    guard filled == entry.size else { throw damaged("\(filled) bytes where \(entry.size) are announced") }
    bytes.removeLast()
    return bytes
  }
}
