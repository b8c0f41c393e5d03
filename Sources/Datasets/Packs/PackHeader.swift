import Basics
import Foundation

/// The JSON section of a pack.
struct PackHeader: Codable {
  var name: String
  var height: Int
  var width: Int
  var channels: Int
  var classes: [ImageDataset.ImageClass]
  var provenance: DatasetPack.Provenance

  init(dataset: ImageDataset, provenance: DatasetPack.Provenance) {
    name = dataset.name
    height = dataset.height
    width = dataset.width
    channels = dataset.channels
    classes = dataset.classes
    self.provenance = provenance
  }

  /// The first thing that a pack's header may not say; `nil` if all is well.
  var flaw: String? {
    if name.isEmpty { return "the data set has no name" }
    guard (1...16_384).contains(height), (1...16_384).contains(width), channels == 1 || channels == 3 else {
      return "\(height)×\(width)×\(channels) is not the shape of a picture"
    }
    var names: Set<String> = []
    for entry in classes {
      if entry.count < 1 { return "class “\(entry.name)” has \(entry.count) images" }
      if !names.insert(entry.name).inserted { return "two classes are called “\(entry.name)”" }
    }
    if pixelCount == nil { return "it has more bytes than a data set may have" }
    if let reading = provenance.reading, reading.shape != [height, width, channels] {
      return "its pictures were read as \(reading.size), and its images are \(height)×\(width)×\(channels)"
    }
    if provenance.originOfImage.isEmpty { return nil }
    guard provenance.originOfImage.count == classes.count else { return "origins are given for some classes only" }
    for (entry, origins) in zip(classes, provenance.originOfImage) {
      guard origins.count == entry.count, origins.allSatisfy(provenance.origins.indices.contains) else {
        return "the origins of class “\(entry.name)” do not fit its images"
      }
    }
    return nil
  }

  /// Bytes of all images; `nil` if they overflow.
  var pixelCount: Int? {
    var images = 0
    for entry in classes {
      let (sum, overflow) = images.addingReportingOverflow(entry.count)
      if overflow { return nil }
      images = sum
    }
    return ClaimedSize.bytes([images, height, width, channels])
  }

  func dataset(pixels: [UInt8]) -> ImageDataset? {
    ImageDataset(name: name, height: height, width: width, channels: channels, classes: classes, pixels: pixels)
  }

  /// Keys in alphabetical order, so that equal headers give equal bytes.
  func json() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(self))
  }
}
