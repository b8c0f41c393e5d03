/// A reference-counted buffer from the thread's pool: the memory behind tensors.
///
/// It is written only while its maker alone holds it, and is immutable from then on; so it may cross threads.
package final class Storage: @unchecked Sendable {
  package let pointer: UnsafeMutableRawPointer
  private let sizeClass: Int
  /// The buffer that this one is a part of.
  private let whole: Storage?

  package init(byteCount: Int) {
    let (index, bytes) = BufferPool.sizeClass(forBytes: byteCount)
    sizeClass = index
    whole = nil
    pointer = ThreadContext.current.pool.allocate(sizeClass: index, bytes: bytes)
  }

  /// A part of another buffer, which lives at least as long.
  init(part whole: Storage, offset: Int) {
    sizeClass = -1
    self.whole = whole
    pointer = whole.pointer + offset
  }

  deinit {
    if whole == nil { ThreadContext.current.pool.release(pointer, sizeClass: sizeClass) }
  }
}
