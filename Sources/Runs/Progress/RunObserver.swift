/// Whoever started some long work: what the work asks on its way, and what it says.
public struct RunObserver: Sendable {
  /// Asked between steps; where it is `true`, the work stops so that it can go on later.
  public var isInterrupted: @Sendable () -> Bool
  /// Called where the disk is full, with the error: returns when it is worth trying again, `false` to give up. Nothing is lost by
  /// waiting: what was computed is in memory.
  public var waitForSpace: @Sendable (any Error) -> Bool
  /// Gets lines for people; from several threads where the work has several.
  public var say: @Sendable (String) -> Void

  /// An observer; by default one that never stops the work, does not wait for space and listens to nothing.
  public init(
    isInterrupted: @escaping @Sendable () -> Bool = { false },
    waitForSpace: @escaping @Sendable (any Error) -> Bool = { _ in false },
    say: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.isInterrupted = isInterrupted
    self.waitForSpace = waitForSpace
    self.say = say
  }

  /// Writes something; where the disk is full, again and again for as long as ``waitForSpace`` says.
  ///
  /// - Throws: what `work` throws, a lack of space only where the observer gives up.
  public func persist<Value>(_ work: () throws -> Value) throws -> Value {
    try DiskSpace.persist(waiting: waitForSpace, say: say, work)
  }
}
