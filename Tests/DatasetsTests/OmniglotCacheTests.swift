import Basics
import Datasets
import Foundation
import TestSupport
import Testing

@Suite struct OmniglotCacheTests {
  /// A pack is made once, found again, not mistaken for that of other archives or another size, and made again where it is
  /// damaged.
  @Test func packsAreFoundByTheirSource() throws {
    let folder = try TemporaryFolder()
    let cache = DatasetCache(folder: folder.url.appendingPathComponent("new/cache").path)
    let files = try OmniglotReaderTests.files("A", "character01", rows: Array(0..<20))
    let path = try folder.write(storedZip(files), "a.zip")
    let direct = try OmniglotReader.dataset(archives: [path])
    func read(side: Int = 28) throws -> DatasetCache.Outcome {
      let (dataset, outcome) = try OmniglotReader.dataset(archives: [path], side: side, cache: cache)
      if side == 28 { #expect(dataset.pixels == direct.pixels && dataset.classes == direct.classes) }
      #expect(dataset.height == side)
      return outcome
    }
    #expect(try read() == .stored)
    #expect(try read() == .found)
    #expect(try read(side: 14) == .stored)

    let packs = try FileManager.default.contentsOfDirectory(atPath: cache.folder).filter { $0.hasSuffix(".archpack") }
    #expect(packs.count == 2)
    for pack in packs {
      let file = URL(fileURLWithPath: cache.folder).appendingPathComponent(pack)
      var bytes = try Data(contentsOf: file)
      bytes[bytes.count / 2] ^= 1
      try bytes.write(to: file)
    }
    #expect(try read() == .stored)
    #expect(try read() == .found)

    _ = try folder.write(storedZip(OmniglotReaderTests.files("A", "character01", rows: Array(20..<40))), "a.zip")
    let (changed, outcome) = try OmniglotReader.dataset(archives: [path], cache: cache)
    #expect(outcome == .stored)
    #expect(changed.pixels != direct.pixels)
  }

  @Test func aCacheThatCannotBeWrittenIsNoError() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(storedZip(OmniglotReaderTests.files("A", "character01", rows: Array(0..<20))), "a.zip")
    // A file where the folder should be.
    let (dataset, outcome) = try OmniglotReader.dataset(archives: [path], cache: DatasetCache(folder: path + "/cache"))
    #expect(dataset.classes.count == 1)
    if case .notStored = outcome {} else { Issue.record("stored below a file: \(outcome)") }
    #expect(throws: ReaderError.self) {
      try OmniglotReader.dataset(archives: ["/no/such.zip"], cache: DatasetCache(folder: folder.url.path))
    }
  }
}
