import Tensors

/// Which of a primitive's values its pullback reads, so that the tape holds on to nothing else.
public struct Residuals: OptionSet, Sendable {
  /// The set as bits: 1 for inputs, 2 for outputs.
  public let rawValue: UInt8
  /// A set from its bits.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The values that the primitive was applied to.
  public static let inputs = Residuals(rawValue: 1)
  /// The values that it gave.
  public static let outputs = Residuals(rawValue: 2)
}

/// An operation that the engine can evaluate and differentiate.
///
/// The two derivative rules are written in terms of primitives again. That closes the set under differentiation: any nesting of
/// ``gradient(at:of:)`` and ``jvp(at:along:of:)`` works, to any order. Adding one is a file in `Primitives/`, a line in
/// ``PrimitiveRegistry`` and a row in the conformance table of the tests.
public protocol Primitive: Sendable {
  /// The names of all operations that values of this type stand for.
  static var names: [String] { get }
  /// The name of this operation, for profiles and messages; one of ``names``.
  var name: String { get }
  /// What ``pullback(_:)`` reads.
  var residuals: Residuals { get }
  /// Computes the outputs from plain (untraced) tensors.
  func evaluate(_ inputs: [Tensor]) -> [Tensor]
  /// The vector–Jacobian product: cotangents of the inputs from cotangents of the outputs; `nil` is zero.
  func pullback(_ context: PullbackContext) -> [Tensor?]
  /// The Jacobian–vector product: tangents of the outputs from tangents of the inputs; `nil` is zero.
  func pushforward(_ context: PushforwardContext) -> [Tensor?]
}

extension Primitive {
  /// The first of ``names``, for primitives with only one.
  public var name: String { Self.names[0] }
}

/// What a pullback may read.
public struct PullbackContext {
  /// The inputs; empty unless the primitive's residuals contain `.inputs`.
  public let inputs: [Tensor]
  /// The outputs; empty unless the primitive's residuals contain `.outputs`.
  public let outputs: [Tensor]
  /// The outputs' cotangents; at least one is not `nil`.
  public let cotangents: [Tensor?]
  let slots: [Int32]
  let table: CotangentTable

  /// The cotangent of a primitive's only output.
  ///
  /// The tape never calls a pullback without a cotangent, so a missing one is zero by construction of the caller.
  public var cotangent: Tensor {
    guard let value = cotangents[0] else { preconditionFailure("a pullback was called without a cotangent") }
    return value
  }

  /// Whether the cotangent of an input is wanted at all.
  public func wants(_ input: Int) -> Bool { slots[input] >= 0 }

  /// Whether all that is wanted of the cotangent of an input is the tangent that it carries: its value may then be anything.
  func wantsTangentOnly(_ input: Int) -> Bool { slots[input] >= 0 && slots[input] < table.tangentsOnly }

  /// What other uses of an input have added to its cotangent so far, if it may be written to.
  ///
  /// A pullback that takes it returns the sum as the input's cotangent, and saves a pass over memory.
  func takePartial(_ input: Int) -> Tensor? { slots[input] < 0 ? nil : table.takeExclusive(Int(slots[input])) }

  /// Whether no other differentiation follows anything here.
  var isPlain: Bool {
    inputs.indices.allSatisfy { inputs[$0].trace == nil } && outputs.indices.allSatisfy { outputs[$0].trace == nil }
      && cotangents.indices.allSatisfy { cotangents[$0]?.trace == nil }
  }
}

/// What a pushforward may read.
public struct PushforwardContext {
  /// The inputs' values.
  public let inputs: [Tensor]
  /// The outputs' values.
  public let outputs: [Tensor]
  /// The inputs' tangents; at least one is not `nil`.
  public let tangents: [Tensor?]

  /// Whether no other differentiation follows anything here, so that a kernel may compute the tangent in one go.
  var isPlain: Bool {
    inputs.allSatisfy { $0.trace == nil } && outputs.allSatisfy { $0.trace == nil }
      && tangents.allSatisfy { $0?.trace == nil } && Fusion.isEnabled
  }

  /// The tangents of two inputs that both have one, where a kernel may take them together.
  var plainPair: (Tensor, Tensor)? {
    guard tangents.count == 2, let first = tangents[0], let second = tangents[1], isPlain else { return nil }
    return (first, second)
  }
}

/// Evaluates a kernel that replaces several primitives, under one of their names in a profile.
func measured(_ name: String, _ body: () -> Tensor) -> Tensor { Profile.isEnabled ? Profile.measure(name, body) : body() }
