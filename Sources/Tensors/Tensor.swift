/// A dense, row-major array of numbers: an immutable value.
///
/// Images are NHWC (batch, height, width, channels). A tensor has value semantics: operations make new tensors, and the
/// buffer behind one is shared between copies. Operators and functions on tensors live in the module Autodiff, because every
/// one of them can be differentiated.
public struct Tensor: Sendable {
  package private(set) var storage: Storage
  /// The extents, outermost first.
  public let shape: Shape
  /// The type of the elements.
  public let elementType: ElementType
  /// The record of a differentiation that this value takes part in; `nil` for a plain value.
  package let trace: Trace?

  package init(storage: Storage, shape: Shape, elementType: ElementType, trace: Trace? = nil) {
    self.storage = storage
    self.shape = shape
    self.elementType = elementType
    self.trace = trace
  }

  /// A tensor with elements that the caller fills before anyone else sees it.
  package init(uninitialized shape: Shape, _ elementType: ElementType) {
    self.init(
      storage: Storage(byteCount: shape.count * elementType.byteCount), shape: shape, elementType: elementType)
  }

  /// The same value taking part in a differentiation.
  package func traced(by trace: Trace?) -> Tensor {
    Tensor(storage: storage, shape: shape, elementType: elementType, trace: trace)
  }

  /// Whether nothing else refers to the elements and no differentiation follows them: its holder may write to them.
  package mutating func isExclusive() -> Bool { trace == nil && isKnownUniquelyReferenced(&storage) }

  /// The number of elements.
  public var count: Int { shape.count }
  /// The number of dimensions.
  public var rank: Int { Int(shape.rank) }
}

/// What a differentiation attaches to the tensors that it follows. Autodiff makes and reads it; here it is only carried along.
package final class Trace: Sendable {
  /// How deeply the differentiation is nested; the outermost has level 1.
  package let level: Int32
  /// The value one level further down.
  package let primal: Tensor
  /// In reverse mode: the record that the value belongs to.
  package let tape: (any AnyObject & Sendable)?
  /// In reverse mode: the value's number on the tape.
  package let slot: Int32
  /// In forward mode: the tangent that the value carries.
  package let tangent: Tensor?
  /// Whether a forward differentiation follows the value, at this level or below.
  package let hasTangent: Bool

  /// A value on a tape.
  package init(level: Int32, primal: Tensor, tape: any AnyObject & Sendable, slot: Int32) {
    self.level = level
    self.primal = primal
    self.tape = tape
    self.slot = slot
    tangent = nil
    hasTangent = primal.trace?.hasTangent ?? false
  }

  /// A value with a tangent.
  package init(level: Int32, primal: Tensor, tangent: Tensor) {
    self.level = level
    self.primal = primal
    self.tangent = tangent
    tape = nil
    slot = -1
    hasTangent = true
  }
}
