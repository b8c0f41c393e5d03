import Foundation
import Tensors

/// Whether fused primitives are used where there are any; otherwise the compositions that define them.
///
/// Both give the same numbers within rounding; the switch is there for the tests and for measuring. `ARCHPRIOR_FUSION=off` in the
/// environment turns fusion off for a whole process.
public enum Fusion {
  private static let isWanted = ProcessInfo.processInfo.environment["ARCHPRIOR_FUSION"] != "off"

  /// What `ARCHPRIOR_FUSION` may be.
  public static let environmentValues = ["on", "off"]

  /// Whether the calling thread uses fused primitives.
  public static var isEnabled: Bool { ThreadContext.unretained { $0.fusion } ?? isWanted }

  /// Runs a body in which the calling thread uses fused primitives, or does not.
  public static func with<Result>(enabled: Bool, _ body: () throws -> Result) rethrows -> Result {
    let context = ThreadContext.current
    let before = context.fusion
    context.fusion = enabled
    defer { context.fusion = before }
    return try body()
  }

  /// Whether a fused primitive pays for these inputs: under forward differentiation its definition computes values and tangents in
  /// one go, where the primitive would evaluate everything twice.
  static func applies(to inputs: [Tensor]) -> Bool { isEnabled && !inputs.indices.contains { inputs[$0].hasTangent } }
}

/// A primitive that is defined by a composition of others, which is also its derivative of every order and the oracle of its tests.
protocol FusedPrimitive: Primitive {
  /// The composition.
  func definition(_ inputs: [Tensor]) -> [Tensor]
}

extension FusedPrimitive {
  var residuals: Residuals { .inputs }

  func pullback(_ context: PullbackContext) -> [Tensor?] {
    let (outputs, pullback) = vjp(at: context.inputs, of: definition)
    return pullback(zip(outputs, context.cotangents).map { output, cotangent in cotangent ?? .zeros(like: output) })
  }

  func pushforward(_ context: PushforwardContext) -> [Tensor?] {
    jvp(at: context.inputs, along: context.tangents, of: definition).tangents
  }
}

extension Tensor {
  /// Whether a forward differentiation follows this value, at any level.
  var hasTangent: Bool { trace?.hasTangent ?? false }
}
