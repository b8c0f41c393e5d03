import Basics
import Foundation

/// How large the tasks of a distribution are, where ways and shots vary from task to task: each is uniform over its range.
public struct TaskShapeRange: Codable, Hashable, Sendable {
  /// Classes of a task.
  public let way: ClosedRange<Int>
  /// Support images of a class, the same for all classes of a task.
  public let shot: ClosedRange<Int>
  /// Query images of a class.
  public let queriesPerClass: Int

  /// Checks and stores the ranges.
  ///
  /// - Throws: ``TaskError/badTaskShape(way:shot:queriesPerClass:)`` if one end is not a valid task shape.
  public init(way: ClosedRange<Int>, shot: ClosedRange<Int>, queriesPerClass: Int) throws {
    _ = try TaskShape(way: way.lowerBound, shot: shot.lowerBound, queriesPerClass: queriesPerClass)
    _ = try TaskShape(way: way.upperBound, shot: shot.upperBound, queriesPerClass: queriesPerClass)
    self.way = way
    self.shot = shot
    self.queriesPerClass = queriesPerClass
  }

  /// Tasks of one shape.
  public init(_ shape: TaskShape) {
    way = shape.way...shape.way
    shot = shape.shot...shape.shot
    queriesPerClass = shape.queriesPerClass
  }

  /// Decodes the ranges and checks them.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      way: values.decode(ClosedRange<Int>.self, forKey: .way), shot: values.decode(ClosedRange<Int>.self, forKey: .shot),
      queriesPerClass: values.decode(Int.self, forKey: .queriesPerClass))
  }

  /// The most images of one class in a task.
  public var imagesPerClass: Int { shot.upperBound + queriesPerClass }
}

/// Which classes may meet in a task.
public enum ClassSampling: String, Codable, Hashable, Sendable, CaseIterable {
  /// Any of the data set.
  case any
  /// Those of one group: an alphabet, a superclass. Groups are drawn by the number of their classes; those with too few for the
  /// largest task are left out. (Triantafillou et al., "Meta-Dataset", ICLR 2020, section 3.2, draw Omniglot's tasks so.)
  case withinGroup = "within-group"
  /// At most one of each group.
  case acrossGroups = "across-groups"
}

/// How often each data set of a mixture is drawn from.
public enum MixtureWeights: Codable, Hashable, Sendable {
  /// Relative frequencies, one per data set.
  case explicit([Double])
  /// Number of classes to the power of 1 / temperature: 1 is in proportion to the classes, large temperatures make data sets equally
  /// frequent, below 1 the large ones win.
  case temperature(Double)

  /// The weights of data sets with these numbers of classes.
  ///
  /// - Throws: ``TaskError/badWeights(_:)``.
  func weights(classes: [Int]) throws -> [Double] {
    switch self {
    case .explicit(let weights):
      guard weights.count == classes.count else {
        throw TaskError.badWeights(Fault("\(weights.count) weights for \(classes.count) data sets", help: "give one each"))
      }
      guard weights.allSatisfy({ $0 >= 0 && $0.isFinite }) else {
        throw TaskError.badWeights(Fault("\(weights)", help: "each must be a finite number of at least 0"))
      }
      return weights
    case .temperature(let temperature):
      guard temperature > 0, !temperature.isNaN else {
        throw TaskError.badWeights(Fault("temperature \(temperature)", help: "it must be above 0"))
      }
      // Exact, so that tasks are those that they were before there were temperatures.
      if temperature == 1 { return classes.map(Double.init) }
      // Relative to the largest, so that low temperatures do not overflow.
      let largest = Double(classes.max() ?? 1)
      return classes.map { $0 == 0 ? 0 : pow(Double($0) / largest, 1 / temperature) }
    }
  }
}

/// A part of a curriculum: from a task's number on, tasks have these shapes and this mixture.
public struct TaskStage: Codable, Hashable, Sendable {
  /// The number of the first task.
  public var from: Int
  /// Ways, shots and queries.
  public var shapes: TaskShapeRange
  /// How often each data set is drawn from.
  public var mixture: MixtureWeights

  /// A stage; by default from the first task on, drawing data sets in proportion to their classes.
  public init(from: Int = 0, shapes: TaskShapeRange, mixture: MixtureWeights = .temperature(1)) {
    self.from = from
    self.shapes = shapes
    self.mixture = mixture
  }

  /// A curriculum that raises ways and shots in equal steps: from `first` to `last` within `tasks` tasks.
  ///
  /// - Throws: ``TaskError/badCurriculum(_:)``, ``TaskError/badTaskShape(way:shot:queriesPerClass:)``.
  public static func growing(
    from first: TaskShape, to last: TaskShape, tasks: Int, mixture: MixtureWeights = .temperature(1)
  ) throws -> [TaskStage] {
    let steps = max(abs(last.way - first.way), abs(last.shot - first.shot)) + 1
    guard tasks >= steps, first.queriesPerClass == last.queriesPerClass else {
      throw TaskError.badCurriculum(
        Fault("\(steps) steps in \(tasks) tasks", help: "it wants as many tasks, and one number of queries"))
    }
    func value(_ a: Int, _ b: Int, _ step: Int) -> Int {
      steps == 1 ? b : a + Int((Double((b - a) * step) / Double(steps - 1)).rounded())
    }
    return try (0..<steps).map { step in
      let shape = try TaskShape(
        way: value(first.way, last.way, step), shot: value(first.shot, last.shot, step), queriesPerClass: last.queriesPerClass)
      return TaskStage(from: step * tasks / steps, shapes: TaskShapeRange(shape), mixture: mixture)
    }
  }
}
