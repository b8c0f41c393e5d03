import Basics
import Foundation
import TestSupport
import Testing

@testable import Datasets

/// Real data in official formats against digests of the same tensors that NumPy computed (`Fixtures/official_digests.py`): images
/// class after class, each in the order of the files. Each becomes a pack and is read from it as well.
@Suite struct OfficialDataTests {
  static let note: Comment = "skipped: the data is not in ../shared/data (or ARCHPRIOR_SHARED)"

  static func check(_ source: DatasetImport, shape: [Int], digest: String) throws {
    let dataset = try source.dataset()
    #expect([dataset.imageCount, dataset.height, dataset.width, dataset.channels] == shape)
    #expect(SHA256.hex(dataset.pixels) == digest)
    let bytes = try source.pack().encoded()
    let again = try DatasetPack.parse(bytes, path: "pack")
    #expect(again.dataset.pixels == dataset.pixels && again.dataset.classes == dataset.classes && again.isImported)
  }

  @Test(.enabled(if: SharedData.has("cifar-100-test.bin.gz"), OfficialDataTests.note)) func cifar100() throws {
    try Self.check(
      DatasetImport(source: SharedData.path("cifar-100-test.bin.gz"), format: .cifar100, name: "cifar-100"),
      shape: [10_000, 32, 32, 3], digest: "2716d826d85ee9ca7f948fb4dc3b3d7515225d1a436d1c4b7e6975855da3d9ee")
    #expect(DatasetImport.Format.detect(SharedData.path("cifar-100-test.bin.gz")) == .cifar100)
    let both = try CIFARReader.dataset(
      .cifar100, files: ["cifar-100-train-100-a-class.bin.gz", "cifar-100-test.bin.gz"].map(SharedData.path))
    #expect(SHA256.hex(both.pixels) == "9f3286ae7ec63d0af2fe28c9631401874f6568b29e7d6989cbff93e6cf6374df")
    #expect(Set(both.classes.map(\.count)) == [200] && Set(both.classes.map(\.group)).count == 20)
    // FC100 keeps superclasses whole.
    let parts = CIFARReader.FewShotSplit.fc100.parts
    let owners = Dictionary(grouping: both.classes.indices) { both.classes[$0].group }.mapValues { Set($0.map { parts[$0] }) }
    #expect(owners.values.allSatisfy { $0.count == 1 })
  }

  /// The official zips of PNG, and the `.npz` that Pillow's BOX filter made of them: the same bits where that filter (written down in
  /// `TestSupport`) is put behind the reader; one drawing of every character.
  @Test(.enabled(if: SharedData.has("omniglot28.npz", "images_background.zip"), OfficialDataTests.note)) func omniglot() throws {
    let pack = try NPZReader.dataset(name: "omniglot", path: SharedData.path("omniglot28.npz"))
    #expect(SHA256.hex(pack.pixels) == "d76a1451bb8709f84cd8678e2c1e218339e26c1e23790e402fb39f8144e9a3db")
    let archives = ["images_background.zip", "images_evaluation.zip"].map(SharedData.path)
    let names = try OmniglotReader.classNames(archives: archives)
    #expect(pack.classes.count == names.count && pack.classes.allSatisfy { $0.count == 20 })
    let places = Dictionary(uniqueKeysWithValues: zip(names, names.indices))
    var seen = 0
    for alphabet in Set(names.compactMap { $0.split(separator: "/").first.map(String.init) }) {
      let original = try OmniglotReader.dataset(archives: archives, side: 105, alphabets: [alphabet])
      for (index, entry) in original.classes.enumerated() {
        let place = try #require(places[entry.name])
        let small = pillowBox(Array(original.image(place % 20, ofClass: index)))
        #expect(small == Array(pack.image(place % 20, ofClass: place)), "\(entry.name)")
        seen += 1
      }
    }
    #expect(seen == 1623)
  }

  /// The digest of the pack `datasets import` makes of Debian's package.
  @Test(
    .enabled(
      if: FileManager.default.fileExists(atPath: IDXTests.fashion), "skipped: Debian's dataset-fashion-mnist is not installed"))
  func fashionMNIST() throws {
    try Self.check(
      DatasetImport(source: IDXTests.fashion, format: .idx, name: "fashion-mnist"), shape: [70_000, 28, 28, 1],
      digest: "a2a75b060db2e0101ee4eb3d66b73df83450184ac1a5e290d8dfe8551adf1705")
  }

  @Test(.enabled(if: SharedData.has("flowers17_32.npz", "kannada_mnist_test.npz"), OfficialDataTests.note)) func npz() throws {
    try Self.check(
      DatasetImport(source: SharedData.path("flowers17_32.npz"), format: .npz, name: "flowers"), shape: [1360, 32, 32, 3],
      digest: "84a368b306283ca97205ca552db4ae5d39b2f08d5f93af9d546bee5c666ed426")
    try Self.check(
      DatasetImport(source: SharedData.path("kannada_mnist_test.npz"), format: .npz, name: "kannada"),
      shape: [10_000, 28, 28, 1],
      digest: "bbe8d950750be111e41ee4d88173142f536a306538a215c39679d174c82e48d6")
  }

  @Test(.enabled(if: SharedData.has("mnist-t10k-images-idx3-ubyte.gz"), OfficialDataTests.note)) func idx() throws {
    for (name, digest) in [
      ("mnist", "d2205d9f9186c0a19ce8ed205812f5312bc84b1a89a84e478cfdf230f8403fca"),
      ("kmnist", "47822e2fabcdba980f5824996be5e8ff10ccc00ec1d3198871e857b7097647ee"),
    ] {
      let dataset = try IDXReader.dataset(
        name: name,
        pairs: [
          .init(
            images: SharedData.path("\(name)-t10k-images-idx3-ubyte.gz"),
            labels: SharedData.path("\(name)-t10k-labels-idx1-ubyte.gz"))
        ])
      #expect(SHA256.hex(dataset.pixels) == digest)
    }
  }
}
