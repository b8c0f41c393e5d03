import Autodiff
import Tensors
import TestSupport
import Testing

/// The checks themselves: each finds a derivative that is wrong on purpose.
struct DerivativeChecksTests {
  private static let inputs = [TestInputs.any("x", [3]), TestInputs.any("y", [3])]

  @Test func acceptRightDerivatives() {
    let checks = DerivativeChecks(at: Self.inputs) { [$0[0] * $0[1].sin(), ($0[0] * $0[0]).sum()] }
    let messages =
      checks.gradient() + checks.gradientOfGradient() + checks.directional() + checks.adjointIdentity() + checks.mixedModes()
      + checks.partialInputs() + checks.singlePrecision()
    #expect(messages == [])
  }

  @Test func findAWrongFirstDerivative() {
    // x² with the derivative x.
    let checks = DerivativeChecks(at: Self.inputs) { [$0[0] * $0[0].stopGradient()] }
    #expect(checks.gradient().count == 3)
    #expect(checks.directional().contains { $0.hasPrefix("jvp[") })
  }

  @Test func findAWrongSecondDerivative() {
    // x² with the derivative 2x, and 0 as the derivative of that.
    let checks = DerivativeChecks(at: Self.inputs) { x in
      let constant = x[0].stopGradient()
      return [x[0] * constant * 2 - constant * constant]
    }
    #expect(checks.gradient() == [])
    #expect(checks.gradientOfGradient().count == 3)
    #expect(checks.directional().contains { $0.hasPrefix("jvp of jvp") })
  }

  @Test func findALossOfPrecision() {
    let checks = DerivativeChecks(at: Self.inputs) { [($0[0] + 1e5) - 1e5] }
    #expect(checks.singlePrecision().count == 1)
  }

  @Test func differencesAreNamed() {
    #expect(difference([1, 2, .nan], [1, 2, .nan], .exact, "same") == nil)
    #expect(difference([1, .nan], [1, 2], .exact, "nan") != nil)
    #expect(difference([1], [1, 2], .exact, "count") != nil)
    #expect(difference(Tensor.ones([2, 1]), Tensor.ones([1, 2]), .exact, "shape") != nil)
    #expect(difference([.infinity], [.infinity], .exact, "infinity") == nil)
    #expect(difference([1, 3], [1, 2], .exact, "place") == "place: 3.0 instead of 2.0 at 1; 1 of 2 differ")
    #expect(relativeError(Tensor(shape: [2], [1.0, 4.5]), Tensor(shape: [2], [1.0, 4.0])) == 0.125)
    #expect(relativeError(Tensor(shape: [1], [Double.nan]), Tensor(shape: [1], [1.0])) == .infinity)
  }
}
