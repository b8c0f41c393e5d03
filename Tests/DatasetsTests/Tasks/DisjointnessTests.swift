import Datasets
import Testing

@Suite struct DisjointnessTests {
  /// A data set whose class `c<index>` has its first image replaced.
  static func planting(_ image: ArraySlice<UInt8>, in dataset: ImageDataset, classIndex: Int) throws -> ImageDataset {
    var pixels = dataset.pixels
    let start = dataset.offsets[classIndex] * dataset.bytesPerImage
    pixels.replaceSubrange(start..<start + dataset.bytesPerImage, with: image)
    return try #require(
      ImageDataset(
        name: dataset.name, height: dataset.height, width: dataset.width, channels: dataset.channels, classes: dataset.classes,
        pixels: pixels))
  }

  @Test func disjointDataPasses() throws {
    let first = try sampleDataset("a", classes: 8, images: 3)
    let second = try sampleDataset("b", classes: 8, images: 3, salt: 1)
    let datasets = try SplitDatasets([
      .init(dataset: first, split: .random(of: first, metaValidation: 2, metaTest: 2, seed: 0)),
      .init(dataset: second, split: .whole(second, as: .metaTest)),
    ])
    #expect(datasets.pools(MetaTrain.self).map(\.classes.count) == [4])
    #expect(datasets.pools(MetaTest.self).map(\.classes.count) == [2, 8])
  }

  @Test func aClassInTwoSplitsIsCaught() throws {
    let dataset = try sampleDataset("a", classes: 4, images: 3)
    #expect(throws: Leak.sharedClass(dataset: "a", name: "c2", first: .metaTrain, second: .metaTest)) {
      try DisjointnessCheck.verify([
        .init(split: .metaTrain, dataset: dataset, classes: [0, 2]), .init(split: .metaTest, dataset: dataset, classes: [2, 3]),
      ])
    }
  }

  @Test func oneImageUnderTwoDatasetsIsCaught() throws {
    let first = try sampleDataset("a", classes: 4, images: 3)
    let second = try Self.planting(
      first.image(1, ofClass: 2), in: sampleDataset("b", classes: 4, images: 3, salt: 1), classIndex: 3)
    let members: [SplitDatasets.Member] = [
      .init(dataset: first, split: .whole(first, as: .metaTrain)), .init(dataset: second, split: .whole(second, as: .metaTest)),
    ]
    let leak = Leak.sharedImage(
      first: .init(split: .metaTrain, dataset: "a", name: "c2", image: 1),
      second: .init(split: .metaTest, dataset: "b", name: "c3", image: 0))
    #expect(throws: leak) { try SplitDatasets(members) }
    for part in ["'a'", "'b'", "c2", "c3", "meta-train", "meta-test"] { #expect(leak.description.contains(part)) }

    // The class of meta-train goes, meta-test stays whole.
    let (datasets, dropped) = try SplitDatasets.droppingSharedClasses(members)
    #expect(dropped.map { [$0.dataset, $0.name] } == [["a", "c2"]])
    #expect(datasets.pools(MetaTrain.self).map(\.classes) == [[0, 1, 3]])
    #expect(datasets.pools(MetaTest.self).map(\.classes) == [[0, 1, 2, 3]])

    // In one and the same split there is no leak.
    let together = members.map { SplitDatasets.Member(dataset: $0.dataset, split: .whole($0.dataset, as: .metaTrain)) }
    #expect(throws: Never.self) { try SplitDatasets(together) }
  }

  @Test func oneImageInTwoClassesOfADatasetIsCaught() throws {
    let plain = try sampleDataset("a", classes: 6, images: 3, lookalikes: [0: "x", 1: "x"])
    let dataset = try Self.planting(plain.image(2, ofClass: 4), in: plain, classIndex: 1)
    let split = try ClassSplit(of: dataset, metaTrain: [0, 1, 2], metaValidation: [3], metaTest: [4, 5])
    #expect(throws: Leak.self) { try SplitDatasets([.init(dataset: dataset, split: split)]) }
    // A class goes with its look-alikes.
    let (datasets, dropped) = try SplitDatasets.droppingSharedClasses([.init(dataset: dataset, split: split)])
    #expect(dropped.map(\.name) == ["c0", "c1"])
    #expect(datasets.pools(MetaTrain.self).map(\.classes) == [[2]])
  }

  /// Equal bytes in another shape are another picture.
  @Test func shapesCount() throws {
    let classes = [ImageDataset.ImageClass(name: "p", group: "", count: 1)]
    let tall = try #require(ImageDataset(name: "tall", height: 4, width: 1, channels: 1, classes: classes, pixels: [1, 2, 3, 4]))
    let square = try #require(
      ImageDataset(name: "square", height: 2, width: 2, channels: 1, classes: classes, pixels: [1, 2, 3, 4]))
    #expect(
      DisjointnessCheck.leaks([
        .init(split: .metaTrain, dataset: tall, classes: [0]), .init(split: .metaTest, dataset: square, classes: [0]),
      ]).isEmpty)
  }

  @Test func twoDatasetsOfOneNameAreRefused() throws {
    let first = try sampleDataset("a", classes: 2, images: 1)
    let second = try sampleDataset("a", classes: 2, images: 1, salt: 1)
    #expect(throws: TaskError.duplicateDatasetName("a")) {
      try SplitDatasets([first, second].map { .init(dataset: $0, split: .whole($0, as: .metaTrain)) })
    }
  }
}
