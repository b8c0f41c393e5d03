import Autodiff
import Synchronization
import Tensors
import TestSupport
import Testing

/// A rematerialised function is the function, at every order and in every nesting.
struct RematerializationTests {
  private static let inputs = ([[2, 4, 4, 1], [3, 3, 1, 2], [2, 3]] as [Shape]).enumerated().map {
    TestInputs.any("remat\($0)", $1)
  }
  private static let directions = inputs.enumerated().map { TestInputs.any("direction\($0)", $1.shape) }

  @Sendable private static func network(_ x: [Tensor]) -> [Tensor] {
    let features = x[0].convolved(with: x[1], Window(kernel: 3, padding: 1)).relu()
    let pooled = features.maxPooled(Window(kernel: 2, stride: 2)).batchNormalized(epsilon: 0.1)
    return [matmul(pooled.output.mean([1, 2]), x[2]), pooled.reciprocalDeviation]
  }

  /// The same function, plain and rematerialised in several ways.
  static let variants: [TensorFunction] = [
    { rematerialize($0, network) },
    { rematerialize($0) { rematerialize($0, network) } },
    { x in
      let features = rematerialize([x[0], x[1]]) { x in
        [x[0].convolved(with: x[1], Window(kernel: 3, padding: 1)).relu().maxPooled(Window(kernel: 2, stride: 2))]
      }[0]
      let pooled = features.batchNormalized(epsilon: 0.1)
      return rematerialize([pooled.output, x[2], pooled.reciprocalDeviation]) { [matmul($0[0].mean([1, 2]), $0[1]), $0[2]] }
    },
  ]

  @Test(arguments: variants.indices) func equalsThePlainFunction(_ variant: Int) {
    let (function, inputs, v) = (Self.variants[variant], Self.inputs, Self.directions)
    let loss: @Sendable ([Tensor], TensorFunction) -> Tensor = { x, f in
      let y = f(x)
      return (y[0].squared().sum() * y[1].sum()).tanh()
    }
    #expect(differences(function(inputs), Self.network(inputs), .exact, "value") == [])
    let forward = (jvp(at: inputs, along: v, of: function).tangents, jvp(at: inputs, along: v, of: Self.network).tangents)
    #expect(differences(forward.0, forward.1, .exact, "jvp") == [])
    let slopes = (gradient(at: inputs) { loss($0, function) }, gradient(at: inputs) { loss($0, Self.network) })
    #expect(differences(slopes.0, slopes.1, .exact, "gradient") == [])
    let products = (
      hvp(at: inputs, along: v) { loss($0, function) }.product, hvp(at: inputs, along: v) { loss($0, Self.network) }.product
    )
    #expect(differences(products.0, products.1, .exact, "second order, forward over reverse") == [])
    let reverse = gradient(at: inputs) { x in
      zip(gradient(at: x) { loss($0, function) }, v).reduce(Tensor(0.0, .float64)) { $0 + dot($1.0, $1.1) }
    }
    #expect(differences(reverse, products.1, .exact, "second order, reverse over reverse") == [])
    let third = (
      gradient(at: inputs) { dot(hvp(at: $0, along: v) { loss($0, function) }.product[1], v[1]) },
      gradient(at: inputs) { dot(hvp(at: $0, along: v) { loss($0, Self.network) }.product[1], v[1]) }
    )
    #expect(differences(third.0, third.1, .exact, "third order") == [])
  }

  @Test func evaluatesOnceMoreForAGradient() {
    let counter = Counter()
    let function: TensorFunction = { x in
      counter.increase()
      return [x[0].squared()]
    }
    let x = TestInputs.any("x", [3])
    _ = rematerialize([x], function)
    #expect(counter.count == 1)
    let slope = gradient(at: [x]) { rematerialize($0, function)[0].sum() }
    #expect(counter.count == 3)
    #expect(slope[0].doubles == x.doubles.map { 2 * $0 })
  }

  @Test func closingOverATracedTensorIsRefused() async {
    // Observed, so that what a process says when it ends by a precondition does not stand between the lines of the tests.
    await #expect(processExitsWith: .failure, observing: [\.standardErrorContent, \.standardOutputContent]) {
      let x = Tensor(2.0, .float64)
      _ = gradient(at: [x, x]) { x in
        let outer = x[1]
        return rematerialize([x[0]]) { [$0[0] * outer] }[0]
      }
    }
  }
}

private final class Counter: Sendable {
  private let value = Atomic<Int>(0)
  var count: Int { value.load(ordering: .relaxed) }
  func increase() { value.add(1, ordering: .relaxed) }
}
