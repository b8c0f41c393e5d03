/// A dense, row-major array of numbers: an immutable value.
///
/// Images are NHWC (batch, height, width, channels). A tensor has value semantics: operations make new tensors, and the
/// buffer behind one is shared between copies. Operators and functions on tensors live in the module Autodiff, because every
/// one of them can be differentiated.
public struct Tensor: Sendable {
  /// One reference, so that a copy counts up once.
  @usableFromInline package private(set) var body: TensorBody

  @inlinable
  package init(body: TensorBody) { self.body = body }

  /// A tensor with elements that the caller fills before anyone else sees it.
  package init(uninitialized shape: Shape, _ elementType: ElementType) {
    body = Storage(byteCount: shape.count * elementType.byteCount, shape: shape, elementType: elementType)
  }

  /// The same elements in another shape.
  ///
  /// - Precondition: as many as there are.
  package func viewed(as shape: Shape) -> Tensor { Tensor(body: View(of: body, shape: shape)) }

  /// The same value on a tape, as the given number.
  package func traced(level: Int32, tape: any AnyObject & Sendable, slot: Int32) -> Tensor {
    Tensor(body: Trace(level: level, primal: self, tape: tape, slot: slot))
  }

  /// The same value with a tangent.
  package func traced(level: Int32, tangent: Tensor) -> Tensor {
    Tensor(body: Trace(level: level, primal: self, tangent: tangent))
  }

  /// The value that no differentiation follows.
  package var untraced: Tensor {
    var value = self
    while let trace = value.trace { value = trace.primal }
    return value
  }

  /// The record of the innermost differentiation that this value takes part in; `nil` for a plain value.
  @inlinable package var trace: Trace? { body.level == 0 ? nil : unsafeDowncast(body, to: Trace.self) }

  /// Whether nothing else refers to the elements and no differentiation follows them: its holder may write to them.
  package mutating func isExclusive() -> Bool {
    guard body.level == 0, isKnownUniquelyReferenced(&body) else { return false }
    return body.ownsItsElements
  }

  /// The extents, outermost first.
  @inlinable public var shape: Shape { body.shape }
  /// The type of the elements.
  @inlinable public var elementType: ElementType { body.elementType }
  /// The elements, to be read only unless the tensor was just made.
  @inlinable package var pointer: UnsafeMutableRawPointer { body.pointer }
  /// The number of elements.
  @inlinable public var count: Int { body.shape.count }
  /// The number of dimensions.
  @inlinable public var rank: Int { Int(body.shape.rank) }
}
