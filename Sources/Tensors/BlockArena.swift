import Foundation
import Synchronization

/// Memory for large buffers: one range of addresses, split into blocks on request, and merged again as they are returned.
///
/// A few-shot task goes through phases whose buffers differ in size (five support images, then seventy-five query images). A cache by
/// size would keep the buffers of all phases; here a later phase uses what an earlier one has left, so that memory is bounded by the
/// largest phase and not by their sum. The range is reserved once and becomes memory where it is touched.
///
/// The smallest block that fits is taken, the lowest of equals, so that what is in use stays together.
package final class BlockArena: Sendable {
  /// Blocks are whole multiples of this, in bytes: an odd number of cache lines, so that kernels which read the same element of many
  /// buffers at once do not want the same lines of the cache for all of them, as they would if buffers started with pages.
  static let granularity = 17 * 64
  /// Pages become usable in steps of this many bytes.
  private static let step = 64 << 20

  /// A block's place in the table.
  package typealias Index = Int32

  fileprivate struct Block {
    var offset: Int
    var bytes: Int
    var isFree: Bool
    /// The neighbours in the order of addresses; -1 for none.
    var before: Index
    var after: Index
  }

  fileprivate struct Blocks {
    var table: [Block] = []
    /// Places in the table that no block has.
    var vacant: [Index] = []
    /// Free blocks, by size and then address.
    var free: [Index] = []
    var last: Index = -1
    /// Bytes from the start that blocks cover: the most that was ever in use.
    var covered = 0
    /// Bytes from the start that may be touched.
    var usable = 0
    /// Bytes of blocks in use.
    var inUse = 0
  }

  private let base: UInt
  private let reserved: Int
  private let blocks = Mutex(Blocks())

  /// Reserves addresses, not memory; `nil` if the system refuses, as under a limit on address space.
  package init?(reserving bytes: Int = BlockArena.defaultReservation) {
    let size = (max(1, bytes) + BlockArena.step - 1) / BlockArena.step * BlockArena.step
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
    guard let address = mmap(nil, size, PROT_NONE, flags, -1, 0), address != MAP_FAILED else { return nil }
    // Large pages, where the system has them: a step touches a gigabyte, and misses fewer translations this way.
    _ = madvise(address, size, MADV_HUGEPAGE)
    base = UInt(bitPattern: address)
    reserved = size
  }

  deinit { munmap(UnsafeMutableRawPointer(bitPattern: base), reserved) }

  /// Twice the machine's memory: what an arena could never fill.
  package static var defaultReservation: Int {
    2 * max(1 << 20, sysconf(Int32(_SC_PHYS_PAGES))) * max(4096, sysconf(Int32(_SC_PAGESIZE)))
  }

  /// The size of a block for `bytes` bytes.
  package static func blockSize(forBytes bytes: Int) -> Int {
    (max(1, bytes) + granularity - 1) / granularity * granularity
  }

  /// The bytes of all blocks, used or not: what the arena has of the machine's memory, if all of it was touched.
  package var coveredBytes: Int { blocks.withLock { $0.covered } }
  /// The bytes of the blocks in use.
  package var bytesInUse: Int { blocks.withLock { $0.inUse } }
  /// The number of blocks, used or not.
  package var blockCount: Int { blocks.withLock { $0.table.count - $0.vacant.count } }

  /// A block of at least `bytes` bytes.
  ///
  /// - Returns: its address, its index for ``release(_:)``, and by how many bytes the arena had to grow for it; `nil` if it cannot.
  /// - Complexity: O(log n) in the number of free blocks, and moving that many 32-bit numbers.
  package func allocate(_ bytes: Int) -> (pointer: UnsafeMutableRawPointer, index: Index, added: Int)? {
    let size = BlockArena.blockSize(forBytes: bytes)
    let found = blocks.withLock { state -> (offset: Int, index: Index, added: Int)? in
      let place = state.firstFree(ofAtLeast: size)
      if place < state.free.count {
        let index = state.free.remove(at: place)
        state.split(index, size)
        state.inUse += size
        return (state.table[Int(index)].offset, index, 0)
      }
      let covered = state.covered
      return grow(&state, size).map { ($0.offset, $0.index, state.covered - covered) }
    }
    guard let found, let pointer = UnsafeMutableRawPointer(bitPattern: base + UInt(found.offset)) else { return nil }
    return (pointer, found.index, found.added)
  }

  /// Gives a block back.
  package func release(_ index: Index) {
    blocks.withLock { state in
      state.inUse -= state.table[Int(index)].bytes
      state.table[Int(index)].isFree = true
      state.join(index)
    }
  }

  /// A block at the end of what is covered, which the last block becomes a part of if it is free.
  private func grow(_ state: inout Blocks, _ size: Int) -> (offset: Int, index: Index)? {
    var index = state.last
    let extends = index >= 0 && state.table[Int(index)].isFree
    let missing = extends ? size - state.table[Int(index)].bytes : size
    let needed = state.covered + missing
    guard needed <= reserved else { return nil }
    if needed > state.usable {
      let target = min(reserved, (needed + BlockArena.step - 1) / BlockArena.step * BlockArena.step)
      let start = UnsafeMutableRawPointer(bitPattern: base + UInt(state.usable))
      guard mprotect(start, target - state.usable, PROT_READ | PROT_WRITE) == 0 else { return nil }
      state.usable = target
    }
    if extends {
      state.free.remove(at: state.place(of: index))
      state.table[Int(index)].bytes = size
      state.table[Int(index)].isFree = false
    } else {
      index = state.add(Block(offset: state.covered, bytes: size, isFree: false, before: state.last, after: -1))
      if state.last >= 0 { state.table[Int(state.last)].after = index }
      state.last = index
    }
    state.covered = needed
    state.inUse += size
    return (state.table[Int(index)].offset, index)
  }
}

