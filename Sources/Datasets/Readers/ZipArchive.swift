import Basics
import CLibZip
import Foundation

/// A zip archive open for reading, by libzip. Checksums are checked as files are read.
public struct ZipArchive: ~Copyable {
  /// A file or folder in an archive.
  public struct Entry: Sendable, Hashable {
    /// Its place in the archive.
    public let index: Int
    /// The path inside the archive; a folder's ends in "/".
    public let name: String
    /// Its size in bytes when decompressed, as the archive says.
    public let size: Int
    /// Its size in the archive, as the archive says, and at most the archive's own.
    let stored: Int
  }

  /// The archive's path.
  public let path: String
  /// Files and folders in the archive's order.
  public let entries: [Entry]
  private let handle: OpaquePointer

  /// Opens an archive and lists it.
  ///
  /// - Throws: `ReaderError.unreadable(path:reason:)`, `ReaderError.damagedArchive(path:entry:reason:)`.
  public init(path: String) throws(ReaderError) {
    do {
      try ByteFile.checkRegular(path)
    } catch {
      // What is not there, or not to be read, libzip says.
      if error.code == 0 { throw .unreadable(path: path, reason: error.reason) }
    }
    var status = stat()
    let size = stat(path, &status) == 0 ? Int(status.st_size) : 0
    var code: Int32 = 0
    guard let handle = zip_open(path, ZIP_RDONLY, &code) else {
      var error = zip_error_t()
      zip_error_init_with_code(&error, code)
      let reason = String(cString: zip_error_strerror(&error))
      zip_error_fini(&error)
      if code == ZIP_ER_OPEN || code == ZIP_ER_READ || code == ZIP_ER_NOENT { throw .unreadable(path: path, reason: reason) }
      throw .damagedArchive(path: path, entry: nil, reason: "byte 0: \(reason)")
    }
    try self.init(handle, path: path, bytes: size)
  }

  /// Opens an archive held in memory and lists it; `path` is what to call it in errors.
  ///
  /// - Throws: ``ReaderError/damagedArchive(path:entry:reason:)``.
  package init(_ bytes: [UInt8], path: String) throws(ReaderError) {
    // libzip frees the copy, also where it fails later.
    guard let copy = malloc(max(1, bytes.count)) else {
      throw .damagedArchive(path: path, entry: nil, reason: "byte 0: no memory for \(bytes.count) bytes")
    }
    bytes.withUnsafeBytes { if let base = $0.baseAddress { copy.copyMemory(from: base, byteCount: bytes.count) } }
    var error = zip_error_t()
    zip_error_init(&error)
    defer { zip_error_fini(&error) }
    guard let source = zip_source_buffer_create(copy, zip_uint64_t(bytes.count), 1, &error) else {
      free(copy)
      throw .damagedArchive(path: path, entry: nil, reason: "byte 0: \(String(cString: zip_error_strerror(&error)))")
    }
    guard let handle = zip_open_from_source(source, ZIP_RDONLY, &error) else {
      zip_source_free(source)
      throw .damagedArchive(path: path, entry: nil, reason: "byte 0: \(String(cString: zip_error_strerror(&error)))")
    }
    try self.init(handle, path: path, bytes: bytes.count)
  }

  /// Lists an open archive, which it closes where that fails.
  private init(_ handle: OpaquePointer, path: String, bytes: Int) throws(ReaderError) {
    var entries = [Entry]()
    for index in 0..<max(0, zip_get_num_entries(handle, 0)) {
      var status = zip_stat_t()
      guard zip_stat_index(handle, zip_uint64_t(index), 0, &status) == 0, let name = status.name,
        status.valid & zip_uint64_t(ZIP_STAT_SIZE) != 0, let size = Int(exactly: status.size)
      else {
        let reason = String(cString: zip_strerror(handle))
        zip_discard(handle)
        throw .damagedArchive(path: path, entry: "entry \(index)", reason: "byte 0: \(reason)")
      }
      let stored = status.valid & zip_uint64_t(ZIP_STAT_COMP_SIZE) == 0 ? bytes : Int(clamping: status.comp_size)
      entries.append(Entry(index: Int(index), name: String(cString: name), size: size, stored: min(stored, bytes)))
    }
    self.path = path
    self.entries = entries
    self.handle = handle
  }

  deinit { zip_discard(handle) }

  /// The first bytes of a file of the archive, at most `count`; none where it is damaged, which the reading of all of it says.
  func start(of entry: Entry, count: Int) -> [UInt8] {
    guard let file = zip_fopen_index(handle, zip_uint64_t(entry.index), 0) else { return [] }
    defer { zip_fclose(file) }
    var bytes = [UInt8](repeating: 0, count: count)
    let read = bytes.withUnsafeMutableBytes { zip_fread(file, $0.baseAddress, zip_uint64_t(count)) }
    return Array(bytes.prefix(max(0, Int(read))))
  }

  /// All bytes of a file of the archive, which must have at most `limit`.
  ///
  /// - Throws: `ReaderError.damagedArchive(path:entry:reason:)`; `ReaderError.badSize(path:offset:reason:)` for one that is larger.
  public func contents(of entry: Entry, limit: Int) throws(ReaderError) -> [UInt8] {
    // Offsets count decompressed bytes: where the compressed ones lie is libzip's own business.
    func damaged(_ reason: String, at offset: Int = 0) -> ReaderError {
      .damagedArchive(path: path, entry: entry.name, reason: "byte \(offset): \(reason)")
    }
    guard entry.size >= 0, entry.size <= limit else {
      throw .badSize(path: "\(path): \(entry.name)", offset: 0, reason: "it has \(entry.size) bytes, at most \(limit) are read")
    }
    let budget = UnpackingBudget.pictures.bytes(of: entry.stored)
    guard entry.size <= budget else {
      throw .unpacksTooFar(path: "\(path): \(entry.name)", offset: 0, limit: budget, stored: entry.stored)
    }
    try AvailableMemory.check(entry.size, path: "\(path): \(entry.name)")
    guard let file = zip_fopen_index(handle, zip_uint64_t(entry.index), 0) else {
      throw damaged(String(cString: zip_strerror(handle)))
    }
    defer { zip_fclose(file) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(entry.size + 1)
    var filled = 0
    while filled <= entry.size {
      // The buffer is touched as far as bytes really come: an announced size is only a claim. One byte more than announced is asked for,
      // since the read that meets the end is the one that checks the checksum.
      if filled == bytes.count {
        bytes.append(contentsOf: repeatElement(0, count: min(entry.size + 1 - filled, max(1 << 20, filled))))
      }
      let room = bytes.count - filled
      let count = bytes.withUnsafeMutableBytes { buffer -> Int64 in
        guard let base = buffer.baseAddress else { return 0 }
        return zip_fread(file, base + filled, zip_uint64_t(room))
      }
      if count < 0 { throw damaged(String(cString: zip_file_strerror(file)), at: filled) }
      if count == 0 { break }
      filled += Int(count)
    }
    guard filled == entry.size else { throw damaged("\(filled) bytes where \(entry.size) are announced", at: filled) }
    bytes.removeLast(bytes.count - filled)
    return bytes
  }
}
