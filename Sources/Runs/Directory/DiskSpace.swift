/// What long jobs do where the disk is full: wait and try again, since what they have computed is in memory.
public enum DiskSpace {
  /// Writes something; where the disk is full, again and again for as long as `wait` says.
  ///
  /// - Parameters:
  ///   - wait: called with the error after an attempt that failed for lack of space: returns when it is worth trying again,
  ///     `false` to give up.
  ///   - say: gets a line for people when there is space again.
  ///   - work: what writes; it is called again from its beginning after every lack of space.
  /// - Throws: what `work` throws, a lack of space only where `wait` gives up.
  public static func persist<Value>(
    waiting wait: (any Error) -> Bool, say: (String) -> Void = { _ in }, _ work: () throws -> Value
  ) throws -> Value {
    var waited = false
    while true {
      do {
        let value = try work()
        if waited { say("there is space again: going on") }
        return value
      } catch let error as any DiskFullReporting where error.isDiskFull {
        guard wait(error) else { throw error }
        waited = true
      }
    }
  }
}
