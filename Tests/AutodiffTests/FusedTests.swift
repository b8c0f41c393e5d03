import Autodiff
import CKernels
import Tensors
import TestSupport
import Testing

/// Fused primitives against the compositions that define them: value, gradient and second order, in both element types.
struct FusedTests {
  static let cases = MixedSumCase.all + MixedSumCase.large

  /// Largest difference, relative to the largest element.
  static func tolerance(_ type: ElementType) -> Double { type == .float64 ? 1e-12 : 1e-5 }

  static func errors(_ type: ElementType, _ compute: () -> [Tensor]) -> [Double] {
    let fused = Fusion.with(enabled: true, compute)
    let plain = Fusion.with(enabled: false, compute)
    return zip(fused, plain).map { relativeError($0, $1) }
  }

  @Test(arguments: cases, [ElementType.float32, .float64])
  func valueIsTheCompositions(_ mixture: MixedSumCase, _ type: ElementType) {
    let errors = Self.errors(type) { [mixture.sum(mixture.inputs(type))] }
    #expect(errors.allSatisfy { $0 <= Self.tolerance(type) }, "\(mixture.title): \(errors)")
  }

  @Test(arguments: cases, [ElementType.float32, .float64])
  func gradientIsTheCompositions(_ mixture: MixedSumCase, _ type: ElementType) {
    let errors = Self.errors(type) { mixture.pullback(mixture.inputs(type) + [mixture.cotangent(type)]) }
    #expect(errors.allSatisfy { $0 <= Self.tolerance(type) }, "\(mixture.title): \(errors)")
  }

  /// Hessian–vector products of a loss that is not linear in the sum, by reverse over reverse and by forward over reverse.
  @Test(arguments: cases, [ElementType.float32, .float64])
  func secondOrderIsTheCompositions(_ mixture: MixedSumCase, _ type: ElementType) {
    let inputs = mixture.inputs(type)
    let directions = inputs.indices.map { TestInputs.any("direction \($0)", inputs[$0].shape).converted(to: type) }
    let cotangent = mixture.cotangent(type)
    let loss: ([Tensor]) -> Tensor = { (mixture.sum($0).tanh() * cotangent).mean() }
    let reverse = Self.errors(type) {
      gradient(at: inputs) { points in
        let inner = gradient(at: points, of: loss)
        return zip(inner, directions).map { dot($0, $1) }.reduce(Tensor(0, type)) { $0 + $1 }
      }
    }
    #expect(reverse.allSatisfy { $0 <= Self.tolerance(type) }, "\(mixture.title), reverse over reverse: \(reverse)")
    // Under a tangent the definition runs, fused or not: reverse over reverse through the fused primitives is its oracle here.
    let oracle = gradient(at: inputs) { points in
      zip(gradient(at: points, of: loss), directions).map { dot($0, $1) }.reduce(Tensor(0, type)) { $0 + $1 }
    }
    for product in [
      hvp(at: inputs, along: directions, of: loss).product, hessianVectorProduct(at: inputs, along: directions, of: loss),
    ] {
      let errors = zip(product, oracle).map { relativeError($0, $1) }
      #expect(errors.allSatisfy { $0 <= 10 * Self.tolerance(type) }, "\(mixture.title), forward over reverse: \(errors)")
    }
  }

  /// Pieces of work do not depend on the number of threads, and are added up in their order.
  @Test(arguments: cases) func bitsAreTheSameForAnyNumberOfThreads(_ mixture: MixedSumCase) {
    let inputs = mixture.inputs(.float32) + [mixture.cotangent(.float32)]
    let alone = mixture.pullback(inputs).map(\.floats)
    for threads in 2...3 {
      #expect(TaskTeam.withThreads(threads) { mixture.pullback(inputs) }.map(\.floats) == alone, "\(threads) threads")
    }
  }

  @Test(arguments: cases, [Int32(AP_LEVEL_BASELINE), Int32(AP_LEVEL_AVX2)])
  func kernelLevelsAgree(_ mixture: MixedSumCase, _ level: Int32) {
    let inputs = mixture.inputs(.float32) + [mixture.cotangent(.float32)]
    let best = mixture.pullback(inputs)
    ap_set_thread_kernel_level(level)
    defer { ap_set_thread_kernel_level(-1) }
    let errors = zip(mixture.pullback(inputs), best).map { relativeError($0, $1) }
    #expect(errors.allSatisfy { $0 <= 1e-5 }, "\(mixture.title): \(errors)")
  }

  @Test func nothingIsFusedUnderForwardDifferentiation() async {
    await #expect(processExitsWith: .success) {
      let mixture = MixedSumCase.all[0]
      let inputs = mixture.inputs()
      Profile.start()
      _ = hvp(at: inputs, along: inputs) { mixture.sum($0).squared().sum() }
      let calls = Profile.stop()
      #expect(calls["mixedSum"] == nil && calls["mixedSumPullback"] == nil)
    }
  }
}
