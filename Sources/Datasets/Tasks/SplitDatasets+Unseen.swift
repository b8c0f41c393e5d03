extension SplitDatasets {
  /// A further data set for tests, without what the members have trained or selected on.
  public struct Unseen: Sendable {
    /// The data set, its kept classes as meta-test.
    public var datasets: SplitDatasets
    /// The first picture that both have; `nil` if there is none.
    public var leak: Leak?
    /// The names of the classes that were left out: those with such a picture, and their look-alikes.
    public var leftOut: [String]
  }

  /// Looks for the pictures of a further data set among those of meta-train and meta-validation, by their pixels: the same picture
  /// under another name is the same, and so is its inverse.
  ///
  /// - Parameter dataset: of the members' image shape, or no picture can be the same.
  /// - Throws: ``TaskError`` if the data set cannot be split.
  public func unseen(of dataset: ImageDataset) throws -> Unseen {
    let seen = Self.parts(members).filter { $0.split != .metaTest }
    var places = [ImageKey: Leak.Place]()
    for part in seen {
      for index in part.classes {
        for image in 0..<part.dataset.classes[index].count {
          places[ImageKey(part.dataset, classIndex: index, image: image)] = Leak.Place(
            split: part.split, dataset: part.dataset.name, name: part.dataset.classes[index].name, image: image)
        }
      }
    }
    let inverses = InverseImages(seen)
    var leak: Leak?
    var shared = Set<Int>()
    for index in dataset.classes.indices {
      for image in 0..<dataset.classes[index].count {
        let key = ImageKey(dataset, classIndex: index, image: image)
        guard let place = places[key] ?? inverses.place(of: key) else { continue }
        shared.insert(index)
        if leak == nil {
          leak = .sharedImage(
            first: place,
            second: Leak.Place(split: .metaTest, dataset: dataset.name, name: dataset.classes[index].name, image: image))
        }
        break
      }
    }
    let keys = Set(shared.compactMap { dataset.classes[$0].lookalike })
    let kept = dataset.classes.indices.filter { index in
      !shared.contains(index) && !(dataset.classes[index].lookalike.map(keys.contains) ?? false)
    }
    let names = dataset.classes.indices.filter { !kept.contains($0) }.map { dataset.classes[$0].name }
    let split = ClassSplit(unchecked: dataset.name, metaTrain: [], metaValidation: [], metaTest: kept)
    return Unseen(datasets: try SplitDatasets([.init(dataset: dataset, split: split)]), leak: leak, leftOut: names)
  }
}
