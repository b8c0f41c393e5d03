import Basics
import Datasets

/// A small data set of made-up classes: a random pattern each, with noise on every image.
public func syntheticDataset(
  name: String = "synthetic", classes: Int = 24, images: Int = 12, side: Int = 12, seed: UInt64 = 5
) throws -> ImageDataset {
  var pixels: [UInt8] = []
  for index in 0..<classes {
    var generator = Philox(seed: seed, stream: "synthetic/\(name)", index: UInt64(index))
    let pattern = (0..<side * side).map { _ in generator.nextInt(below: 160) }
    for _ in 0..<images {
      pixels += pattern.map { UInt8($0 + generator.nextInt(below: 96)) }
    }
  }
  let entries = (0..<classes).map { ImageDataset.ImageClass(name: "class\($0)", group: name, count: images) }
  guard
    let dataset = ImageDataset(name: name, height: side, width: side, channels: 1, classes: entries, pixels: pixels)
  else { throw ImpossibleDataset() }
  return dataset
}

private struct ImpossibleDataset: Error {}
