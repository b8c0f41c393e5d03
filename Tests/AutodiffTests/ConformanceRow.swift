import Autodiff
import Tensors
import TestSupport
import Testing

/// One row of the conformance table: a function that evaluates a primitive, where to check it, and its definition.
struct ConformanceRow: Sendable, CustomTestStringConvertible {
  /// The primitive's name as in `PrimitiveRegistry.names`.
  let primitive: String
  let title: String
  let inputs: [Tensor]
  let function: TensorFunction
  /// The same computed from its definition by loops, where that is written down.
  let definition: (@Sendable ([NaiveTensor]) -> [NaiveTensor])?

  init(
    _ primitive: String, _ title: String, _ inputs: [Tensor],
    definition: (@Sendable ([NaiveTensor]) -> NaiveTensor)? = nil, _ function: @escaping @Sendable ([Tensor]) -> Tensor
  ) {
    var definitions: (@Sendable ([NaiveTensor]) -> [NaiveTensor])?
    if let definition { definitions = { [definition($0)] } }
    self.init(primitive, title, inputs, definitions: definitions, functions: { [function($0)] })
  }

  init(
    _ primitive: String, _ title: String, _ inputs: [Tensor], definitions: (@Sendable ([NaiveTensor]) -> [NaiveTensor])?,
    functions: @escaping TensorFunction
  ) {
    self.primitive = primitive
    self.title = title
    self.inputs = inputs
    self.function = functions
    definition = definitions
  }

  var testDescription: String { "\(primitive), \(title)" }

  var checks: DerivativeChecks { DerivativeChecks(at: inputs, of: function) }

  /// All rows; a new primitive gets its rows in one of these files.
  static let all = unary + binary + structure + linear + convolution + pooling + normalization + rematerialization + fused
}
