import Foundation
import Synchronization

/// Several threads on one task: what makes a single adaptation use all cores.
///
/// Work is divided into pieces whose number and results do not depend on the number of threads, so that results are the same bits
/// for any. Tasks that run side by side, each on its own thread, do not use the team; the width is a property of the calling thread.
public enum TaskTeam {
  /// Runs a body in which kernels may share their work among several threads.
  ///
  /// - Parameters:
  ///   - threads: at most this many work at once, the calling thread among them.
  ///   - body: runs once, on the calling thread; its result is returned.
  public static func withThreads<Result>(_ threads: Int, _ body: () throws -> Result) rethrows -> Result {
    let context = ThreadContext.current
    let before = context.teamWidth
    context.teamWidth = max(1, threads)
    defer { context.teamWidth = before }
    return try body()
  }

  /// The threads that the calling thread may use.
  public static var width: Int { ThreadContext.current.teamWidth }

  /// Computes the pieces `0..<count`, each on one thread, and waits for all of them.
  package static func forEach(_ count: Int, _ body: @Sendable (Int) -> Void) {
    let width = min(ThreadContext.unretained { $0.teamWidth }, count)
    guard width > 1, Crew.shared.run(count, helpers: width - 1, body) else {
      for index in 0..<count { body(index) }
      return
    }
  }

  /// Divides `0..<count` among the threads, where there are several and enough to do; parts must not depend on one another.
  ///
  /// - Parameter elements: what all of it reads or writes, which says whether dividing pays.
  static func forParts(of count: Int, elements: Int, _ body: @Sendable (Range<Int>) -> Void) {
    let width = min(ThreadContext.unretained { $0.teamWidth }, count)
    guard width > 1, elements >= worthDividing else { return body(0..<count) }
    let parts = min(count, 2 * width)
    forEach(parts) { part in body(part * count / parts..<(part + 1) * count / parts) }
  }

  /// The same for elements, in whole blocks, so that a kernel's vectors hold the same elements however they are divided.
  static func forElements(_ count: Int, _ body: @Sendable (Range<Int>) -> Void) {
    let block = 64
    forParts(of: (count + block - 1) / block, elements: count) { blocks in
      body(min(count, blocks.lowerBound * block)..<min(count, blocks.upperBound * block))
    }
  }

  /// Elements from which on a second thread saves more than waking it costs.
  private static let worthDividing = 1 << 14
}

/// The helper threads of the process. They spin for a moment before they sleep, because the pieces of a step follow one another within
/// microseconds.
private final class Crew: @unchecked Sendable {
  static let shared = Crew()

  /// How long a helper looks for work before it sleeps, in nanoseconds. Waking one costs some tens of microseconds, and between two
  /// pieces of work of a step there is rarely more than this.
  private static let patience: UInt64 = 500_000

  /// In a structure, since a bare closure would be wrapped into another one, which outlives the job in builds without optimisation.
  private struct Body {
    var call: @Sendable (Int) -> Void
  }

  private struct Job {
    var body: UnsafeRawPointer
    var count: Int
  }

  // What must be sequentially consistent, and why. Twice two threads each write one variable and then read the other's, and it must not
  // be that both read the old value; a releasing store before an acquiring load does not forbid that (on arm64 an acquiring load may
  // pass an earlier releasing store). All four accesses of both pairs are therefore of one total order:
  //
  // - Joining and closing. A helper adds itself to `working`, then takes a place; the caller sets `places` to 0, then reads `working`.
  //   If the helper found a place, its addition comes before the closing store and so before the caller's load, which waits for it.
  // - Sleeping and waking. A helper adds itself to `sleepers`, then reads `generation`; the caller raises `generation`, then reads
  //   `sleepers`. If the caller sees no sleeper, the helper sees the new generation and does not sleep.
  //
  // The rest hands over data and needs no more than releasing writes that acquiring reads see: `job` by `places` and `generation`,
  // results by the subtraction from `working`, the crew as a whole by `busy`. `cursor` only counts.
  private let busy = Atomic<Bool>(false)
  /// The number of the current job; helpers compare it with the last one that they have seen.
  private let generation = Atomic<Int>(0)
  private let places = Atomic<Int>(0)
  private let cursor = Atomic<Int>(0)
  private let working = Atomic<Int>(0)
  private let sleepers = Atomic<Int>(0)
  /// Written by the caller before the generation, read by helpers after it.
  private var job: Job?
  private var helperCount = 0
  private let wake = NSCondition()

  /// Runs a job with some helpers; `false` where another thread has them.
  func run(_ count: Int, helpers: Int, _ body: @Sendable (Int) -> Void) -> Bool {
    guard busy.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged else { return false }
    defer { busy.store(false, ordering: .releasing) }
    while helperCount < helpers { startHelper() }
    withoutActuallyEscaping(body) { body in
      withUnsafePointer(to: Body(call: body)) { pointer in
        job = Job(body: UnsafeRawPointer(pointer), count: count)
        cursor.store(0, ordering: .relaxed)
        places.store(helpers, ordering: .sequentiallyConsistent)
        generation.add(1, ordering: .sequentiallyConsistent)
        if sleepers.load(ordering: .sequentiallyConsistent) > 0 {
          wake.lock()
          wake.broadcast()
          wake.unlock()
        }
        while let index = next(count) { body(index) }
        // No helper may join from here on; those that have are waited for.
        places.store(0, ordering: .sequentiallyConsistent)
        while working.load(ordering: .sequentiallyConsistent) != 0 {}
        job = nil
      }
    }
    return true
  }

  private func next(_ count: Int) -> Int? {
    let index = cursor.add(1, ordering: .relaxed).oldValue
    return index < count ? index : nil
  }

  private func startHelper() {
    helperCount += 1
    let seen = generation.load(ordering: .relaxed)
    let thread = Thread { [self] in help(seen) }
    thread.stackSize = 8 << 20
    thread.start()
  }

  private func help(_ start: Int) {
    var seen = start
    while true {
      seen = waitForJob(after: seen)
      working.add(1, ordering: .sequentiallyConsistent)
      // A place is taken while the job is open only: once it is closed, its body is gone.
      if takePlace(), let job {
        let body = job.body.assumingMemoryBound(to: Body.self)
        while let index = next(job.count) { body.pointee.call(index) }
      }
      working.subtract(1, ordering: .sequentiallyConsistent)
    }
  }

  private func takePlace() -> Bool {
    var open = places.load(ordering: .sequentiallyConsistent)
    while open > 0 {
      let (exchanged, original) = places.compareExchange(
        expected: open, desired: open - 1, ordering: .sequentiallyConsistent)
      if exchanged { return true }
      open = original
    }
    return false
  }

  private func waitForJob(after seen: Int) -> Int {
    let start = DispatchTime.now().uptimeNanoseconds
    repeat {
      for _ in 0..<1000 {
        let current = generation.load(ordering: .acquiring)
        if current != seen { return current }
      }
    } while DispatchTime.now().uptimeNanoseconds - start < Self.patience
    sleepers.add(1, ordering: .sequentiallyConsistent)
    wake.lock()
    while generation.load(ordering: .sequentiallyConsistent) == seen { wake.wait() }
    wake.unlock()
    sleepers.subtract(1, ordering: .sequentiallyConsistent)
    return generation.load(ordering: .acquiring)
  }
}
