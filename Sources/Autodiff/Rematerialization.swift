import Tensors

/// Evaluates a function without recording what happens inside it, and evaluates it again when a gradient needs it.
///
/// Peak memory falls from all intermediate values to the inputs; the price is one more evaluation.
/// - Parameters:
///   - inputs: everything that is differentiated. Tensors that the function closes over are constants; closing over one that is
///     being differentiated is a programmer's error.
///   - function: must be pure: called twice on the same inputs it gives the same outputs.
/// - Returns: the outputs of the function.
public func rematerialize(_ inputs: [Tensor], _ function: @escaping @Sendable ([Tensor]) -> [Tensor]) -> [Tensor] {
  apply(Rematerialized(function: function), inputs)
}

/// A whole function as one primitive; its derivatives are those of the function.
struct Rematerialized: Primitive {
  static let names = ["rematerialized"]
  let function: @Sendable ([Tensor]) -> [Tensor]

  var residuals: Residuals { .inputs }

  func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    let outputs = function(inputs)
    // Its gradient would be lost, or recorded on a tape that is being read.
    precondition(
      outputs.allSatisfy { $0.trace == nil },
      "a rematerialized function closes over a tensor that is being differentiated; pass it as an input")
    return outputs
  }

  func pullback(_ context: PullbackContext) -> [Tensor?] {
    let (outputs, pullback) = vjp(at: context.inputs, of: function)
    return pullback(zip(outputs, context.cotangents).map { output, cotangent in cotangent ?? .zeros(like: output) })
  }

  func pushforward(_ context: PushforwardContext) -> [Tensor?] {
    jvp(at: context.inputs, along: context.tangents, of: function).tangents
  }
}
