import ArchPrior

/// Images of a few classes: a random template each, with noise on top; a linear classifier tells them apart well but not perfectly.
enum SyntheticImages {
  static func dataset(classes: Int, perClass: Int, side: Int = 6, noise: Double = 0.5, seed: UInt64 = 1) -> ImageDataset? {
    var generator = Philox(seed: seed, stream: "synthetic images")
    var pixels: [UInt8] = []
    for _ in 0..<classes {
      let template = (0..<side * side).map { _ in generator.nextDouble() }
      for _ in 0..<perClass {
        pixels += template.map { UInt8(255 * min(1, max(0, $0 + noise * generator.nextNormal()))) }
      }
    }
    let entries = (0..<classes).map { ImageDataset.ImageClass(name: "\($0)", group: "\($0)", count: perClass) }
    return ImageDataset(name: "synthetic", height: side, width: side, channels: 1, classes: entries, pixels: pixels)
  }
}
