import Foundation

/// What belongs to one thread: its buffer pool, how deeply differentiation is nested on it, and who helps it.
///
/// A context lives as long as its thread. Reaching it costs one `pthread_getspecific`.
package final class ThreadContext {
  /// Buffers that this thread has released and may use again.
  package let pool = BufferPool()
  /// The number of gradient and jvp transformations that are open on this thread.
  package var level: Int32 = 0
  /// Whether this thread uses fused primitives, where it has been told.
  package var fusion: Bool?
  /// The number of threads that work on this thread's task; see ``TaskTeam``.
  var teamWidth = 1

  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    pthread_key_create(&key) { pointer in
      guard let pointer = Optional(pointer) else { return }
      if let pointer { Unmanaged<ThreadContext>.fromOpaque(pointer).takeRetainedValue().pool.drain() }
    }
    return key
  }()

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
