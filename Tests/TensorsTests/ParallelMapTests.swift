import Synchronization
import Tensors
import Testing

struct ParallelMapTests {
  struct Failure: Error, Equatable { let index: Int }

  @Test(arguments: [0, 1, 2, 7, 100], [1, 2, 3, 16]) func resultsAreInOrder(_ count: Int, _ threads: Int) throws {
    #expect(try parallelMap(count, threads: threads) { $0 * $0 } == (0..<count).map { $0 * $0 })
  }

  @Test(arguments: [2, 4]) func theErrorOfTheFirstPieceIsThrownAfterAllAreDone(_ threads: Int) {
    let done = Counter()
    #expect(throws: Failure(index: 5)) {
      try parallelMap(20, threads: threads) { index in
        done.increase()
        if index % 5 == 0 && index > 0 { throw Failure(index: index) }
        return index
      }
    }
    #expect(done.count == 20)
  }

  @Test func oneThreadStopsAtTheError() {
    #expect(throws: Failure(index: 1)) {
      try parallelMap(3, threads: 1) { index in
        if index == 1 { throw Failure(index: 1) }
        return index
      }
    }
  }
}

private final class Counter: Sendable {
  private let value = Atomic<Int>(0)
  var count: Int { value.load(ordering: .relaxed) }
  func increase() { value.add(1, ordering: .relaxed) }
}
