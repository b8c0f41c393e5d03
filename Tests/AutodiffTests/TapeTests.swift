import Autodiff
import Foundation
import Tensors
import TestSupport
import Testing

/// What recording a computation costs in stack and memory.
struct TapeTests {
  private static let length = 100_000

  /// Runs a body on a thread whose stack is small, and gives its result.
  private static func onSmallStack(_ body: @escaping @Sendable () -> Double) -> Double {
    let result = Box()
    let done = DispatchSemaphore(value: 0)
    let thread = Thread {
      result.value = body()
      done.signal()
    }
    thread.stackSize = 512 * 1024
    thread.start()
    done.wait()
    return result.value
  }

  private final class Box: @unchecked Sendable {
    var value = Double.nan  // written before the semaphore is signalled, read after
  }

  @Test func longChainsNeedNoStack() {
    // x ↦ x + Σ 1/n, whose derivative is 1.
    let slope = Self.onSmallStack {
      gradient(at: [Tensor(2.0, .float64)]) { x in (0..<Self.length).reduce(x[0]) { y, _ in y + 1e-5 } }[0].item
    }
    #expect(slope == 1)
  }

  @Test func longChainsThatAreNeverPulledBackAreReleased() {
    let value = Self.onSmallStack {
      vjp(at: [Tensor(2.0, .float64)]) { x in [(0..<Self.length).reduce(x[0]) { y, _ in y.squared().sqrt() }] }.outputs[0].item
    }
    #expect(value == 2)
  }

  @Test func longChainsForwards() {
    let slope = Self.onSmallStack {
      let one = Tensor(1.0, .float64)
      return jvp(at: [one], along: [one]) { x in [(0..<Self.length).reduce(x[0]) { y, _ in y * x[0] }] }.tangents[0].item
    }
    #expect(slope == Double(Self.length + 1))
  }

  @Test func longChainsOfSecondOrder() {
    // (x^n)'' = n (n − 1) at 1.
    let n = 10_000
    let curvature = Self.onSmallStack {
      gradient(at: [Tensor(1.0, .float64)]) { x in
        gradient(at: x) { x in (1..<n).reduce(x[0]) { y, _ in y * x[0] } }[0]
      }[0].item
    }
    #expect(curvature == Double(n) * Double(n - 1))
  }

  /// Buffer statistics are the process's, so this runs in a process of its own.
  @Test func aStepReusesTheMemoryOfTheLastOne() async {
    await #expect(processExitsWith: .success) {
      struct Stop: Error {}
      let inputs = ([[2, 4, 4, 1], [3, 3, 1, 2], [2, 3]] as [Shape]).enumerated().map { TestInputs.any("pool\($0)", $1) }
      let loss: @Sendable ([Tensor]) -> Tensor = { x in
        let y = rematerialize(x) { [smoothNetwork($0)] }[0]
        let pooled = x[0].relu().maxPooled(Window(kernel: 2, stride: 2))
        return (y.squared().sum() * pooled.sum()).tanh()
      }
      let steps: [(String, () -> Void)] = [
        ("gradient", { _ = gradient(at: inputs, of: loss) }),
        ("hvp", { _ = hvp(at: inputs, along: inputs, of: loss) }),
        ("gradient of gradient", { _ = gradient(at: inputs) { gradient(at: $0, of: loss)[1].squared().sum() } }),
        ("pullback", { _ = vjp(at: inputs) { [loss($0)] }.pullback([Tensor(1.0, .float64)]) }),
        ("no pullback", { _ = vjp(at: inputs) { [loss($0)] } }),
        ("auxiliary", { _ = valueAndGradient(at: inputs) { (loss($0), smoothNetwork($0)) } }),
        (
          "error",
          {
            _ = try? gradient(at: inputs) { x in
              _ = loss(x)
              throw Stop()
            }
          }
        ),
      ]
      for (name, step) in steps {
        for _ in 0..<3 { step() }
        let before = (BufferPool.systemAllocations, BufferPool.systemBytes)
        for _ in 0..<20 { step() }
        let after = (BufferPool.systemAllocations, BufferPool.systemBytes)
        #expect(before == after, "\(name) asked the system for memory again")
      }
      #expect(BufferPool.systemAllocations > 0)
    }
  }
}
