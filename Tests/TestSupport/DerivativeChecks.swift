import Autodiff
import Tensors

/// A function of several tensors with several outputs, as the derivative checks take it.
public typealias TensorFunction = @Sendable ([Tensor]) -> [Tensor]

/// Checks of derivatives at a point, in Float64.
///
/// Each gives a list of messages, which is empty where the check passes. The names of the checks follow PyTorch's
/// `torch.autograd.gradcheck`, and so do step and tolerances of those that compare with differences.
public struct DerivativeChecks: Sendable {
  public let function: TensorFunction
  public let inputs: [Tensor]
  /// Half the distance of the two points of a central difference.
  public var step = 1e-6
  public var tolerance = Tolerance.differences

  /// - Precondition: all inputs are Float64 and plain values.
  public init(at inputs: [Tensor], of function: @escaping TensorFunction) {
    precondition(inputs.allSatisfy { $0.elementType == .float64 }, "derivative checks want Float64")
    self.inputs = inputs
    self.function = function
  }

  // MARK: Against differences

  /// The whole Jacobian by reverse accumulation, row by row, against central differences, column by column.
  public func gradient() -> [String] { jacobianMismatches(of: function, at: inputs, "gradient") }

  /// The Jacobian of the vector–Jacobian product, with respect to the inputs and the cotangents, against central differences. Where it is
  /// large, of seven elements of each tensor; ``mixedModes()`` sees all of them at once.
  public func gradientOfGradient() -> [String] {
    let (function, count) = (function, inputs.count)
    let outputs = function(inputs)
    let cotangents = outputs.indices.map { direction("cotangent\($0)", outputs[$0].shape) }
    return jacobianMismatches(
      of: { all in
        let points = Array(all[..<count])
        let pulled = vjp(at: points, of: function).pullback(Array(all[count...]))
        return zip(points, pulled).map { $1 ?? .zeros(like: $0) }
      }, at: inputs + cotangents, most: inputs.reduce(0) { $0 + $1.count } > 200 ? 7 : .max, "gradient of gradient")
  }

  /// The derivative along a direction by forward accumulation, and the one of that, against central differences.
  public func directional() -> [String] {
    let (function, first, second) = (function, directions("first"), directions("second"))
    let (outputs, tangents) = jvp(at: inputs, along: first, of: function)
    var messages = differences(outputs, function(inputs), .exact, "jvp's value")
    messages += differences(tangents, difference(along: first, of: function), tolerance, "jvp")
    let tangent: TensorFunction = { jvp(at: $0, along: first, of: function).tangents }
    let nested = jvp(at: inputs, along: second, of: tangent)
    messages += differences(nested.outputs, tangents, .exact, "jvp's value in a jvp")
    messages += differences(nested.tangents, difference(along: second, of: tangent), tolerance, "jvp of jvp")
    return messages
  }

  // MARK: Against one another

  /// `⟨c, J v⟩ = ⟨Jᵀ c, v⟩`: the two derivative rules are each other's adjoints.
  public func adjointIdentity() -> [String] {
    let v = directions("adjoint")
    let (outputs, tangents) = jvp(at: inputs, along: v, of: function)
    let c = outputs.indices.map { direction("cotangent\($0)", outputs[$0].shape) }
    let pulled = vjp(at: inputs, of: function).pullback(c)
    let left = products(c, tangents)
    let right = zip(pulled, v).flatMap { p, v in p.map { products([$0], [v]) } ?? [] }
    // Relative to the sum of the absolute terms, which is what rounding is relative to; where all of them are next to nothing (a
    // saturated softmax), it is the rounding of differences of numbers around 1 that is left.
    let scale = (left + right).reduce(0) { $0 + abs($1) }
    let (a, b) = (left.reduce(0, +), right.reduce(0, +))
    return abs(a - b) <= 1e-10 * scale + 1e-14 ? [] : ["adjoint identity: <c, Jv> = \(a), <J'c, v> = \(b)"]
  }

  /// The Hessian of `⟨c, f⟩` times a direction: forward over reverse, reverse over reverse and reverse over forward agree.
  public func mixedModes() -> [String] {
    let (scalar, v) = (contracted(), directions("hessian"))
    let (gradients, forwardOverReverse) = hvp(at: inputs, along: v, of: scalar)
    let reverseOverReverse = Autodiff.gradient(at: inputs) { x in
      Self.contract(Autodiff.gradient(at: x, of: scalar), v)
    }
    let reverseOverForward = Autodiff.gradient(at: inputs) { x in
      jvp(at: x, along: v) { [scalar($0)] }.tangents[0]
    }
    return differences(gradients, Autodiff.gradient(at: inputs, of: scalar), .exact, "hvp's gradient")
      + differences(forwardOverReverse, reverseOverReverse, .exact, "forward over reverse, reverse over reverse")
      + differences(reverseOverForward, reverseOverReverse, .exact, "reverse over forward, reverse over reverse")
  }

  /// Differentiating one input at a time, with the others constant or followed by another differentiation, gives the parts of
  /// what differentiating all at once gives.
  public func partialInputs() -> [String] {
    guard inputs.count > 1 else { return [] }
    let (function, scalar, v) = (function, contracted(), directions("partial"))
    let whole = Autodiff.gradient(at: inputs, of: scalar)
    var messages: [String] = []
    for index in inputs.indices {
      let (inputs, label) = (inputs, "input \(index) alone")
      @Sendable func replaced(_ all: [Tensor], _ value: Tensor) -> [Tensor] {
        var all = all
        all[index] = value
        return all
      }
      let alone = Autodiff.gradient(at: [inputs[index]]) { scalar(replaced(inputs, $0[0])) }
      messages += differences(alone, [whole[index]], .exact, "gradient, \(label)")

      let sparse = inputs.indices.map { $0 == index ? v[$0] : nil }
      let dense = inputs.indices.map { $0 == index ? v[$0] : Tensor.zeros(like: v[$0]) }
      messages += differences(
        jvp(at: inputs, along: sparse, of: function).tangents, jvp(at: inputs, along: dense, of: function).tangents,
        .exact, "jvp, \(label)")

      // Rows of the Hessian: the inner differentiation follows this input, the outer one all of them.
      let nested = Autodiff.gradient(at: inputs) { x in
        Self.contract(Autodiff.gradient(at: [x[index]]) { scalar(replaced(x, $0[0])) }, [v[index]])
      }
      let row = hvp(at: inputs, along: sparse, of: scalar).product
      messages += differences(nested, row, .exact, "second order, \(label) inside")

      // Columns: the outer differentiation follows this input, the inner one all of them.
      let outside = Autodiff.gradient(at: [inputs[index]]) { x in
        Self.contract(Autodiff.gradient(at: replaced(inputs, x[0]), of: scalar), v)
      }
      messages += differences(
        outside, [hvp(at: inputs, along: v, of: scalar).product[index]], .exact, "second order, \(label) outside")
    }
    return messages
  }

  /// The function in Float32 agrees with itself in Float64 to `relative` of the largest element.
  public func singlePrecision(relative: Double = 1e-4) -> [String] {
    let single = function(inputs.map { $0.converted(to: .float32) })
    let double = function(inputs)
    return zip(single, double).enumerated().compactMap { index, pair in
      guard pair.0.elementType == .float32 else { return "output \(index) of Float32 inputs is \(pair.0.elementType)" }
      let error = relativeError(pair.0, pair.1)
      return error <= relative ? nil : "Float32 differs from Float64 by \(error) in output \(index)"
    }
  }
}
