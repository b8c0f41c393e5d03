/// A reference-counted buffer: the memory behind tensors.
///
/// Small ones come from the thread's pool, large ones from its arena. A buffer is written only while its maker alone holds it, and is
/// immutable from then on; so it may cross threads.
package final class Storage: @unchecked Sendable {
  package let pointer: UnsafeMutableRawPointer
  /// The size class in the pool, or the block in the arena.
  private let place: Int32
  private let arena: BlockArena?

  package init(byteCount: Int) {
    if byteCount >= BufferPool.largestSmall, let block = ThreadContext.unretained({ $0.pool.block(byteCount) }) {
      (pointer, place, arena) = block
    } else {
      let (index, bytes) = BufferPool.sizeClass(forBytes: byteCount)
      (place, arena) = (Int32(index), nil)
      pointer = ThreadContext.unretained { $0.pool.allocate(sizeClass: index, bytes: bytes) }
    }
  }

  deinit {
    if let arena {
      arena.release(place)
    } else {
      ThreadContext.unretained { $0.pool.release(pointer, sizeClass: Int(place)) }
    }
  }
}