extension BlockArena.Blocks {
  /// Whether a free block comes before a size and an address in the list.
  private func precedes(_ index: BlockArena.Index, _ bytes: Int, _ offset: Int) -> Bool {
    let block = table[Int(index)]
    return block.bytes != bytes ? block.bytes < bytes : block.offset < offset
  }

  private func lowerBound(_ bytes: Int, _ offset: Int) -> Int {
    var (low, high) = (0, free.count)
    while low < high {
      let middle = (low + high) / 2
      if precedes(free[middle], bytes, offset) { low = middle + 1 } else { high = middle }
    }
    return low
  }

  fileprivate func firstFree(ofAtLeast bytes: Int) -> Int { lowerBound(bytes, -1) }

  fileprivate func place(of index: BlockArena.Index) -> Int { lowerBound(table[Int(index)].bytes, table[Int(index)].offset) }

  fileprivate mutating func add(_ block: BlockArena.Block) -> BlockArena.Index {
    if let index = vacant.popLast() {
      table[Int(index)] = block
      return index
    }
    table.append(block)
    return BlockArena.Index(table.count - 1)
  }

  /// Uses the first `size` bytes of a block and leaves the rest as a free one.
  fileprivate mutating func split(_ index: BlockArena.Index, _ size: Int) {
    let block = table[Int(index)]
    table[Int(index)].isFree = false
    guard block.bytes > size else { return }
    let rest = add(
      BlockArena.Block(
        offset: block.offset + size, bytes: block.bytes - size, isFree: true, before: index, after: block.after))
    table[Int(index)].bytes = size
    table[Int(index)].after = rest
    if block.after >= 0 { table[Int(block.after)].before = rest } else { last = rest }
    free.insert(rest, at: place(of: rest))
  }

  /// Lists a free block, as one with the free blocks beside it.
  fileprivate mutating func join(_ index: BlockArena.Index) {
    var index = index
    let (before, after) = (table[Int(index)].before, table[Int(index)].after)
    if after >= 0 && table[Int(after)].isFree {
      free.remove(at: place(of: after))
      absorb(after, into: index)
    }
    if before >= 0 && table[Int(before)].isFree {
      free.remove(at: place(of: before))
      absorb(index, into: before)
      index = before
    }
    free.insert(index, at: place(of: index))
  }

  private mutating func absorb(_ block: BlockArena.Index, into other: BlockArena.Index) {
    let gone = table[Int(block)]
    table[Int(other)].bytes += gone.bytes
    table[Int(other)].after = gone.after
    if gone.after >= 0 { table[Int(gone.after)].before = other } else { last = other }
    vacant.append(block)
  }
}
