import Tensors

/// Opens a differentiation on the calling thread, one level deeper than those that are open already.
func withLevel<Result>(_ body: (Int32) throws -> Result) rethrows -> Result {
  let context = ThreadContext.current
  context.level += 1
  defer { context.level -= 1 }
  return try body(context.level)
}

/// Evaluates a scalar function and its gradient by reverse accumulation.
///
/// May be nested in any other differentiation, to any depth.
/// - Parameters:
///   - points: where to evaluate; the function gets them in this order.
///   - function: computes a tensor with one element. It may close over other tensors, which are held constant here.
/// - Returns: the value and the gradient with respect to each of `points` (zeros where the value does not depend on it).
/// - Complexity: about two to three evaluations of the function; memory grows with the number of operations in it.
public func valueAndGradient(
  at points: [Tensor], of function: ([Tensor]) throws -> Tensor
) rethrows -> (value: Tensor, gradient: [Tensor]) {
  let result = try valueAndGradient(at: points) { (try function($0), ()) }
  return (result.value, result.gradient)
}

/// Evaluates a scalar function, its gradient, and something else that the function computes on the way.
///
/// - Parameters:
///   - points: where to evaluate; the gradient has a tensor for each, of its shape.
///   - function: returns the value to differentiate and an auxiliary result. Tensors in the auxiliary result should be passed
///     through `Tensor.stopGradient()`; otherwise they keep what is left of the record alive.
public func valueAndGradient<Auxiliary>(
  at points: [Tensor], of function: ([Tensor]) throws -> (Tensor, Auxiliary)
) rethrows -> (value: Tensor, gradient: [Tensor], auxiliary: Auxiliary) {
  try valueAndGradient(at: points, purpose: .value, of: function)
}

private func valueAndGradient<Auxiliary>(
  at points: [Tensor], purpose: Tape.Purpose, of function: ([Tensor]) throws -> (Tensor, Auxiliary)
) rethrows -> (value: Tensor, gradient: [Tensor], auxiliary: Auxiliary) {
  try withLevel { level in
    let tape = Tape(level: level, purpose: purpose)
    defer { tape.close() }
    let variables = points.map { tape.variable($0) }
    let (value, auxiliary) = try function(variables)
    precondition(value.count == 1, "the gradient of a tensor of shape \(value.shape) is not defined; sum it first")
    let seed = Tensor.ones(value.shape, value.elementType)
    let cotangents = tape.pullBack([(value, seed)], to: variables, consuming: true)
    let gradient = points.indices.map { cotangents[$0] ?? .zeros(like: points[$0]) }
    return (lowered(value, from: level), gradient, auxiliary)
  }
}

/// The gradient of a scalar function by reverse accumulation; see `valueAndGradient(at:of:)`.
public func gradient(at points: [Tensor], of function: ([Tensor]) throws -> Tensor) rethrows -> [Tensor] {
  try valueAndGradient(at: points, of: function).gradient
}

/// Evaluates a function with several outputs and gives its vector–Jacobian product.
///
/// - Returns: the outputs, and a function from cotangents of the outputs to cotangents of `points`; `nil` if the outputs do
///   not depend on a point.
public func vjp(
  at points: [Tensor], of function: ([Tensor]) throws -> [Tensor]
) rethrows -> (outputs: [Tensor], pullback: ([Tensor]) -> [Tensor?]) {
  try withLevel { level in
    let tape = Tape(level: level)
    defer { tape.close() }
    let variables = points.map { tape.variable($0) }
    let outputs = try function(variables)
    return (
      outputs.map { lowered($0, from: level) },
      { cotangents in
        precondition(
          cotangents.map(\.shape) == outputs.map(\.shape),
          "cotangents of shapes \(cotangents.map(\.shape)) for outputs of shapes \(outputs.map(\.shape))")
        return withLevel { _ in tape.pullBack(Array(zip(outputs, cotangents)), to: variables, consuming: false) }
      }
    )
  }
}

/// Evaluates a function and its derivative along a direction by forward accumulation (dual numbers).
///
/// - Parameters:
///   - points: where to evaluate.
///   - directions: one tangent for each point, of its shape; `nil` is zero.
///   - function: computes the outputs from the points.
/// - Returns: the outputs and their tangents (zeros where an output does not depend on the points).
/// - Complexity: about two to three evaluations of the function; memory as for one evaluation.
public func jvp(
  at points: [Tensor], along directions: [Tensor?], of function: ([Tensor]) throws -> [Tensor]
) rethrows -> (outputs: [Tensor], tangents: [Tensor]) {
  precondition(points.count == directions.count, "\(directions.count) directions for \(points.count) points")
  return try withLevel { level in
    let duals = zip(points, directions).map { point, direction -> Tensor in
      guard let direction else { return point }
      precondition(point.shape == direction.shape, "a direction of shape \(direction.shape) at a point of shape \(point.shape)")
      return point.traced(level: level, tangent: direction)
    }
    let results = try function(duals)
    var outputs: [Tensor] = []
    var tangents: [Tensor] = []
    for result in results {
      if let trace = result.trace, trace.level == level, let tangent = trace.tangent {
        outputs.append(trace.primal)
        tangents.append(tangent)
      } else {
        outputs.append(result)
        tangents.append(.zeros(like: result))
      }
    }
    return (outputs, tangents)
  }
}

/// The gradient of a scalar function and its Hessian times a direction, by forward over reverse accumulation.
///
/// The inner reverse pass keeps only what one gradient needs, so memory is about twice that of a gradient
/// (Kemaev et al., *Scalable meta-learning via mixed-mode differentiation*, 2025).
/// - Returns: the gradient and the Hessian–vector product, each with one tensor a point.
public func hvp(
  at points: [Tensor], along directions: [Tensor?], of function: ([Tensor]) throws -> Tensor
) rethrows -> (gradient: [Tensor], product: [Tensor]) {
  let result = try jvp(at: points, along: directions) { try gradient(at: $0, of: function) }
  return (result.outputs, result.tangents)
}

/// The Hessian of a scalar function times a direction; see ``hvp(at:along:of:)``.
///
/// Cheaper by what the gradient itself would have cost and nobody reads: its last products, with respect to the points.
/// - Returns: one tensor a point.
public func hessianVectorProduct(
  at points: [Tensor], along directions: [Tensor?], of function: ([Tensor]) throws -> Tensor
) rethrows -> [Tensor] {
  try jvp(at: points, along: directions) { variables in
    try valueAndGradient(at: variables, purpose: .tangent) { (try function($0), ()) }.gradient
  }.tangents
}

/// The value of a result one level further down.
func lowered(_ tensor: Tensor, from level: Int32) -> Tensor {
  guard let trace = tensor.trace, trace.level == level else { return tensor }
  return trace.primal
}
