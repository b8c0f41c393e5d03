import Basics

extension OmniglotReader {
  /// Changes whenever the same archives would be read to other pixels.
  private static let version = 1

  /// As ``dataset(archives:side:alphabets:)`` for all alphabets, from `cache` where the same archives were read before.
  ///
  /// - Throws: `ReaderError`, as that function does.
  public static func dataset(
    archives: [String], side: Int = 28, cache: DatasetCache
  ) throws(ReaderError) -> (dataset: ImageDataset, outcome: DatasetCache.Outcome) {
    var key = ["omniglot reader \(version)", "side \(side)"]
    for path in archives { key.append(SHA256.hex(try SourceFile.read(path))) }
    let provenance = DatasetPack.Provenance(
      description: "Handwritten characters of 50 alphabets, each drawn by 20 people, \(side)×\(side) pixels, ink high.",
      source: "Omniglot (Lake, Salakhutdinov, Tenenbaum, Science 350, 2015), github.com/brendenlake/omniglot", licence: "MIT",
      builder: "ArchPrior's Omniglot reader, version \(version)")
    return try cache.dataset(name: "omniglot", key: key, provenance: provenance) { () throws(ReaderError) in
      try dataset(archives: archives, side: side)
    }
  }
}
