import Foundation

/// A clock that a search must be ready by.
struct Deadline: Sendable {
  /// The present time in seconds, of which only differences mean anything.
  let now: @Sendable () -> Double
  /// When the work began.
  let start: Double
  /// When it has to be ready.
  let end: Double

  /// So many seconds from now on.
  init(_ seconds: Double, clock now: @escaping @Sendable () -> Double = Deadline.processorSeconds) {
    self.now = now
    start = now()
    end = start + seconds
  }

  private init(now: @escaping @Sendable () -> Double, start: Double, end: Double) {
    self.now = now
    self.start = start
    self.end = end
  }

  /// A deadline that comes after a share of the time that is left.
  func part(_ share: Double) -> Deadline {
    let present = now()
    return Deadline(now: now, start: present, end: present + share * max(0, end - present))
  }

  /// Seconds since the beginning.
  var elapsed: Double { now() - start }

  /// Whether work of a length would end too late.
  func excludes(_ seconds: Double) -> Bool { now() + seconds > end }

  /// The processor time of this thread, which other programs on the machine do not lengthen as they do the time that passes.
  static let processorSeconds: @Sendable () -> Double = {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
