import CKernels
import Tensors

/// An elementwise function of one tensor.
struct Unary: Primitive {
  enum Operation: String, CaseIterable, Sendable {
    case negate, exp, log, sqrt, rsqrt, reciprocal, tanh, sigmoid, relu, step, abs, sign, square, sin, cos

    var code: ap_unary {
      switch self {
      case .negate: return AP_NEGATE
      case .exp: return AP_EXP
      case .log: return AP_LOG
      case .sqrt: return AP_SQRT
      case .rsqrt: return AP_RSQRT
      case .reciprocal: return AP_RECIPROCAL
      case .tanh: return AP_TANH
      case .sigmoid: return AP_SIGMOID
      case .relu: return AP_RELU
      case .step: return AP_STEP
      case .abs: return AP_ABS
      case .sign: return AP_SIGN
      case .square: return AP_SQUARE
      case .sin: return AP_SIN
      case .cos: return AP_COS
      }
    }
  }

  static let names = Operation.allCases.map(\.rawValue)
  let operation: Operation

  var name: String { operation.rawValue }

  var residuals: Residuals {
    switch operation {
    case .negate, .step, .sign: return []
    case .exp, .sqrt, .reciprocal, .tanh, .sigmoid, .relu: return .outputs
    case .rsqrt: return [.inputs, .outputs]
    case .log, .abs, .square, .sin, .cos: return .inputs
    }
  }

  func evaluate(_ inputs: [Tensor]) -> [Tensor] { [Kernel.unary(operation.code, inputs[0])] }

  func pullback(_ context: PullbackContext) -> [Tensor?] {
    [scaled(context.cotangent, x: context.inputs.first, y: context.outputs.first)]
  }

  func pushforward(_ context: PushforwardContext) -> [Tensor?] {
    [context.tangents[0].flatMap { scaled($0, x: context.inputs[0], y: context.outputs[0]) }]
  }

  /// A cotangent or tangent times the derivative; the Jacobian is diagonal, so both directions are the same.
  private func scaled(_ v: Tensor, x: Tensor?, y: Tensor?) -> Tensor? {
    switch (operation, x, y) {
    case (.negate, _, _): return -v
    case (.exp, _, let y?): return v * y
    case (.log, let x?, _): return v / x
    case (.sqrt, _, let y?): return v / (y * 2)
    case (.rsqrt, let x?, let y?): return v * (y / x) * -0.5
    case (.reciprocal, _, let y?): return -(v * y.squared())
    case (.tanh, _, let y?): return v * (1 - y.squared())
    case (.sigmoid, _, let y?): return v * (y * (1 - y))
    case (.relu, _, let y?): return reluGate(v, y)
    case (.abs, let x?, _): return v * x.sign()
    case (.square, let x?, _): return v * (x * 2)
    case (.sin, let x?, _): return v * x.cos()
    case (.cos, let x?, _): return -(v * x.sin())
    default: return nil  // step and sign are flat wherever they have a derivative
    }
  }
}

/// `scale * x + shift` with constant numbers.
struct Affine: Primitive {
  static let names = ["affine"]
  let scale: Double
  let shift: Double

  var residuals: Residuals { [] }
  func evaluate(_ inputs: [Tensor]) -> [Tensor] { [Kernel.affine(inputs[0], scale: scale, shift: shift)] }
  func pullback(_ context: PullbackContext) -> [Tensor?] { [context.cotangent * scale] }
  func pushforward(_ context: PushforwardContext) -> [Tensor?] { [context.tangents[0].map { $0 * scale }] }
}

/// `x` to a constant power; `x > 0` unless the exponent is a whole number.
struct Power: Primitive {
  static let names = ["power"]
  let exponent: Double

  var residuals: Residuals { .inputs }
  func evaluate(_ inputs: [Tensor]) -> [Tensor] { [Kernel.power(inputs[0], exponent)] }
  func pullback(_ context: PullbackContext) -> [Tensor?] { [context.cotangent * slope(context.inputs[0])] }
  func pushforward(_ context: PushforwardContext) -> [Tensor?] {
    [context.tangents[0].map { $0 * slope(context.inputs[0]) }]
  }

  private func slope(_ x: Tensor) -> Tensor { x.power(exponent - 1) * exponent }
}

extension Tensor {
  private func unary(_ operation: Unary.Operation) -> Tensor { applyOne(Unary(operation: operation), [self]) }

  /// `-x`
  public static prefix func - (x: Tensor) -> Tensor { x.unary(.negate) }
  /// `e^x`
  public func exp() -> Tensor { unary(.exp) }
  /// The natural logarithm; elements must be positive.
  public func log() -> Tensor { unary(.log) }
  /// The square root; elements must be positive where a derivative is wanted.
  public func sqrt() -> Tensor { unary(.sqrt) }
  /// `1 / √x`
  public func rsqrt() -> Tensor { unary(.rsqrt) }
  /// `1 / x`
  public func reciprocal() -> Tensor { unary(.reciprocal) }
  /// The hyperbolic tangent.
  public func tanh() -> Tensor { unary(.tanh) }
  /// `1 / (1 + e^-x)`
  public func sigmoid() -> Tensor { unary(.sigmoid) }
  /// `max(x, 0)`; the derivative at 0 is 0.
  public func relu() -> Tensor { unary(.relu) }
  /// 1 where `x > 0`, else 0; the derivative is 0.
  public func step() -> Tensor { unary(.step) }
  /// The absolute value; the derivative at 0 is 0.
  public func abs() -> Tensor { unary(.abs) }
  /// -1, 0 or 1; the derivative is 0.
  public func sign() -> Tensor { unary(.sign) }
  /// `x²`
  public func squared() -> Tensor { unary(.square) }
  /// The sine of every element, in radians.
  public func sin() -> Tensor { unary(.sin) }
  /// The cosine of every element, in radians.
  public func cos() -> Tensor { unary(.cos) }
  /// `x` to a constant power.
  public func power(_ exponent: Double) -> Tensor {
    exponent == 1 ? self : exponent == 0 ? self * 0 + 1 : applyOne(Power(exponent: exponent), [self])
  }

  private func affine(scale: Double, shift: Double) -> Tensor { applyOne(Affine(scale: scale, shift: shift), [self]) }

  /// Every element times a constant.
  public static func * (x: Tensor, scale: Double) -> Tensor { x.affine(scale: scale, shift: 0) }
  /// A constant times every element.
  public static func * (scale: Double, x: Tensor) -> Tensor { x.affine(scale: scale, shift: 0) }
  /// Every element times the reciprocal of a constant, which may differ from division in the last bit.
  public static func / (x: Tensor, divisor: Double) -> Tensor { x.affine(scale: 1 / divisor, shift: 0) }
  /// Every element plus a constant.
  public static func + (x: Tensor, shift: Double) -> Tensor { x.affine(scale: 1, shift: shift) }
  /// A constant plus every element.
  public static func + (shift: Double, x: Tensor) -> Tensor { x.affine(scale: 1, shift: shift) }
  /// Every element minus a constant.
  public static func - (x: Tensor, shift: Double) -> Tensor { x.affine(scale: 1, shift: -shift) }
  /// A constant minus every element.
  public static func - (shift: Double, x: Tensor) -> Tensor { x.affine(scale: -1, shift: shift) }
}
