/// Proof, by value, that meta-test data never reaches training: no class and no identical image is in two splits.
///
/// Image bytes are compared across data sets, so that one picture under two names is found too, and so is the same picture inverted: a
/// drawing that was read with another rule of ink. Quarter turns and mirror images are not compared: a split holds a class with all its
/// turns, and turned letters are other letters.
public enum DisjointnessCheck {
  /// The classes of a data set that are used under a split.
  public struct Part: Sendable {
    /// The split.
    public var split: SplitName
    /// The data set.
    public var dataset: ImageDataset
    /// Indices of the classes.
    public var classes: [Int]

    /// Classes of a data set, by their indices, under a split.
    public init(split: SplitName, dataset: ImageDataset, classes: [Int]) {
      self.split = split
      self.dataset = dataset
      self.classes = classes
    }

    /// The part of the data in a pool.
    public init<Split: SplitTag>(_ pool: ClassPool<Split>) {
      self.init(split: Split.name, dataset: pool.dataset, classes: pool.classes)
    }
  }

  /// Throws the first leak between the parts; see ``leaks(_:limit:)``.
  ///
  /// - Throws: ``Leak``.
  public static func verify(_ parts: [Part]) throws(Leak) {
    if let leak = leaks(parts, limit: 1).first { throw leak }
  }

  /// The leaks between the parts, classes first, at most `limit`.
  public static func leaks(_ parts: [Part], limit: Int = .max) -> [Leak] {
    var result = sharedClasses(parts)
    if result.count < limit { result += sharedImages(parts, limit: limit - result.count) }
    return Array(result.prefix(limit))
  }

  private struct ClassKey: Hashable {
    var dataset: String
    var name: String
  }

  private static func sharedClasses(_ parts: [Part]) -> [Leak] {
    var owner = [ClassKey: SplitName]()
    var result = [Leak]()
    for part in parts {
      for index in part.classes {
        let name = part.dataset.classes[index].name
        let key = ClassKey(dataset: part.dataset.name, name: name)
        if let first = owner[key], first != part.split {
          result.append(.sharedClass(dataset: part.dataset.name, name: name, first: first, second: part.split))
        } else {
          owner[key] = part.split
        }
      }
    }
    return result
  }

  private static func sharedImages(_ parts: [Part], limit: Int) -> [Leak] {
    // Only images in two splits matter; with one split there is nothing to hash.
    guard Set(parts.map(\.split)).count > 1 else { return [] }
    var first = [ImageKey: Leak.Place](minimumCapacity: parts.reduce(0) { $0 + $1.dataset.imageCount })
    var result = [Leak]()
    for part in parts {
      for index in part.classes {
        let entry = part.dataset.classes[index]
        for image in 0..<entry.count {
          let place = Leak.Place(split: part.split, dataset: part.dataset.name, name: entry.name, image: image)
          let key = ImageKey(part.dataset, classIndex: index, image: image)
          guard let other = first[key] else {
            first[key] = place
            continue
          }
          if other.split != part.split {
            result.append(.sharedImage(first: other, second: place))
            if result.count == limit { return result }
          }
        }
      }
    }
    return result + invertedImages(parts, limit: limit - result.count)
  }

  private static func invertedImages(_ parts: [Part], limit: Int) -> [Leak] {
    var result = [Leak]()
    // Every pair of splits is checked once.
    for split in SplitName.allCases.dropFirst() {
      let earlier = SplitName.allCases.prefix { $0 != split }
      let inverses = InverseImages(parts.filter { earlier.contains($0.split) })
      for part in parts where part.split == split {
        for index in part.classes {
          for image in 0..<part.dataset.classes[index].count {
            guard let other = inverses.place(of: ImageKey(part.dataset, classIndex: index, image: image)) else { continue }
            let place = Leak.Place(split: split, dataset: part.dataset.name, name: part.dataset.classes[index].name, image: image)
            result.append(.sharedImage(first: other, second: place))
            if result.count == limit { return result }
          }
        }
      }
    }
    return result
  }
}
