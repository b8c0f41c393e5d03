/// What a tensor refers to: where its elements are, and what they mean.
///
/// A body is its own ``Storage``, a ``View`` of another body's elements, or the ``Trace`` of a differentiation. It is written
/// while only its creator holds it, and is immutable afterwards, so it may cross threads.
@usableFromInline
package class TensorBody: @unchecked Sendable {
  @usableFromInline package final let pointer: UnsafeMutableRawPointer
  @usableFromInline package final let shape: Shape
  @usableFromInline package final let elementType: ElementType
  /// The nesting level of the differentiation that traces the value; the outermost has level 1, and 0 means none.
  @usableFromInline package final let level: Int32

  fileprivate init(_ pointer: UnsafeMutableRawPointer, _ shape: Shape, _ elementType: ElementType, level: Int32) {
    self.pointer = pointer
    self.shape = shape
    self.elementType = elementType
    self.level = level
  }

  /// Whether nothing but this body refers to the elements. To be asked by its only holder.
  var ownsItsElements: Bool { true }
}

/// A body with its own memory.
///
/// Small ones come from the thread's pool, large ones from its arena.
package final class Storage: TensorBody, @unchecked Sendable {
  /// The size class in the pool, or the block in the arena.
  private let place: Int32
  private let arena: BlockArena?

  package init(byteCount: Int, shape: Shape = Shape(), elementType: ElementType = .float32) {
    let pointer: UnsafeMutableRawPointer
    if byteCount >= BufferPool.largestSmall, let block = ThreadContext.unretained({ $0.pool.block(byteCount) }) {
      (pointer, place, arena) = block
    } else {
      let (index, bytes) = BufferPool.sizeClass(forBytes: byteCount)
      (place, arena) = (Int32(index), nil)
      pointer = ThreadContext.unretained { $0.pool.allocate(sizeClass: index, bytes: bytes) }
    }
    super.init(pointer, shape, elementType, level: 0)
  }

  deinit {
    if let arena {
      arena.release(place)
    } else {
      ThreadContext.unretained { $0.pool.release(pointer, sizeClass: Int(place)) }
    }
  }
}

/// Another body's elements in another shape.
final class View: TensorBody, @unchecked Sendable {
  private var owner: TensorBody

  init(of other: TensorBody, shape: Shape) {
    owner = other
    super.init(other.pointer, shape, other.elementType, level: 0)
  }

  override var ownsItsElements: Bool { isKnownUniquelyReferenced(&owner) && owner.ownsItsElements }
}

/// The value of another body, followed by a differentiation. Autodiff makes and reads it; here it is only carried along.
@usableFromInline
package final class Trace: TensorBody, @unchecked Sendable {
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
  init(level: Int32, primal: Tensor, tape: any AnyObject & Sendable, slot: Int32) {
    self.primal = primal
    self.tape = tape
    self.slot = slot
    tangent = nil
    hasTangent = primal.trace?.hasTangent ?? false
    super.init(primal.pointer, primal.shape, primal.elementType, level: level)
  }

  /// A value with a tangent.
  init(level: Int32, primal: Tensor, tangent: Tensor) {
    self.primal = primal
    self.tangent = tangent
    tape = nil
    slot = -1
    hasTangent = true
    super.init(primal.pointer, primal.shape, primal.elementType, level: level)
  }

  override var ownsItsElements: Bool { false }
}
