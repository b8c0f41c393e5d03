import Foundation
import Tensors
import Testing

struct BufferPoolTests {
  @Test func sizeClassesFit() {
    var last = (index: -1, bytes: 0)
    var sizes = Array(0...5000)
    for exponent in 13...40 {
      let (power, middle) = (1 << exponent, 3 << (exponent - 1))
      sizes += [power - 1, power, power + 1, middle, middle + 1]
    }
    for size in sizes {
      let (index, bytes) = BufferPool.sizeClass(forBytes: size)
      #expect(bytes >= size && bytes % 32 == 0)
      // At most a third of a buffer is unused, once it is larger than the smallest.
      #expect(size <= 64 || 3 * (bytes - size) <= bytes, "\(bytes) bytes for \(size)")
      #expect(index >= last.index && bytes >= last.bytes)
      #expect((index == last.index) == (bytes == last.bytes), "one class of two sizes, or two of one, at \(size)")
      last = (index, bytes)
    }
  }

  @Test(arguments: [1, 63, 64, 65, 1000, 100_000]) func buffersAreAligned(_ bytes: Int) {
    let buffers = (0..<4).map { _ in Storage(byteCount: bytes) }
    #expect(buffers.allSatisfy { Int(bitPattern: $0.pointer) % 64 == 0 })
    #expect(Set(buffers.map(\.pointer)).count == 4)
    // All of it can be written.
    for buffer in buffers { memset(buffer.pointer, 0xA5, bytes) }
  }

  @Test func aReleasedBufferIsUsedAgain() {
    // A size class that no other test asks for, so that the depot has none of it.
    let bytes = 50_000
    func make() -> UnsafeMutableRawPointer { Storage(byteCount: bytes).pointer }
    let first = make()
    #expect(make() == first)
    let held = Storage(byteCount: bytes)
    #expect(held.pointer == first)
    let other = Storage(byteCount: bytes)
    #expect(other.pointer != first)
    // Of the same class, of another one.
    #expect(BufferPool.sizeClass(forBytes: bytes + 1) == BufferPool.sizeClass(forBytes: bytes))
    let larger = Storage(byteCount: 4 * bytes)
    #expect(larger.pointer != first && larger.pointer != other.pointer)
    withExtendedLifetime((held, other, larger)) {}
  }

  @Test func tensorsShareAndKeepTheirBuffers() {
    let tensor = Tensor(shape: [3], [1.0, 2, 3])
    let copy = tensor
    #expect(copy.body === tensor.body)
    var kept: Tensor? = tensor
    let reshaped = kept.map { Kernel.reshape($0, [3, 1]) }
    kept = nil
    for _ in 0..<10 { _ = Tensor(shape: [3], [9.0, 9, 9]) }
    #expect(reshaped?.doubles == [1, 2, 3])
  }

  /// Statistics are the process's, so this runs in a process of its own.
  @Test func memoryIsBoundedWhenAnotherThreadReleasesIt() async {
    await #expect(processExitsWith: .success) {
      func round(_ count: Int) {
        let made = (0..<count).map { Tensor(shape: [100], [Double](repeating: Double($0), count: 100)) }
        let box = Handover(tensors: made)
        let thread = Thread { box.release() }
        thread.start()
        box.released.wait()
      }
      round(2000)
      usleep(50_000)  // the other thread hands its buffers on when it ends
      let before = BufferPool.systemAllocations
      for _ in 0..<20 {
        round(2000)
        usleep(20_000)
      }
      #expect(before >= 2000 && BufferPool.systemAllocations - before < 2000, "\(BufferPool.systemAllocations - before) more")
    }
  }

  /// Large buffers are those of as many threads as work at once, however many threads take turns.
  @Test func threadsThatTakeTurnsShareMemory() async {
    await #expect(processExitsWith: .success) {
      let bytes = 4 << 20
      func onAThreadOfItsOwn() {
        let done = DispatchSemaphore(value: 0)
        let thread = Thread {
          _ = try? parallelMap(2, threads: 2) { _ in Int(bitPattern: Storage(byteCount: bytes).pointer) }
          done.signal()
          sleep(60)  // the thread stays, with whatever it holds
        }
        thread.start()
        done.wait()
      }
      for _ in 0..<12 { onAThreadOfItsOwn() }
      #expect(BufferPool.systemBytes >= bytes && BufferPool.systemBytes < 4 * bytes, "\(BufferPool.systemBytes) bytes")
    }
  }

  @Test func tensorsCrossThreads() throws {
    let inputs = (0..<64).map { Tensor(shape: [1000], [Double](repeating: Double($0), count: 1000)) }
    for _ in 0..<20 {
      let made = try parallelMap(64, threads: 8) { index in
        // Reads a tensor of another thread, makes some that die here and one that dies there.
        let sum = inputs[index].doubles.reduce(0, +)
        _ = (0..<10).map { Tensor(repeating: Double($0), shape: [1000], .float64) }
        return Tensor(repeating: sum, shape: [1000], .float64)
      }
      for (index, tensor) in made.enumerated() {
        #expect(tensor.doubles.allSatisfy { $0 == 1000 * Double(index) })
      }
    }
  }
}

/// Tensors that one thread makes and another releases.
private final class Handover: @unchecked Sendable {
  private var tensors: [Tensor]
  let released = DispatchSemaphore(value: 0)

  init(tensors: [Tensor]) { self.tensors = tensors }

  func release() {
    tensors = []
    released.signal()
  }
}
