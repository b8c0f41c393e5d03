import Basics

/// Data of one split found in another.
public enum Leak: ReportableError, Hashable, Sendable {
  /// Where an image is.
  public struct Place: Hashable, Sendable {
    /// The split that uses it.
    public var split: SplitName
    /// The data set.
    public var dataset: String
    /// The name of the class.
    public var name: String
    /// The image's index in the class.
    public var image: Int

    /// The place of an image, by its index in the class.
    public init(split: SplitName, dataset: String, name: String, image: Int) {
      self.split = split
      self.dataset = dataset
      self.name = name
      self.image = image
    }
  }

  /// One class of one data set in two splits.
  case sharedClass(dataset: String, name: String, first: SplitName, second: SplitName)
  /// Two images of the same bytes in two splits.
  case sharedImage(first: Place, second: Place)
}

extension Leak {
  /// What is in two splits, and what to take out.
  public var fault: Fault {
    switch self {
    case .sharedClass(let dataset, let name, let first, let second):
      Fault(
        "class '\(name)' of data set '\(dataset)' is in \(first.rawValue) and in \(second.rawValue)", at: .named("leak"),
        help: "take it out of one of them")
    case .sharedImage(let first, let second):
      Fault(
        "image \(first.image) of class '\(first.name)' of data set '\(first.dataset)' (\(first.split.rawValue)) "
          + "is the same picture as image \(second.image) "
          + "of class '\(second.name)' of data set '\(second.dataset)' (\(second.split.rawValue))", at: .named("leak"),
        help: "leave one of the classes out")
    }
  }
}
