import Foundation

extension ImageDataset {
  /// Images that are equal, byte for byte, to an earlier one.
  public struct Repeated: Sendable, Hashable {
    /// Where an image is.
    public struct Place: Sendable, Hashable {
      /// The class's index.
      public var classIndex: Int
      /// The image's index in the class.
      public var image: Int
    }

    /// Images that are in their own class before.
    public internal(set) var withinClasses = 0
    /// Images that are in another class before.
    public internal(set) var acrossClasses = 0
    /// The first of those across classes: the earlier image and the later one; empty if there is none.
    public internal(set) var example: [Place] = []
  }

  /// Counts the images that are there twice.
  public func repeated() -> Repeated {
    var first: [ImageBytes: Repeated.Place] = [:]
    first.reserveCapacity(imageCount)
    var result = Repeated()
    for index in classes.indices {
      for image in 0..<classes[index].count {
        let place = Repeated.Place(classIndex: index, image: image)
        let key = ImageBytes(bytes: self.image(image, ofClass: index))
        guard let other = first[key] else {
          first[key] = place
          continue
        }
        if other.classIndex == index {
          result.withinClasses += 1
        } else {
          result.acrossClasses += 1
          if result.example.isEmpty { result.example = [other, place] }
        }
      }
    }
    return result
  }
}

/// An image's bytes as a key: equality compares all bytes, not only the hash.
package struct ImageBytes: Hashable {
  package let bytes: ArraySlice<UInt8>

  /// An image of a data set.
  package init(bytes: ArraySlice<UInt8>) { self.bytes = bytes }

  package static func == (a: ImageBytes, b: ImageBytes) -> Bool {
    a.bytes.count == b.bytes.count
      && a.bytes.withUnsafeBytes { first in
        b.bytes.withUnsafeBytes { second in
          guard let one = first.baseAddress, let other = second.baseAddress else { return true }
          return memcmp(one, other, first.count) == 0
        }
      }
  }

  package func hash(into hasher: inout Hasher) { bytes.withUnsafeBytes { hasher.combine(bytes: $0) } }
}
