import Autodiff
import Foundation
import Tensors
import TestSupport
import Testing

private func scalar(_ value: Double) -> Tensor { Tensor(value, .float64) }

/// A derivative of a function of one number; reverse and forward accumulation.
private enum Mode: CaseIterable, Sendable {
  case reverse, forward

  func derivative(at point: Tensor, of function: (Tensor) -> Tensor) -> Tensor {
    switch self {
    case .reverse: return gradient(at: [point]) { function($0[0]) }[0]
    case .forward: return jvp(at: [point], along: [scalar(1)]) { [function($0[0])] }.tangents[0]
    }
  }
}

/// What the transformations promise beyond single primitives: nesting, independence, constants.
struct TransformTests {
  @Test(arguments: Mode.allCases, Mode.allCases)
  private func nestedDerivativesDoNotConfuseTheirPerturbations(_ outer: Mode, _ inner: Mode) {
    // d/dx [x · d/dy (x + y)] = 1 (Siskind & Pearlmutter 2005); with one perturbation for both it would be 2.
    let sum = outer.derivative(at: scalar(3)) { x in x * inner.derivative(at: scalar(1)) { y in x + y } }
    #expect(sum.item == 1)
    // d/dx [x · d/dy (x y²)] at y = 2 is d/dx 4x² = 8x.
    let product = outer.derivative(at: scalar(3)) { x in x * inner.derivative(at: scalar(2)) { y in x * y * y } }
    #expect(product.item == 24)
    // The inner derivative taken at the outer variable: d/dx [d/dy (x y³) at y = x] = d/dx 3x³ = 9x².
    let same = outer.derivative(at: scalar(2)) { x in inner.derivative(at: x) { y in x * y * y * y } }
    #expect(same.item == 36)
    // An inner derivative that does not see the outer variable is constant for it.
    let constant = outer.derivative(at: scalar(2)) { x in x * inner.derivative(at: scalar(5)) { y in y * y } }
    #expect(constant.item == 10)
  }

  @Test(arguments: Mode.allCases, Mode.allCases)
  private func thirdOrder(_ first: Mode, _ second: Mode) {
    for third in Mode.allCases {
      func derivative(_ point: Double, _ function: @escaping (Tensor) -> Tensor) -> Double {
        first.derivative(at: scalar(point)) { x in
          second.derivative(at: x) { y in third.derivative(at: y, of: function) }
        }.item
      }
      #expect(Tolerance.exact.accepts(derivative(0.7) { $0.power(5) }, 60 * 0.7 * 0.7))
      #expect(Tolerance.exact.accepts(derivative(0.7) { $0 * $0 * $0 * $0 }, 24 * 0.7))
      // (e^x sin x)''' = 2 e^x (cos x − sin x)
      #expect(Tolerance.exact.accepts(derivative(0.4) { $0.exp() * $0.sin() }, 2 * exp(0.4) * (cos(0.4) - sin(0.4))))
      // tanh''' = −2 (1 − t²)(1 − 3t²)
      let t = tanh(0.5)
      #expect(Tolerance.exact.accepts(derivative(0.5) { $0.tanh() }, -2 * (1 - t * t) * (1 - 3 * t * t)))
    }
  }

  @Test func thirdOrderOfANetworkIsTheDifference() {
    let shapes: [Shape] = [[2, 4, 4, 1], [3, 3, 1, 2], [2, 3]]
    let inputs = shapes.enumerated().map { TestInputs.any("third\($0)", $1) }
    let direction = shapes.enumerated().map { TestInputs.any("along\($0)", $1) }
    // A Hessian–vector product of a smooth network; its own derivatives are of third order.
    let checks = DerivativeChecks(at: inputs) { x in hvp(at: x, along: direction) { smoothNetwork($0).squared().sum() }.product }
    #expect(checks.gradient() == [])
    #expect(checks.directional() == [])
    #expect(checks.adjointIdentity() == [])
  }

