/// An image by its shape and bytes: equality compares all bytes, not only the hash.
struct ImageKey: Hashable {
  let height: Int
  let width: Int
  let bytes: ArraySlice<UInt8>

  init(_ dataset: ImageDataset, classIndex: Int, image: Int) {
    height = dataset.height
    width = dataset.width
    bytes = dataset.image(image, ofClass: classIndex)
  }

  // The number of bytes and two sides give the channels.
  static func == (a: ImageKey, b: ImageKey) -> Bool { a.height == b.height && a.width == b.width && a.bytes == b.bytes }

  func hash(into hasher: inout Hasher) { bytes.withUnsafeBytes { hasher.combine(bytes: $0) } }
}

/// The distinct images of some classes, each standing for its inverse too.
struct ImageSet {
  private var keys = Set<ImageKey>()
  private let inverses: InverseImages

  init(_ parts: [DisjointnessCheck.Part]) {
    inverses = InverseImages(parts)
    for part in parts {
      for index in part.classes {
        for image in 0..<part.dataset.classes[index].count {
          keys.insert(ImageKey(part.dataset, classIndex: index, image: image))
        }
      }
    }
  }

  /// Whether any image of a class, or its inverse, is in the set.
  func containsAny(of dataset: ImageDataset, classIndex: Int) -> Bool {
    (0..<dataset.classes[classIndex].count).contains {
      let key = ImageKey(dataset, classIndex: classIndex, image: $0)
      return keys.contains(key) || inverses.place(of: key) != nil
    }
  }
}
