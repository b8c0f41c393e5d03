import ArchPrior
import Testing

/// Images of searches on a supernet: two parts, scaling, and random changes.
@Suite struct SupernetImagesTests {
  /// Two classes of 16×16 grey images, every pixel another value.
  private static func images(seed: UInt64 = 1) throws -> SupernetImages {
    let classes = (0..<2).map { ImageDataset.ImageClass(name: "\($0)", group: "g", count: 20) }
    let pixels: [UInt8] = (0..<40 * 256).map { place in
      let (image, pixel) = (place / 256, place % 256)
      return UInt8((pixel * 37 + image * 11) % 251 + 1)
    }
    return try SupernetImages(
      #require(ImageDataset(name: "dots", height: 16, width: 16, channels: 1, classes: classes, pixels: pixels)), seed: seed)
  }

  @Test func theTwoPartsShareNothing() throws {
    let images = try Self.images()
    #expect(images.training.count == 20 && images.validation.count == 20)
    #expect(Set(images.training + images.validation).count == 40)
    let values = images.batch(images.training).images.doubles
    let mean = values.reduce(0, +) / Double(values.count)
    #expect(abs(mean) < 1e-5 && abs(values.reduce(0) { $0 + $1 * $1 } / Double(values.count) - mean * mean - 1) < 1e-4)
  }

  @Test func picturesInBothPartsAreCounted() throws {
    #expect(try Self.images().repeatedLine == nil)
    // All 40 are one picture, so that each of the 20 to judge by is also learned from.
    let classes = (0..<2).map { ImageDataset.ImageClass(name: "\($0)", group: "g", count: 20) }
    let same = try #require(
      ImageDataset(
        name: "same", height: 4, width: 4, channels: 1, classes: classes, pixels: [UInt8](repeating: 7, count: 40 * 16)))
    #expect(try SupernetImages(same, seed: 1).repeatedLine?.hasPrefix("20 of 20 pictures of same") == true)
  }

  /// Every changed image is one of the 50 that moving by at most two pixels and mirroring make, and all of these are drawn.
  @Test func changesAreMirrorsAndMoves() throws {
    let images = try Self.images()
    let number = images.training[0]
    let original = images.batch([number]).images.doubles
    let darkest = try #require(images.augmentedBatch(images.training, epoch: 0).images.doubles.min())
    func changed(_ right: Int, _ down: Int, _ mirrored: Bool) -> [Double] {
      (0..<16).flatMap { row in
        (0..<16).flatMap { column -> [Double] in
          let (y, x) = (row - down, column - right)
          guard (0..<16).contains(y), (0..<16).contains(x) else { return [darkest, darkest, darkest] }
          let source = y * 16 + (mirrored ? 15 - x : x)
          return Array(original[source * 3..<source * 3 + 3])
        }
      }
    }
    var counts: [[Double]: Int] = [:]
    for right in -2...2 { for down in -2...2 { for mirrored in [false, true] { counts[changed(right, down, mirrored)] = 0 } } }
    try #require(counts.count == 50)
    for epoch in 0..<2_000 {
      let found = images.augmentedBatch([number], epoch: epoch)
      #expect(found.targets.doubles == images.batch([number]).targets.doubles)
      let count = try #require(counts[found.images.doubles], "epoch \(epoch)")
      counts[found.images.doubles] = count + 1
    }
    // 40 times each; 15 and 75 are four and five and a half standard deviations away.
    #expect(counts.values.allSatisfy { (15...75).contains($0) }, "\(counts.values.sorted())")
  }

  /// A function of seed, epoch and image: not of what else is in the batch.
  @Test func changesDependOnSeedEpochAndImageAlone() throws {
    let images = try Self.images()
    let others = try Self.images(seed: 2)
    // (try Self.images(), try Self.images(seed: 2))
    let numbers = Array(images.training.prefix(4))
    let all = images.augmentedBatch(numbers, epoch: 7).images.doubles
    let alone = numbers.flatMap { images.augmentedBatch([$0], epoch: 7).images.doubles }
    #expect(all == alone && all != images.augmentedBatch(numbers, epoch: 8).images.doubles)
    #expect(all != others.augmentedBatch(numbers, epoch: 7).images.doubles)
  }
}