  /// Leaving out what is not read does not change what is: the same bits, and right derivatives of its own.
  @Test func hessianVectorProductsWithoutTheGradient() {
    let shapes: [Shape] = [[2, 4, 4, 1], [3, 3, 1, 2], [2, 3], [3, 3, 1]]
    let inputs = shapes.enumerated().map { TestInputs.any("hvp\($0)", $1) }
    let directions = shapes.enumerated().map { TestInputs.any("hvp along\($0)", $1) }
    // Weights that are used twice, and once more in another way; ten uses of one value wait to be added up.
    let same = Window(kernel: 3, padding: 1)
    @Sendable func loss(_ x: [Tensor]) -> Tensor {
      let spread = x[0].depthwiseConvolved(with: x[3], same).depthwiseConvolved(with: x[3], same)
      let many = (1...10).reduce(smoothNetwork(x).squared().sum()) { $0 + (spread * Double($1)).tanh().sum() }
      return many + smoothNetwork([spread] + x[1...]).sum() + x[3].power(3).sum()
    }
    for wanted in [[0, 1, 2, 3], [1], [3]] {
      let along = directions.enumerated().map { wanted.contains($0) ? $1 : nil }
      let whole = hvp(at: inputs, along: along, of: loss).product
      let product = hessianVectorProduct(at: inputs, along: along, of: loss)
      #expect(whole.map(\.bytes) == product.map(\.bytes), "\(wanted)")
    }
    let checks = DerivativeChecks(at: inputs) { hessianVectorProduct(at: $0, along: directions, of: loss) }
    #expect(checks.gradient() == [])
    #expect(checks.directional() == [])
  }

  @Test func unusedInputsHaveZeroDerivatives() {
    let (used, unused) = (TestInputs.any("used", [3]), TestInputs.any("unused", [2, 2]))
    let (value, gradients) = valueAndGradient(at: [unused, used]) { $0[1].squared().sum() }
    #expect(value.item == used.doubles.reduce(0) { $0 + $1 * $1 })
    #expect(gradients[0].doubles == [0, 0, 0, 0] && gradients[0].shape == [2, 2])
    #expect(gradients[1].doubles == used.doubles.map { 2 * $0 })
    #expect(gradient(at: [unused]) { _ in scalar(4) }[0].doubles == [0, 0, 0, 0])
    let (outputs, tangents) = jvp(at: [unused], along: [unused]) { _ in [used] }
    #expect(outputs[0].doubles == used.doubles && tangents[0].doubles == [0, 0, 0])
    let (_, product) = hvp(at: [unused, used], along: [unused, used]) { $0[1].sum() }
    #expect(product.map(\.doubles) == [[0, 0, 0, 0], [0, 0, 0]])
  }

  @Test func aPointReturnedAsItIsHasTheIdentityAsDerivative() {
    let x = scalar(3)
    #expect(gradient(at: [x]) { $0[0] }[0].item == 1)
    let twice = vjp(at: [x]) { [$0[0], $0[0]] }
    #expect(twice.pullback([scalar(2), scalar(5)])[0]?.item == 7)
  }

  @Test(arguments: Mode.allCases)
  private func stoppedGradientsAreConstants(_ mode: Mode) {
    #expect(mode.derivative(at: scalar(3)) { $0 * $0.stopGradient() }.item == 3)
    #expect(mode.derivative(at: scalar(3)) { $0.stopGradient() }.item == 0)
    // Constant for the outer differentiation too.
    let outer = mode.derivative(at: scalar(3)) { x in mode.derivative(at: x) { $0 * $0.stopGradient() * $0 } }
    #expect(outer.item == 6)
  }

  @Test func pullbacksCanBeCalledAgain() {
    let x = TestInputs.any("x", [3, 4])
    let (outputs, pullback) = vjp(at: [x]) { [$0[0].tanh() * $0[0], $0[0].sum([0])] }
    let seeds = outputs.enumerated().map { TestInputs.any("seed\($0)", $1.shape) }
    let first = pullback(seeds)
    let zero = pullback(outputs.map { .zeros(like: $0) })
    let second = pullback(seeds)
    #expect(first[0]?.bytes == second[0]?.bytes)
    #expect(zero[0]?.doubles.allSatisfy { $0 == 0 } == true)
  }

  @Test func pullbacksCanBeDifferentiatedWithRespectToCotangents() {
    let x = TestInputs.any("x", [4])
    let (_, pullback) = vjp(at: [x]) { [$0[0].exp()] }
    // Jᵀ c = c e^x, so that d Σ (Jᵀ c)² / dc = 2 c e^2x.
    let c = TestInputs.any("c", [4])
    let slope = gradient(at: [c]) { c in (pullback(c)[0] ?? .zeros([4], .float64)).squared().sum() }[0]
    let expected = zip(c.doubles, x.exp().doubles).map { 2 * $0 * $1 * $1 }
    #expect(difference(slope.doubles, expected, .exact, "slope") == nil)
  }

