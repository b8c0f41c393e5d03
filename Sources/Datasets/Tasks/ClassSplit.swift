/// Which classes of one data set belong to meta-train, meta-validation and meta-test: three disjoint sets of class indices.
///
/// Classes that share a look-alike key are in one split, and a class's quarter turns go with the class. A class may be in no
/// split.
public struct ClassSplit: Codable, Hashable, Sendable {
  /// Name of the data set.
  public let dataset: String
  /// Class indices of meta-train, ascending.
  public let metaTrain: [Int]
  /// Class indices of meta-validation, ascending.
  public let metaValidation: [Int]
  /// Class indices of meta-test, ascending.
  public let metaTest: [Int]

  /// A split by explicit lists of class indices; an index given twice within a list counts once.
  ///
  /// - Throws: ``TaskError/classIndexOutOfRange(dataset:index:classes:)``,
  ///   ``TaskError/classInTwoSplits(dataset:name:first:second:)``,
  ///   ``TaskError/lookalikesInTwoSplits(dataset:key:first:second:)``.
  public init(of dataset: ImageDataset, metaTrain: [Int] = [], metaValidation: [Int] = [], metaTest: [Int] = []) throws {
    self.dataset = dataset.name
    self.metaTrain = Set(metaTrain).sorted()
    self.metaValidation = Set(metaValidation).sorted()
    self.metaTest = Set(metaTest).sorted()
    try check(against: dataset)
  }

  /// A split by explicit lists of class names.
  ///
  /// - Throws: ``TaskError/unknownClass(dataset:name:)`` and what ``init(of:metaTrain:metaValidation:metaTest:)`` throws.
  public init(of dataset: ImageDataset, namesOfMetaTrain: [String], metaValidation: [String], metaTest: [String]) throws {
    let indices = Dictionary(dataset.classes.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    func lookUp(_ names: [String]) throws -> [Int] {
      try names.map { name in
        guard let index = indices[name] else { throw TaskError.unknownClass(dataset: dataset.name, name: name) }
        return index
      }
    }
    try self.init(
      of: dataset, metaTrain: lookUp(namesOfMetaTrain), metaValidation: lookUp(metaValidation), metaTest: lookUp(metaTest))
  }

  /// A split by explicit lists of groups (alphabets, scripts, superclasses).
  ///
  /// - Throws: ``TaskError/unknownGroup(dataset:name:)`` and what ``init(of:metaTrain:metaValidation:metaTest:)`` throws.
  public init(of dataset: ImageDataset, groupsOfMetaTrain: [String], metaValidation: [String], metaTest: [String]) throws {
    let members = Dictionary(grouping: dataset.classes.indices, by: { dataset.classes[$0].group })
    func lookUp(_ names: [String]) throws -> [Int] {
      try names.flatMap { name in
        guard let classes = members[name] else { throw TaskError.unknownGroup(dataset: dataset.name, name: name) }
        return classes
      }
    }
    try self.init(
      of: dataset, metaTrain: lookUp(groupsOfMetaTrain), metaValidation: lookUp(metaValidation), metaTest: lookUp(metaTest))
  }

  /// The whole data set in one split, as in leave-one-data-set-out studies.
  public static func whole(_ dataset: ImageDataset, as split: SplitName) -> ClassSplit {
    let all = Array(dataset.classes.indices)
    return ClassSplit(
      unchecked: dataset.name, metaTrain: split == .metaTrain ? all : [], metaValidation: split == .metaValidation ? all : [],
      metaTest: split == .metaTest ? all : [])
  }

  /// Lists known to be sorted, disjoint and in range.
  init(unchecked dataset: String, metaTrain: [Int], metaValidation: [Int], metaTest: [Int]) {
    self.dataset = dataset
    self.metaTrain = metaTrain
    self.metaValidation = metaValidation
    self.metaTest = metaTest
  }

  /// Class indices of one split, ascending.
  public func classes(in split: SplitName) -> [Int] {
    switch split {
    case .metaTrain: metaTrain
    case .metaValidation: metaValidation
    case .metaTest: metaTest
    }
  }

  /// The classes of one split together with their data set.
  ///
  /// - Throws: ``TaskError/splitOfAnotherDataset(split:dataset:)`` if names differ, and what the list initialiser throws (a
  ///   decoded split is checked here).
  public func pool<Split: SplitTag>(_ split: Split.Type, of dataset: ImageDataset) throws -> ClassPool<Split> {
    try check(against: dataset)
    return ClassPool(dataset: dataset, classes: classes(in: Split.name))
  }

  /// Checks names, ranges, disjointness and look-alikes.
  func check(against dataset: ImageDataset) throws {
    guard self.dataset == dataset.name else {
      throw TaskError.splitOfAnotherDataset(split: self.dataset, dataset: dataset.name)
    }
    var owner = [Int: SplitName]()
    var ownerOfKey = [String: (split: SplitName, name: String)]()
    for split in SplitName.allCases {
      for index in Set(classes(in: split)).sorted() {
        guard dataset.classes.indices.contains(index) else {
          throw TaskError.classIndexOutOfRange(dataset: dataset.name, index: index, classes: dataset.classes.count)
        }
        let entry = dataset.classes[index]
        if let first = owner.updateValue(split, forKey: index) {
          throw TaskError.classInTwoSplits(dataset: dataset.name, name: entry.name, first: first, second: split)
        }
        guard let key = entry.lookalike else { continue }
        if let first = ownerOfKey[key], first.split != split {
          throw TaskError.lookalikesInTwoSplits(dataset: dataset.name, key: key, first: first.name, second: entry.name)
        }
        ownerOfKey[key] = (split, entry.name)
      }
    }
  }
}
