import Foundation

/// What belongs to one thread: its buffer pool, how deeply differentiation is nested on it, and who helps it.
///
/// A context lives as long as its thread. Reaching it costs one `pthread_getspecific`.
package final class ThreadContext {
  /// Buffers that this thread has released and may use again.
  package let pool: BufferPool
  /// The number of gradient and jvp transformations that are open on this thread.
  package var level: Int32 = 0
  /// Whether this thread uses fused primitives, where it has been told.
  package var fusion: Bool?
  /// The number of threads that work on this thread's task; see ``TaskTeam``.
  var teamWidth = 1

  private var scratch = UnsafeMutableRawPointer.allocate(byteCount: 1 << 14, alignment: BufferPool.alignment)
  private var scratchBytes = 1 << 14

  init(pool: BufferPool = BufferPool()) { self.pool = pool }

  deinit { scratch.deallocate() }

  /// Room for what a kernel works on, until the next call on this thread; for kernels that want little, and many calls.
  func scratch(bytes: Int) -> UnsafeMutableRawPointer {
    if bytes > scratchBytes {
      scratch.deallocate()
      scratchBytes = max(bytes, 2 * scratchBytes)
      scratch = .allocate(byteCount: scratchBytes, alignment: BufferPool.alignment)
    }
    return scratch
  }

  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    pthread_key_create(&key) { pointer in
      guard let pointer = Optional(pointer) else { return }
      if let pointer { Unmanaged<ThreadContext>.fromOpaque(pointer).takeRetainedValue().pool.drain() }
    }
    return key
  }()

  /// Does something with the calling thread's context, without the reference counting of ``current``: for what happens a million times.
  @inline(__always)
  package static func unretained<Result>(_ body: (ThreadContext) -> Result) -> Result {
    guard let pointer = pthread_getspecific(key) else { return body(current) }
    return Unmanaged<ThreadContext>.fromOpaque(pointer)._withUnsafeGuaranteedRef(body)
  }

  /// Gives the calling thread, which must not have worked with tensors yet, a context with its own pool.
  static func install(_ pool: BufferPool) {
    precondition(pthread_getspecific(key) == nil, "the thread has a pool already")
    pthread_setspecific(key, Unmanaged.passRetained(ThreadContext(pool: pool)).toOpaque())
  }

  /// The calling thread's context.
  package static var current: ThreadContext {
    if let pointer = pthread_getspecific(key) {
      return Unmanaged<ThreadContext>.fromOpaque(pointer).takeUnretainedValue()
    }
    let context = ThreadContext()
    pthread_setspecific(key, Unmanaged.passRetained(context).toOpaque())
    return context
  }
}
