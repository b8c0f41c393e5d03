/// The classes of one data set that belong to one split; made by ``ClassSplit/pool(_:of:)`` only.
public struct ClassPool<Split: SplitTag>: Sendable {
  /// The data set.
  public let dataset: ImageDataset
  /// Indices of the split's classes in the data set, ascending.
  public let classes: [Int]

  init(dataset: ImageDataset, classes: [Int]) {
    self.dataset = dataset
    self.classes = classes
  }

  /// The pool without the classes that have fewer than `count` images.
  public func droppingClasses(withFewerImagesThan count: Int) -> ClassPool {
    ClassPool(dataset: dataset, classes: classes.filter { dataset.classes[$0].count >= count })
  }

  /// The most ways that a task can have: classes that share a look-alike key count once.
  public var distinguishableClasses: Int {
    var keys = Set<String>()
    return classes.reduce(0) { total, index in
      guard let key = dataset.classes[index].lookalike else { return total + 1 }
      return keys.insert(key).inserted ? total + 1 : total
    }
  }
}
