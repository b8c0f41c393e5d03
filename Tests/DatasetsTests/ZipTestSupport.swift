import CZlib

/// A zip archive with stored (not compressed) files, put together by hand from the format's description (PKWARE's APPNOTE.TXT).
func storedZip(_ files: [(name: String, bytes: [UInt8])]) -> [UInt8] {
  func little(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
  var archive = [UInt8]()
  var directory = [UInt8]()
  for (name, bytes) in files {
    let checksum = Int(crc32(0, bytes, UInt32(bytes.count)))
    // Version 2.0, no flags, stored, 1980-01-01.
    let common =
      little(20, 2) + little(0, 2) + little(0, 2) + little(0, 2) + little(0x21, 2) + little(checksum, 4) + little(bytes.count, 4)
      + little(bytes.count, 4) + little(name.utf8.count, 2) + little(0, 2)
    directory +=
      [0x50, 0x4b, 1, 2] + little(20, 2) + common + little(0, 2) + little(0, 2) + little(0, 2) + little(0, 4)
      + little(archive.count, 4) + Array(name.utf8)
    archive += [0x50, 0x4b, 3, 4] + common + Array(name.utf8) + bytes
  }
  let start = archive.count
  return archive + directory + [0x50, 0x4b, 5, 6] + little(0, 4) + little(files.count, 2) + little(files.count, 2)
    + little(directory.count, 4) + little(start, 4) + little(0, 2)
}
