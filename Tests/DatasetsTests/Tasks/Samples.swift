import Datasets
import Testing

/// A data set of `classes` classes with `images` images each; every byte is a function of (salt, class, image, position), so that
/// images differ from each other.
func sampleDataset(
  _ name: String, classes: Int, images: Int, side: Int = 4, channels: Int = 1, salt: UInt8 = 0, groups: Int = 3,
  lookalikes: [Int: String] = [:]
) throws -> ImageDataset {
  let entries = (0..<classes).map {
    ImageDataset.ImageClass(name: "c\($0)", group: "g\($0 % groups)", count: images, lookalike: lookalikes[$0])
  }
  var pixels = [UInt8]()
  for index in 0..<classes {
    for image in 0..<images {
      // The first three bytes alone tell all images apart.
      for position in 0..<side * side * channels {
        switch position {
        case 0: pixels.append(salt)
        case 1: pixels.append(UInt8(index))
        case 2: pixels.append(UInt8(image))
        default: pixels.append(UInt8((index * 7 + image * 31 + position * 13) & 255))
        }
      }
    }
  }
  return try #require(
    ImageDataset(name: name, height: side, width: side, channels: channels, classes: entries, pixels: pixels))
}