  @Test func kinksHaveTheDerivativesThatAreDocumented() {
    let zero = scalar(0)
    #expect(gradient(at: [zero]) { $0[0].relu() }[0].item == 0)
    let none = gradient(at: [Tensor(shape: [3], [Double.nan, 1, -1])]) { $0[0].relu().sum() }[0].doubles
    #expect(none[0].isNaN && none[1] == 1 && none[2] == 0)
    #expect(gradient(at: [zero]) { $0[0].abs() }[0].item == 0)
    #expect(zero.sign().item == 0 && zero.step().item == 0)
    #expect(gradient(at: [zero, zero]) { $0[0].maximum($0[1]) }.map(\.item) == [0, 1])
    #expect(gradient(at: [zero, zero]) { $0[0].minimum($0[1]) }.map(\.item) == [0, 1])
    // Ties of a max pooling go to the first element of the window.
    let flat = Tensor.zeros([1, 2, 2, 1], .float64)
    #expect(gradient(at: [flat]) { $0[0].maxPooled(Window(kernel: 2)).sum() }[0].doubles == [1, 0, 0, 0])
  }

  @Test func anErrorLeavesTheNestingAsItWas() {
    struct Stop: Error {}
    let x = scalar(2)
    for _ in 0..<3 {
      #expect(throws: Stop.self) { try gradient(at: [x]) { x in try gradient(at: x) { _ in throw Stop() }[0] } }
      #expect(throws: Stop.self) { try jvp(at: [x], along: [x]) { _ in throw Stop() } }
      #expect(throws: Stop.self) { try vjp(at: [x]) { _ in throw Stop() } }
    }
    let outer = gradient(at: [x]) { x in
      do {
        return try gradient(at: x) { _ in throw Stop() }[0]
      } catch {
        return gradient(at: x) { $0[0] * $0[0] * $0[0] }[0]
      }
    }
    #expect(outer[0].item == 12)
  }

  @Test func valuesThatOutliveTheirDifferentiationAreConstants() {
    let x = scalar(3)
    let first = valueAndGradient(at: [x]) { x in (x[0] * x[0], x[0] * 2) }
    let kept = first.auxiliary
    #expect(first.gradient[0].item == 6 && kept.item == 6)
    // In another differentiation, as the left and the right operand.
    #expect(gradient(at: [x]) { kept * $0[0] }[0].item == 6)
    #expect(gradient(at: [x]) { $0[0] * kept }[0].item == 6)
    #expect(gradient(at: [x]) { _ in kept }[0].item == 0)
    #expect(jvp(at: [x], along: [scalar(1)]) { [kept * $0[0]] }.tangents[0].item == 6)
    #expect((kept * 2).item == 12)
    // From an inner differentiation into the outer one, which it depended on: there the dependence stays.
    let outer = gradient(at: [x]) { x in
      let inner = valueAndGradient(at: [scalar(5)]) { y in (y[0] * x[0], y[0] * x[0]) }
      return inner.auxiliary * x[0]
    }
    #expect(outer[0].item == 30)
  }

  @Test func threadsDifferentiateIndependently() throws {
    let inputs = (0..<16).map { TestInputs.any("thread\($0)", [4, 5]) }
    @Sendable func product(_ index: Int) -> [Double] {
      let result = hvp(at: [inputs[index]], along: [inputs[0]]) {
        matmul($0[0], $0[0].tanh(), transposeB: true).softmax().squared().sum()
      }
      return result.product[0].doubles
    }
    let alone = (0..<16).map(product)
    #expect(try parallelMap(16, threads: 4) { product($0) } == alone)
  }
}

/// A network without kinks: images, convolution weights and a linear layer to a vector for every image.
func smoothNetwork(_ inputs: [Tensor]) -> Tensor {
  let features = inputs[0].convolved(with: inputs[1], Window(kernel: 3, stride: 2, padding: 1)).tanh()
  let pooled = features.batchNormalized(epsilon: 0.1).output.averagePooled(Window(kernel: 2))
  return matmul(pooled.reshaped(to: [pooled.shape[0], pooled.shape[3]]), inputs[2]).softmax()
}
