import Foundation

/// Finds out how much memory the tensors of a computation take, by doing it with buffers that nothing else uses.
package enum MeasuredPool {
  /// Runs a body on a separate thread, whose buffers come from the operating system and go back to it.
  ///
  /// - Parameter body: a computation whose tensors, except for its inputs, do not outlive it.
  /// - Returns: the bytes that it asked of the system: what it would add to a process that has nothing to reuse.
  /// - Throws: what the body throws.
  package static func bytes(of body: @escaping @Sendable () throws -> Void) throws -> Int {
    let outcome = Outcome()
    let fusion = ThreadContext.current.fusion
    let thread = Thread {
      let pool = BufferPool(isolated: true)
      ThreadContext.install(pool)
      ThreadContext.current.fusion = fusion
      let result = Result { try body() }.map { pool.requestedBytes }
      // Here, not when the thread ends, because the waiting caller continues a little before that.
      pool.drain()
      outcome.finish(result)
    }
    // As much as the main thread has: bodies may nest as deeply as anything else.
    thread.stackSize = 8 << 20
    thread.start()
    return try outcome.wait().get()
  }

  private final class Outcome: @unchecked Sendable {
    private let done = DispatchSemaphore(value: 0)
    private var result: Result<Int, any Error> = .success(0)

    func finish(_ result: Result<Int, any Error>) {
      self.result = result
      done.signal()
    }

    func wait() -> Result<Int, any Error> {
      done.wait()
      return result
    }
  }
}

extension Tensor {
  /// The bytes of memory that a tensor of a shape occupies, which are somewhat more than its elements have.
  package static func occupiedBytes(_ shape: Shape, _ elementType: ElementType) -> Int {
    let bytes = shape.count * elementType.byteCount
    return bytes >= BufferPool.largestSmall ? BlockArena.blockSize(forBytes: bytes) : BufferPool.sizeClass(forBytes: bytes).bytes
  }
}
