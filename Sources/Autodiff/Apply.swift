import Tensors

/// Applies a primitive to tensors that may be traced.
///
/// The innermost differentiation that any input takes part in handles the operation: it applies the primitive to the values one
/// level further down (where an outer differentiation may trace it as well) and records what it needs.
@inline(never)
func apply(_ primitive: some Primitive, _ inputs: [Tensor]) -> [Tensor] {
  var top: Trace?
  var level: Int32 = 0
  // By index here and below: a loop over the elements would count references to each of them.
  for index in inputs.indices {
    if let trace = inputs[index].trace, trace.level > level {
      level = trace.level
      top = trace
    }
  }
  guard let top else {
    return Profile.isEnabled ? Profile.measure(primitive.name) { primitive.evaluate(inputs) } : primitive.evaluate(inputs)
  }
  if let object = top.tape {
    let tape = unsafeDowncast(object, to: Tape.self)
    if tape.isOpen { return applyReverse(primitive, inputs, tape: tape) }
    return apply(primitive, inputs.map { $0.withoutClosedTape() })
  }
  return applyForward(primitive, inputs, level: level)
}

/// Applies a primitive that has one output.
@inline(__always)
func applyOne(_ primitive: some Primitive, _ inputs: [Tensor]) -> Tensor { apply(primitive, inputs)[0] }

private func applyReverse(_ primitive: some Primitive, _ inputs: [Tensor], tape: Tape) -> [Tensor] {
  var slots = [Int32](repeating: -1, count: inputs.count)
  var lowered: [Tensor] = []
  lowered.reserveCapacity(inputs.count)
  for index in inputs.indices {
    guard let trace = inputs[index].trace, trace.level == tape.level else {
      lowered.append(inputs[index])
      continue
    }
    lowered.append(trace.primal)
    if trace.tape === tape {
      slots[index] = trace.slot
    } else {
      precondition(
        inputs[index].withoutClosedTape().trace !== trace,
        "\(primitive.name) of tensors that different threads differentiate; pass them on through stopGradient()")
    }
  }
  let outputs = apply(primitive, lowered)
  return tape.record(primitive, slots: slots, inputs: lowered, outputs: outputs)
}

private func applyForward(_ primitive: some Primitive, _ inputs: [Tensor], level: Int32) -> [Tensor] {
  var tangents = [Tensor?](repeating: nil, count: inputs.count)
  var lowered = inputs
  for index in inputs.indices {
    guard let trace = inputs[index].trace, trace.level == level else { continue }
    tangents[index] = trace.tangent
    lowered[index] = trace.primal
  }
  let outputs = apply(primitive, lowered)
  let pushed = primitive.pushforward(PushforwardContext(inputs: lowered, outputs: outputs, tangents: tangents))
  return zip(outputs, pushed).map { output, tangent in
    guard let tangent else { return output }
    return output.traced(level: level, tangent: tangent)
  }
}

extension Tensor {
  /// The same value, held constant by every differentiation.
  public func stopGradient() -> Tensor { untraced }

  /// The value one level further down if the differentiation that followed it is over: for all others it is a constant.
  fileprivate func withoutClosedTape() -> Tensor {
    guard let trace, let object = trace.tape, !unsafeDowncast(object, to: Tape.self).isOpen else { return self }
    return trace.primal
  }
}
