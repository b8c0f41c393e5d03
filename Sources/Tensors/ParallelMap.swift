import Foundation
import Synchronization

/// Runs independent pieces of work on several threads and gives their results in the order of the pieces.
///
/// Each piece runs on one thread from start to end, so that results do not depend on how many threads there are.
/// - Parameters:
///   - count: the number of pieces.
///   - threads: at most this many run at once; with 1, all run on the calling thread.
///   - body: computes piece `index`; must be safe to call from several threads.
/// - Throws: the error of the piece with the lowest index that failed; the others are still finished.
public func parallelMap<Result: Sendable>(
  _ count: Int, threads: Int, _ body: @escaping @Sendable (Int) throws -> Result
) throws -> [Result] {
  guard threads > 1 && count > 1 else { return try (0..<count).map(body) }
  let slots = ResultSlots<Result>(count: count)
  DispatchQueue.concurrentPerform(iterations: min(threads, count)) { _ in
    defer { ThreadContext.current.pool.lendArena() }
    while let index = slots.next() {
      slots.set(index, Swift.Result { try body(index) })
    }
  }
  return try slots.results()
}

/// The outcomes of parallel pieces, and which piece is next.
private final class ResultSlots<Value: Sendable>: Sendable {
  private let cursor = Atomic<Int>(0)
  private let count: Int
  private let values: Mutex<[Result<Value, any Error>?]>

  init(count: Int) {
    self.count = count
    values = Mutex(Array(repeating: nil, count: count))
  }

  func next() -> Int? {
    let index = cursor.add(1, ordering: .relaxed).oldValue
    return index < count ? index : nil
  }

  func set(_ index: Int, _ value: Result<Value, any Error>) { values.withLock { $0[index] = value } }

  func results() throws -> [Value] {
    try values.withLock { values in
      try values.map { value in
        guard let value else { preconditionFailure("a piece of parallel work was not done") }
        return try value.get()
      }
    }
  }
}
