import Basics
import Datasets
import TestSupport
import Testing

@Suite struct ZipArchiveTests {
  @Test func filesAreListedAndRead() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(storedZip([("a/", []), ("a/one", [1, 2, 3]), ("two", [])]), "x.zip")
    let archive = try ZipArchive(path: path)
    let entries = archive.entries
    #expect(entries.map(\.name) == ["a/", "a/one", "two"])
    #expect(entries.map(\.size) == [0, 3, 0])
    let (one, two) = try (archive.contents(of: entries[1], limit: 3), archive.contents(of: entries[2], limit: 0))
    #expect(one == [1, 2, 3] && two == [])
  }

  @Test func damageIsNamed() throws {
    let folder = try TemporaryFolder()
    var bytes = storedZip([("one", [1, 2, 3, 4])])
    let data = try #require((0..<bytes.count - 4).first { Array(bytes[$0..<$0 + 4]) == [1, 2, 3, 4] })
    bytes[data] = 9
    let path = try folder.write(bytes, "bad.zip")
    let error = #expect(throws: ReaderError.self) {
      let archive = try ZipArchive(path: path)
      _ = try archive.contents(of: archive.entries[0], limit: 100)
    }
    #expect(error == .damagedArchive(path: path, entry: "one", reason: "byte 4: CRC error"))

    let tooLarge = #expect(throws: ReaderError.self) {
      let archive = try ZipArchive(path: path)
      _ = try archive.contents(of: archive.entries[0], limit: 3)
    }
    #expect(tooLarge == .badSize(path: "\(path): one", offset: 0, reason: "it has 4 bytes, at most 3 are read"))

    #expect(throws: ReaderError.unreadable(path: "/no/such.zip", reason: "No such file")) {
      _ = try ZipArchive(path: "/no/such.zip")
    }
    let text = try folder.write(Array("not a zip".utf8), "text.zip")
    #expect(throws: ReaderError.damagedArchive(path: text, entry: nil, reason: "byte 0: Not a zip archive")) {
      _ = try ZipArchive(path: text)
    }
  }

  /// However much of an archive's end is missing, opening it is an error.
  @Test func everyTruncationIsFound() throws {
    let folder = try TemporaryFolder()
    let bytes = storedZip([("one", [1, 2, 3, 4]), ("two", [5])])
    for count in 1..<bytes.count {
      let path = try folder.write(Array(bytes[..<count]), "cut.zip")
      #expect(throws: ReaderError.self, "\(count)") { _ = try ZipArchive(path: path) }
    }
  }
}
