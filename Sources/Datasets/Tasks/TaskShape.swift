/// How large a few-shot task is: `way` classes, `shot` support images and `queriesPerClass` query images of each.
public struct TaskShape: Codable, Hashable, Sendable {
  /// Classes of a task, at least 2.
  public let way: Int
  /// Support images of a class, at least 1.
  public let shot: Int
  /// Query images of a class, at least 1.
  public let queriesPerClass: Int

  /// Checks and stores the three numbers.
  ///
  /// - Throws: ``TaskError/badTaskShape(way:shot:queriesPerClass:)``.
  public init(way: Int, shot: Int, queriesPerClass: Int) throws {
    guard way >= 2, shot >= 1, queriesPerClass >= 1, way <= 1 << 20, shot <= 1 << 20, queriesPerClass <= 1 << 20 else {
      throw TaskError.badTaskShape(way: way, shot: shot, queriesPerClass: queriesPerClass)
    }
    self.way = way
    self.shot = shot
    self.queriesPerClass = queriesPerClass
  }

  /// Decodes the three numbers and checks them.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      way: values.decode(Int.self, forKey: .way), shot: values.decode(Int.self, forKey: .shot),
      queriesPerClass: values.decode(Int.self, forKey: .queriesPerClass))
  }

  /// Images of one class in a task: support and query.
  public var imagesPerClass: Int { shot + queriesPerClass }
  /// Support images of a task.
  public var supportCount: Int { way * shot }
  /// Query images of a task.
  public var queryCount: Int { way * queriesPerClass }
}
