import Datasets
import Foundation
import Testing

@Suite struct OmniglotSplitTests {
  static let sidecar = SharedData.folder.appendingPathComponent("omniglot28.json")

  /// All characters of Omniglot without their drawings.
  static func characters() throws -> ImageDataset {
    let json = try JSONSerialization.jsonObject(with: Data(contentsOf: sidecar))
    let names = try #require((json as? [String: Any])?["class_names"] as? [String])
    let classes = names.map { ImageDataset.ImageClass(name: $0, group: String($0.split(separator: "/")[0]), count: 0) }
    return try #require(ImageDataset(name: "omniglot", height: 28, width: 28, channels: 1, classes: classes, pixels: []))
  }

  /// Character by character against the lists published with Snell et al., 2017 (0 train, 1 validation, 2 test).
  @Test(.enabled(if: FileManager.default.fileExists(atPath: sidecar.path), "skipped: no Omniglot at hand"))
  func vinyals() throws {
    let dataset = try Self.characters()
    let split = try ClassSplit.omniglotVinyals(of: dataset)
    #expect(SplitName.allCases.map { split.classes(in: $0).count } == [1_028, 172, 423])
    let pack = try ZipArchive(path: Self.sidecar.deletingPathExtension().appendingPathExtension("npz").path)
    let entry = try #require(pack.entries.first { $0.name == "class_vinyals.npy" })
    // One byte for each of the four turns of each character, at the end of the array file.
    let published = try Array(pack.contents(of: entry, limit: 1 << 20).suffix(1_623 * 4))
    for (number, name) in SplitName.allCases.enumerated() {
      for index in split.classes(in: name) {
        let turns = published[4 * index..<4 * index + 4]
        #expect(turns.allSatisfy { $0 == number }, "\(dataset.classes[index].name)")
      }
    }
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: sidecar.path), "skipped: no Omniglot at hand"))
  func random() throws {
    let dataset = try Self.characters()
    let split = try ClassSplit.omniglotRandom(of: dataset, seed: 1)
    #expect(SplitName.allCases.map { split.classes(in: $0).count } == [1_100, 100, 423])
    #expect(try ClassSplit.omniglotRandom(of: dataset, seed: 2) != split)
  }
}
