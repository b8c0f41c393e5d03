import CKernels
import Tensors

/// An elementwise function of two tensors, with broadcasting.
struct Binary: Primitive {
  enum Operation: String, CaseIterable, Sendable {
    case add, subtract, multiply, divide, maximum, minimum, greater, reluGate

    var code: ap_binary {
      switch self {
      case .add: return AP_ADD
      case .subtract: return AP_SUBTRACT
      case .multiply: return AP_MULTIPLY
      case .divide: return AP_DIVIDE
      case .maximum: return AP_MAXIMUM
      case .minimum: return AP_MINIMUM
      case .greater: return AP_GREATER
      case .reluGate: return AP_RELU_GATE
      }
    }
  }

  static let names = Operation.allCases.map(\.rawValue)
  let operation: Operation
  let a: Shape
  let b: Shape

  var name: String { operation.rawValue }

  var residuals: Residuals {
    switch operation {
    case .add, .subtract, .greater: return []
    case .multiply, .divide, .maximum, .minimum, .reluGate: return .inputs
    }
  }

  func evaluate(_ inputs: [Tensor]) -> [Tensor] { [Kernel.binary(operation.code, inputs[0], inputs[1])] }

  func pullback(_ context: PullbackContext) -> [Tensor?] {
    let g = context.cotangent
    func left(_ value: @autoclosure () -> Tensor) -> Tensor? { context.wants(0) ? value().summed(to: a) : nil }
    func right(_ value: @autoclosure () -> Tensor) -> Tensor? { context.wants(1) ? value().summed(to: b) : nil }
    switch operation {
    case .add: return [left(g), right(g)]
    case .subtract: return [left(g), right(-g)]
    case .multiply:
      let (x, y) = (context.inputs[0], context.inputs[1])
      return [
        context.wants(0) ? Binary.productSummed(g, y, to: a) : nil,
        context.wants(1) ? Binary.productSummed(g, x, to: b) : nil,
      ]
    case .divide:
      let (x, y) = (context.inputs[0], context.inputs[1])
      return [left(g / y), right(-(g * (x / y.squared())))]
    case .maximum, .minimum:
      let (x, y) = (context.inputs[0], context.inputs[1])
      let mask = operation == .maximum ? x.isGreater(than: y) : y.isGreater(than: x)
      return [left(g * mask), right(g * (1 - mask))]
    case .greater: return [nil, nil]
    case .reluGate: return [left(Autodiff.reluGate(g, context.inputs[1])), nil]
    }
  }

  func pushforward(_ context: PushforwardContext) -> [Tensor?] {
    let (x, y) = (context.inputs[0], context.inputs[1])
    let (u, v) = (context.tangents[0], context.tangents[1])
    switch operation {
    case .add: return [stretched(sum(u, v), context)]
    case .subtract: return [stretched(sum(u, v.map { -$0 }), context)]
    case .multiply: return [sum(u.map { $0 * y }, v.map { x * $0 })]
    case .divide: return [sum(u.map { $0 / y }, v.map { -($0 * (x / y.squared())) })]
    case .maximum, .minimum:
      let mask = operation == .maximum ? x.isGreater(than: y) : y.isGreater(than: x)
      return [sum(u.map { $0 * mask }, v.map { $0 * (1 - mask) })]
    case .greater: return [nil]
    case .reluGate: return [u.map { Autodiff.reluGate($0, y) }]
    }
  }

  private func sum(_ u: Tensor?, _ v: Tensor?) -> Tensor? {
    guard let u else { return v }
    guard let v else { return u }
    return u + v
  }

  /// A tangent in the shape of the output, when only the smaller operand had one.
  private func stretched(_ tangent: Tensor?, _ context: PushforwardContext) -> Tensor? {
    guard let tangent else { return nil }
    let shape = context.outputs[0].shape
    return tangent.shape == shape ? tangent : tangent.broadcast(to: shape)
  }

  /// `(g * other)` summed to the shape of an operand, without writing the product where a kernel can do both at once.
  private static func productSummed(_ g: Tensor, _ other: Tensor, to shape: Shape) -> Tensor {
    if g.shape == other.shape && g.shape != shape {
      if shape.count == 1 { return dots(g, [other]).reshaped(to: shape) }
      if shape.count == g.shape[-1] && shape[-1] == shape.count { return columnDots(g, other).reshaped(to: shape) }
    }
    return (g * other).summed(to: shape)
  }
}

private func binary(_ operation: Binary.Operation, _ a: Tensor, _ b: Tensor) -> Tensor {
  applyOne(Binary(operation: operation, a: a.shape, b: b.shape), [a, b])
}

/// `a` where `b > 0`, else 0: the cotangent of a rectifier. Linear in `a`; its derivative with respect to `b` is 0.
package func reluGate(_ a: Tensor, _ b: Tensor) -> Tensor { binary(.reluGate, a, b) }

extension Tensor {
  // Shapes broadcast as in NumPy: aligned at the innermost dimension, an extent of 1 stretches.
  /// The sum, element by element; shapes broadcast as in NumPy.
  public static func + (a: Tensor, b: Tensor) -> Tensor { binary(.add, a, b) }
  /// The difference, element by element; shapes broadcast as in NumPy.
  public static func - (a: Tensor, b: Tensor) -> Tensor { binary(.subtract, a, b) }
  /// The product, element by element; shapes broadcast as in NumPy.
  public static func * (a: Tensor, b: Tensor) -> Tensor { binary(.multiply, a, b) }
  /// The quotient, element by element; shapes broadcast as in NumPy.
  public static func / (a: Tensor, b: Tensor) -> Tensor { binary(.divide, a, b) }
  /// The larger of two elements; at a tie the derivative goes to `other`.
  public func maximum(_ other: Tensor) -> Tensor { binary(.maximum, self, other) }
  /// The smaller of two elements; at a tie the derivative goes to `other`.
  public func minimum(_ other: Tensor) -> Tensor { binary(.minimum, self, other) }
  /// 1 where this is greater than `other`, else 0; the derivative is 0.
  public func isGreater(than other: Tensor) -> Tensor { binary(.greater, self, other) }
}
