import Basics
import Foundation
import Tensors
import Testing

struct BlockArenaTests {
  /// A block as the arena gave it out.
  private struct Held {
    var start: UInt
    var bytes: Int
    var index: BlockArena.Index
    var mark: UInt8
  }

  private func arena(_ bytes: Int = 1 << 30) throws -> BlockArena {
    try #require(BlockArena(reserving: bytes), "the system reserves no addresses")
  }

  @Test func blocksNeverOverlapAndAllJoinAgain() throws {
    let arena = try arena()
    var random = Philox(seed: 7)
    var held: [Held] = []
    for round in 0..<4000 {
      let wantsMore = held.count < 60 && (held.isEmpty || random.next() % 100 < 55)
      if wantsMore {
        let bytes = 1 + Int(random.next() % 300_000)
        let block = try #require(arena.allocate(bytes))
        let mark = UInt8(truncatingIfNeeded: round)
        memset(block.pointer, Int32(mark), bytes)
        held.append(Held(start: UInt(bitPattern: block.pointer), bytes: bytes, index: block.index, mark: mark))
      } else {
        let block = held.remove(at: Int(random.next() % UInt64(held.count)))
        let bytes = UnsafeBufferPointer(
          start: UnsafePointer<UInt8>(bitPattern: block.start), count: block.bytes)
        #expect(bytes.allSatisfy { $0 == block.mark }, "another block wrote to this one")
        arena.release(block.index)
      }
      #expect(arena.bytesInUse == held.reduce(0) { $0 + BlockArena.blockSize(forBytes: $1.bytes) })
    }
    let sorted = held.sorted { $0.start < $1.start }
    for (first, second) in zip(sorted, sorted.dropFirst()) { #expect(first.start + UInt(first.bytes) <= second.start) }
    for block in held { arena.release(block.index) }
    #expect(arena.bytesInUse == 0 && arena.blockCount == 1, "\(arena.blockCount) blocks are left")
    // All that was ever covered is one block again.
    let whole = try #require(arena.allocate(arena.coveredBytes))
    #expect(whole.added == 0)
  }

  /// What a cache by size could not do: the memory of many small buffers serves a few large ones, and the other way round.
  @Test func phasesOfDifferentSizesShareMemory() throws {
    let arena = try arena()
    func phase(_ count: Int, _ bytes: Int) throws {
      let blocks = try (0..<count).map { _ in try #require(arena.allocate(bytes)).index }
      for index in blocks { arena.release(index) }
    }
    try phase(100, 100_000)
    let covered = arena.coveredBytes
    for _ in 0..<5 {
      try phase(9, 1_000_000)
      try phase(100, 100_000)
      try phase(30, 300_000)
    }
    #expect(arena.coveredBytes == covered)
    #expect(covered == 100 * BlockArena.blockSize(forBytes: 100_000))
  }

  @Test func theSmallestBlockThatFitsIsTaken() throws {
    let arena = try arena()
    let sizes = [500_000, 64_000, 200_000, 64_000, 300_000, 64_000]
    let blocks = try sizes.map { try #require(arena.allocate($0)) }
    for place in [0, 2, 4] { arena.release(blocks[place].index) }
    let taken = try #require(arena.allocate(190_000))
    #expect(taken.pointer == blocks[2].pointer && taken.added == 0)
  }

  @Test func aFullArenaSaysSo() throws {
    let arena = try arena(1 << 26)
    #expect(arena.allocate(1 << 27) == nil)
    let block = try #require(arena.allocate(1 << 25))
    #expect(arena.allocate(1 << 26) == nil && arena.bytesInUse == BlockArena.blockSize(forBytes: 1 << 25))
    arena.release(block.index)
    #expect(arena.bytesInUse == 0)
  }

  /// Without addresses to reserve, as under `ulimit -v`, buffers come from the allocator of the system.
  @Test func worksUnderALimitOnAddresses() async {
    await #expect(processExitsWith: .success) {
      var limit = rlimit(rlim_cur: 8 << 30, rlim_max: 8 << 30)
      #expect(setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0)
      #expect(BlockArena() == nil)
      let tensors = (0..<20).map { Tensor(repeating: Double($0), shape: [100_000], .float64) }
      for (number, tensor) in tensors.enumerated() { #expect(tensor.doubles.allSatisfy { $0 == Double(number) }) }
    }
  }
}
