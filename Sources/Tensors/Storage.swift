/// A reference-counted buffer from the thread's pool: the memory behind tensors.
///
/// It is written only while its maker alone holds it, and is immutable from then on; so it may cross threads.
package final class Storage: @unchecked Sendable {
  package let pointer: UnsafeMutableRawPointer
  private let sizeClass: Int

  package init(byteCount: Int) {
    let (index, bytes) = BufferPool.sizeClass(forBytes: byteCount)
    sizeClass = index
    pointer = ThreadContext.current.pool.allocate(sizeClass: index, bytes: bytes)
  }

  deinit {
    ThreadContext.current.pool.release(pointer, sizeClass: sizeClass)
  }
}
