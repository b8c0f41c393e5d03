import Basics

/// What can be wrong with splits, task distributions and task descriptions: what, where, and what to do.
public enum TaskError: ReportableError, Hashable, Sendable {
  /// A split names a class that the data set does not have.
  case unknownClass(dataset: String, name: String)
  /// A split names a group (alphabet, script) that the data set does not have.
  case unknownGroup(dataset: String, name: String)
  /// A class index outside of the data set.
  case classIndexOutOfRange(dataset: String, index: Int, classes: Int)
  /// A class (or two spellings of it) listed in two splits.
  case classInTwoSplits(dataset: String, name: String, first: SplitName, second: SplitName)
  /// Two classes that look alike were put into different splits.
  case lookalikesInTwoSplits(dataset: String, key: String, first: String, second: String)
  /// Fractions or counts of a split that cannot be met.
  case impossibleSplit(dataset: String, reason: Fault)
  /// A published split was asked for a data set that it does not fit.
  case notTheStandardDataset(dataset: String, expected: String)
  /// A split was made for another data set.
  case splitOfAnotherDataset(split: String, dataset: String)
  /// Two different data sets of one study carry one name.
  case duplicateDatasetName(String)
  /// A task distribution without any class.
  case noClasses(split: SplitName)
  /// Fewer (distinguishable) classes than ways.
  case tooFewClasses(dataset: String, split: SplitName, has: Int, needs: Int)
  /// A class with fewer images than shot + queries.
  case tooFewImages(dataset: String, name: String, has: Int, needs: Int)
  /// Way, shot or queries per class below 1 (way below 2).
  case badTaskShape(way: Int, shot: Int, queriesPerClass: Int)
  /// Mixture weights that are negative, not finite, all zero, or not one per data set.
  case badWeights(Fault)
  /// A curriculum without stages, or whose stages do not begin at 0 and rise.
  case badCurriculum(Fault)
  /// No group (alphabet, superclass) with enough classes for a task, or too few groups.
  case tooFewInGroups(dataset: String, split: SplitName, sampling: ClassSampling, needs: Int)
  /// A pixel scaling with a mean or deviation that is not finite, or a deviation not above 0.
  case badScaling(String)
  /// Data sets of one distribution with images of different sizes.
  case differentImageShapes(first: String, firstShape: [Int], second: String, secondShape: [Int])
  /// Quarter turns asked of images that are not square.
  case rotationOfNonSquareImages(dataset: String, height: Int, width: Int)
  /// A description of a task on a data set that is not available.
  case datasetNotLoaded(name: String, loaded: [String])
  /// A description that does not fit the data set of its name.
  case descriptionDoesNotFit(dataset: String, reason: String)
}

extension TaskError {
  /// What is wrong, with which data set, and mostly what to do.
  public var fault: Fault {
    switch self {
    case .unknownClass(let dataset, let name):
      Fault("data set '\(dataset)' has no class '\(name)'", help: "list its classes and correct the split")
    case .unknownGroup(let dataset, let name):
      Fault("data set '\(dataset)' has no group '\(name)'", help: "list its groups and correct the split")
    case .classIndexOutOfRange(let dataset, let index, let classes):
      Fault("class \(index) asked of data set '\(dataset)', which has classes 0..<\(classes)")
    case .classInTwoSplits(let dataset, let name, let first, let second):
      Fault(
        "class '\(name)' of data set '\(dataset)' is in \(first.rawValue) and in \(second.rawValue)",
        help: "take it out of one of them")
    case .lookalikesInTwoSplits(let dataset, let key, let first, let second):
      Fault("classes '\(first)' and '\(second)' of data set '\(dataset)' look alike (key '\(key)') and must be in one split")
    case .impossibleSplit(let dataset, let reason): reason.within(.named("cannot split data set '\(dataset)'"))
    case .notTheStandardDataset(let dataset, let expected):
      Fault("the published split wants \(expected), which data set '\(dataset)' is not", help: "use a random split instead")
    case .splitOfAnotherDataset(let split, let dataset):
      Fault("a class split of data set '\(split)' was applied to data set '\(dataset)'", help: "make a split for the latter")
    case .duplicateDatasetName(let name):
      Fault("two data sets are called '\(name)'", help: "give each data set of a run a name of its own")
    case .noClasses(let split):
      Fault(
        "there are no classes to draw \(split.rawValue) tasks from", help: "give the split at least one data set with classes")
    case .tooFewClasses(let dataset, let split, let has, let needs):
      Fault(
        "the \(split.rawValue) part of data set '\(dataset)' has \(has) distinguishable classes, a task needs \(needs)",
        help: "lower the number of ways (task.way) or give the split more classes (data.train_fraction, data.validation_fraction)"
      )
    case .tooFewImages(let dataset, let name, let has, let needs):
      Fault(
        "class '\(name)' of data set '\(dataset)' has \(counted(has, "image")), a task needs \(needs) (shot + queries per class)",
        help: "lower the shot or the queries (task.shot, task.query), or leave the class out")
    case .badTaskShape(let way, let shot, let queries):
      Fault("a task wants at least 2 ways, 1 shot and 1 query per class, not \(way) ways, \(shot) shots, \(queries) queries")
    case .badWeights(let reason): reason.within(.named("bad mixture weights"))
    case .badCurriculum(let reason):
      reason.within(.named("bad curriculum"), help: "stages begin at task 0 and each later than the one before")
    case .tooFewInGroups(let dataset, let split, let sampling, let needs):
      Self.tooFewInGroups("the \(split.rawValue) part of data set '\(dataset)'", sampling, needs)
    case .badScaling(let reason):
      Fault(reason, at: .named("bad pixel scaling"), help: "the deviation must be above 0, both numbers finite")
    case .differentImageShapes(let first, let firstShape, let second, let secondShape):
      Fault(
        "data sets '\(first)' \(firstShape) and '\(second)' \(secondShape) differ in [height, width, channels]",
        help: "make them one size: set data.image_size, or call ImageDataset.uniform")
    case .rotationOfNonSquareImages(let dataset, let height, let width):
      Fault(
        "quarter turns want square images, data set '\(dataset)' has \(height)×\(width)",
        help: "switch rotations off or resize it")
    case .datasetNotLoaded(let name, let loaded):
      Fault("the task is from data set '\(name)', which is not loaded (loaded: \(loaded.joined(separator: ", ")))")
    case .descriptionDoesNotFit(let dataset, let reason):
      Fault(
        "the task description does not fit data set '\(dataset)': \(reason)",
        help: "was it drawn from another version of the data?")
    }
  }

  private static func tooFewInGroups(_ part: String, _ sampling: ClassSampling, _ needs: Int) -> Fault {
    sampling == .withinGroup
      ? Fault(
        "no group in \(part) has the \(needs) distinguishable classes of a task",
        help: "lower the number of ways or let classes of several groups meet")
      : Fault(
        "\(part) has fewer groups than the \(needs) classes of a task",
        help: "lower the number of ways or let classes of one group meet")
  }
}
