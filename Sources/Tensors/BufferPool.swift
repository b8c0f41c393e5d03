import CKernels
import Foundation
import Synchronization

/// Where a thread's buffers come from, so that a training step reuses the last step's memory.
///
/// Small buffers are cached by size class (powers of two and three halves of them). A thread that frees more than it allocates (the
/// reducer of a meta-batch) hands its surplus to a depot that all threads share, so that memory is bounded by the peak in use, not by
/// the number of steps. Large ones are blocks of a ``BlockArena``, which the thread takes over from one that has ended, if it can.
package final class BufferPool {
  /// Alignment of every buffer, in bytes: a cache line, and an AVX-512 register.
  static let alignment = 64
  /// Bytes from which on a buffer comes from the arena: what its kernel does takes far longer than finding a block.
  static let largestSmall = 1 << 16
  private static let classCount = 128
  private static let localLimit = 512

  /// Released buffers of one size, each of which holds the address of the next.
  private struct FreeList: @unchecked Sendable {
    private var first: UnsafeMutableRawPointer?
    private(set) var count = 0

    @inline(__always)
    mutating func push(_ pointer: UnsafeMutableRawPointer) {
      pointer.storeBytes(of: first, as: UnsafeMutableRawPointer?.self)
      first = pointer
      count += 1
    }

    @inline(__always)
    mutating func pop() -> UnsafeMutableRawPointer? {
      guard let pointer = first else { return nil }
      first = pointer.load(as: UnsafeMutableRawPointer?.self)
      count -= 1
      return pointer
    }
  }

  /// One per size class. In separate memory: a property would be checked for overlapping accesses at every buffer.
  private let free: UnsafeMutablePointer<FreeList> = {
    let lists = UnsafeMutablePointer<FreeList>.allocate(capacity: BufferPool.classCount)
    lists.initialize(repeating: FreeList(), count: BufferPool.classCount)
    return lists
  }()

  private struct Depot: @unchecked Sendable {
    var free = Array(repeating: FreeList(), count: BufferPool.classCount)
    /// Arenas of threads that have ended.
    var arenas: [BlockArena] = []
  }
  private static let depot = Mutex(Depot())

  private static let mallocCount = Atomic<Int>(0)
  private static let mallocBytes = Atomic<Int>(0)

  /// Buffers that were asked of the operating system so far, on all threads; it stands still in steady state.
  package static var systemAllocations: Int { mallocCount.load(ordering: .relaxed) }
  /// Bytes that were asked of the operating system so far and are held by the pools or in use.
  package static var systemBytes: Int { mallocBytes.load(ordering: .relaxed) }

  /// The size class for a request, and the bytes that a buffer of it has.
  @inline(__always)
  package static func sizeClass(forBytes bytes: Int) -> (index: Int, bytes: Int) {
    if bytes <= 64 { return (0, 64) }
    let log = Int.bitWidth - 1 - (bytes - 1).leadingZeroBitCount  // 2^log < bytes <= 2^(log+1)
    let middle = (1 << log) + (1 << (log - 1))
    if bytes <= middle { return (2 * (log - 6) + 1, middle) }
    return (2 * (log - 6) + 2, 1 << (log + 1))
  }

  /// Whether the pool takes nothing of what other threads left and leaves nothing behind; see ``MeasuredPool``.
  private let isIsolated: Bool
  /// Bytes that this pool asked of the operating system.
  private(set) var requestedBytes = 0

  init(isolated: Bool = false) { isIsolated = isolated }

  private var arena: BlockArena?
  /// Whether reserving an arena failed; large buffers are then cached like small ones.
  private var isWithoutArena = false

  /// A block for a large buffer; `nil` if the system gives no addresses for an arena, or the arena is full.
  func block(_ bytes: Int) -> (UnsafeMutableRawPointer, BlockArena.Index, BlockArena)? {
    if arena == nil && !isWithoutArena {
      arena = (isIsolated ? nil : BufferPool.depot.withLock { $0.arenas.popLast() }) ?? BlockArena()
      isWithoutArena = arena == nil
    }
    guard let arena, let block = arena.allocate(bytes) else { return nil }
    if block.added > 0 {
      requestedBytes += block.added
      BufferPool.mallocCount.add(1, ordering: .relaxed)
      BufferPool.mallocBytes.add(block.added, ordering: .relaxed)
    }
    return (block.pointer, block.index, arena)
  }

  /// Returns the arena for the next thread that needs one, when a piece of parallel work is done.
  ///
  /// The system's pool of threads has more of them than work at once, and wakes now one, now another: an arena for each would add up.
  /// Its buffers that are still in use return automatically.
  func lendArena() {
    guard let own = arena, !isIsolated else { return }
    arena = nil
    BufferPool.depot.withLock { $0.arenas.append(own) }
  }

  func allocate(sizeClass index: Int, bytes: Int) -> UnsafeMutableRawPointer {
    if let pointer = free[index].pop() { return pointer }
    if !isIsolated {
      let shared = BufferPool.depot.withLock { depot in SendablePointer(depot.free[index].pop()) }
      if let pointer = shared.pointer { return pointer }
    }
    requestedBytes += bytes
    BufferPool.mallocCount.add(1, ordering: .relaxed)
    BufferPool.mallocBytes.add(bytes, ordering: .relaxed)
    return UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: BufferPool.alignment)
  }

  func release(_ pointer: UnsafeMutableRawPointer, sizeClass index: Int) {
    if free[index].count < BufferPool.localLimit {
      free[index].push(pointer)
    } else {
      let shared = SendablePointer(pointer)
      BufferPool.depot.withLock { depot in
        if let pointer = shared.pointer { depot.free[index].push(pointer) }
      }
    }
  }

  /// Hands everything to the depot, or back to the system if it is isolated; called when the thread ends.
  func drain() {
    if isIsolated {
      BufferPool.mallocBytes.subtract(requestedBytes, ordering: .relaxed)
      requestedBytes = 0
      for index in 0..<BufferPool.classCount {
        while let pointer = free[index].pop() { pointer.deallocate() }
      }
      arena = nil
      return
    }
    let own = arena
    let surplus = (0..<BufferPool.classCount).map { index in
      defer { free[index] = FreeList() }
      return free[index]
    }
    BufferPool.depot.withLock { depot in
      for (index, var list) in surplus.enumerated() {
        while let pointer = list.pop() { depot.free[index].push(pointer) }
      }
      if let own { depot.arenas.append(own) }
    }
    arena = nil
  }

  deinit { free.deallocate() }

  private struct SendablePointer: @unchecked Sendable {
    let pointer: UnsafeMutableRawPointer?
    init(_ pointer: UnsafeMutableRawPointer?) { self.pointer = pointer }
  }
}
