import Basics
import CKernels
import Tensors
import Testing

/// Kernels that several threads of one task share give the same bits as on one thread.
struct TaskTeamTests {
  private struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var compute: @Sendable () -> Tensor
  }

  private static func values(_ shape: Shape, _ seed: UInt64) -> Tensor {
    var random = Philox(seed: seed)
    return Tensor(shape: shape, (0..<shape.count).map { _ in Float(random.next() >> 40) / Float(1 << 23) - 1 })
  }

  /// Convolutions that go by one matrix product, by Winograd, by the kernels for few channels and by im2col; with odd sizes.
  private static let convolutions: [Case] = [
    (channels: 24, outputs: 40, window: Window(kernel: 1)), (16, 32, Window(kernel: 3, padding: 1)),
    (1, 16, Window(kernel: 3, padding: 1)), (3, 8, Window(kernel: 3, stride: 2, padding: 1)),
    (20, 24, Window(kernel: 5, stride: 2, padding: 2)), (600, 900, Window(kernel: 1)),
  ].flatMap { channels, outputs, window -> [Case] in
    let shape: Shape = [7, channels > 100 ? 5 : 21, 19, channels]
    let x = values(shape, 1)
    let w = values([window.kernelHeight, window.kernelWidth, channels, outputs], 2)
    let dy = values(window.outputShape(images: shape, outputChannels: outputs), 3)
    let name = "\(channels) to \(outputs) channels, \(window.kernelHeight)x\(window.kernelWidth), stride \(window.stride)"
    return [
      Case(testDescription: "convolution, \(name)") { Kernel.conv2D(x, w, window) },
      Case(testDescription: "input gradient, \(name)") { Kernel.conv2DInputGradient(dy, w, window, inputShape: shape) },
      Case(testDescription: "weight gradient, \(name)") { Kernel.conv2DWeightGradient(x, dy, window) },
    ]
  }

  private static let copies: [Case] = {
    let (x, y) = (values([7, 21, 19, 20], 4), values([7, 21, 19, 12], 5))
    let strides = [21 * 19 * 20, 19 * 20, 20, 1]
    return [
      Case(testDescription: "concatenation of channels") { Kernel.concatenate([x, y], axis: 3) },
      Case(testDescription: "slice of channels") { Kernel.gather(x, offset: 5, shape: [7, 21, 19, 9], strides: strides) },
      Case(testDescription: "slice put back") { Kernel.scatter(y, into: x.shape, offset: 3, strides: strides) },
      Case(testDescription: "elementwise") { Kernel.unary(AP_TANH, x) },
    ]
  }()

  @Test(arguments: convolutions + copies) private func threadsDoNotChangeBits(_ row: Case) {
    let alone = row.compute().floats
    #expect(alone.contains { $0 != 0 })
    for threads in 2...5 {
      #expect(TaskTeam.withThreads(threads, row.compute).floats == alone, "\(threads) threads")
    }
  }
}
