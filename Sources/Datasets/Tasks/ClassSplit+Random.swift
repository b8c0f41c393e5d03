import Basics

extension ClassSplit {
  /// What a random split keeps together, besides look-alikes.
  public enum Unit: String, Codable, Hashable, Sendable, CaseIterable {
    /// Nothing: classes go one by one.
    case singleClass = "class"
    /// Whole groups: alphabets, scripts, superclasses.
    case group
  }

  /// A random split with given numbers of meta-validation and meta-test classes; all others are meta-train.
  ///
  /// The same (data set, counts, seed) give the same split. Where classes must stay together (look-alikes, groups) a count is an
  /// upper bound: whole units are placed, in random order, wherever they still fit.
  /// - Throws: ``TaskError/impossibleSplit(dataset:reason:)`` if the counts are negative or leave nothing for meta-train.
  public static func random(
    of dataset: ImageDataset, metaValidation: Int, metaTest: Int, seed: UInt64, keeping unit: Unit = .singleClass
  ) throws -> ClassSplit {
    guard metaValidation >= 0, metaTest >= 0, metaValidation < dataset.classes.count,
      metaTest < dataset.classes.count - metaValidation
    else {
      throw TaskError.impossibleSplit(
        dataset: dataset.name,
        reason:
          "\(metaValidation) meta-validation and \(metaTest) meta-test classes of \(dataset.classes.count) leave none to train on"
      )
    }
    var random = Philox(seed: seed, stream: "class-split/\(dataset.name)")
    var train = [Int]()
    var validation = [Int]()
    var test = [Int]()
    for members in random.shuffled(units(of: dataset, unit)) {
      if test.count + members.count <= metaTest {
        test += members
      } else if validation.count + members.count <= metaValidation {
        validation += members
      } else {
        train += members
      }
    }
    if train.isEmpty || (metaTest > 0 && test.isEmpty) || (metaValidation > 0 && validation.isEmpty) {
      throw TaskError.impossibleSplit(
        dataset: dataset.name,
        reason: Fault("its look-alikes or groups are too large to fit the asked counts", help: "ask for more classes"))
    }
    return ClassSplit(
      unchecked: dataset.name, metaTrain: train.sorted(), metaValidation: validation.sorted(), metaTest: test.sorted())
  }

  /// A random split by fractions of the number of classes, each rounded to the nearest count; see
  /// ``random(of:metaValidation:metaTest:seed:keeping:)``.
  public static func random(
    of dataset: ImageDataset, validationFraction: Double, testFraction: Double, seed: UInt64, keeping unit: Unit = .singleClass
  ) throws -> ClassSplit {
    guard validationFraction >= 0, testFraction >= 0, validationFraction + testFraction < 1 else {
      throw TaskError.impossibleSplit(
        dataset: dataset.name,
        reason: "fractions \(validationFraction) and \(testFraction) are not both at least 0 with a sum below 1")
    }
    let count = Double(dataset.classes.count)
    return try random(
      of: dataset, metaValidation: Int((validationFraction * count).rounded()), metaTest: Int((testFraction * count).rounded()),
      seed: seed, keeping: unit)
  }

  /// Sets of classes that must share a split, ordered by their first class: connected through look-alike keys and, if asked,
  /// groups.
  static func units(of dataset: ImageDataset, _ unit: Unit) -> [[Int]] {
    var parent = Array(dataset.classes.indices)
    func root(_ index: Int) -> Int {
      var index = index
      while parent[index] != index {
        parent[index] = parent[parent[index]]
        index = parent[index]
      }
      return index
    }
    func join(by key: (ImageDataset.ImageClass) -> String?) {
      var first = [String: Int]()
      for (index, entry) in dataset.classes.enumerated() {
        guard let key = key(entry) else { continue }
        if let other = first[key] {
          // The smaller index becomes the root, so that the order of units does not depend on the order of joins.
          let (a, b) = (root(other), root(index))
          parent[max(a, b)] = min(a, b)
        } else {
          first[key] = index
        }
      }
    }
    join { $0.lookalike }
    if unit == .group { join { $0.group } }
    let members = Dictionary(grouping: dataset.classes.indices, by: root)
    return members.keys.sorted().map { members[$0] ?? [] }
  }
}
