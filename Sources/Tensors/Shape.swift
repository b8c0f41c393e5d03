/// The extents of a tensor, outermost first; up to six, held inline so that making a tensor allocates nothing for them.
///
/// Small enough to be inlined everywhere: a literal of extents then needs no array on the heap.
@frozen
public struct Shape: Sendable, Hashable, ExpressibleByArrayLiteral, CustomStringConvertible {
  /// The largest rank there is.
  @inlinable public static var maximumRank: Int { 6 }

  /// Beyond the rank: 1.
  @usableFromInline var extents: (Int32, Int32, Int32, Int32, Int32, Int32)
  @usableFromInline var dimensions: Int32

  /// The number of dimensions; 0 for a scalar.
  @inlinable public var rank: Int32 { dimensions }

  /// The shape of a scalar.
  @inlinable
  public init() {
    extents = (1, 1, 1, 1, 1, 1)
    dimensions = 0
  }

  /// The shape with the given extents.
  public init(_ extents: some Sequence<Int>) {
    self.init()
    for extent in extents { append(extent) }
  }

  /// The shape with the extents of a literal, outermost first; at most six of them.
  @inlinable @inline(__always)
  public init(arrayLiteral elements: Int...) {
    self.init()
    for index in 0..<elements.count { append(elements[index]) }
  }

  /// Adds an innermost dimension.
  @inlinable
  public mutating func append(_ extent: Int) {
    precondition(rank < Shape.maximumRank, "a tensor has at most \(Shape.maximumRank) dimensions")
    precondition(extent >= 0 && extent <= Int32.max, "an extent must lie in 0...\(Int32.max), not \(extent)")
    dimensions += 1
    self[Int(rank) - 1] = extent
  }

  /// The extent of one dimension; a negative index counts from the innermost.
  @inlinable
  public subscript(_ axis: Int) -> Int {
    get {
      let index = position(axis)
      switch index {
      case 0: return Int(extents.0)
      case 1: return Int(extents.1)
      case 2: return Int(extents.2)
      case 3: return Int(extents.3)
      case 4: return Int(extents.4)
      default: return Int(extents.5)
      }
    }
    set {
      let index = position(axis)
      let value = Int32(newValue)
      switch index {
      case 0: extents.0 = value
      case 1: extents.1 = value
      case 2: extents.2 = value
      case 3: extents.3 = value
      case 4: extents.4 = value
      default: extents.5 = value
      }
    }
  }

  @inlinable @inline(__always)
  func position(_ axis: Int) -> Int {
    let index = axis < 0 ? axis + Int(rank) : axis
    precondition(index >= 0 && index < rank, "dimension \(axis) of a shape of rank \(rank)")
    return index
  }

  /// The number of elements; 1 for a scalar.
  @inlinable
  public var count: Int {
    Int(extents.0) * Int(extents.1) * Int(extents.2) * Int(extents.3) * Int(extents.4) * Int(extents.5)
  }

  /// The extents as an array.
  public var array: [Int] { (0..<Int(rank)).map { self[$0] } }

  /// The indices of the dimensions.
  public var indices: Range<Int> { 0..<Int(rank) }

  /// The product of the extents of some dimensions.
  public func count(in range: Range<Int>) -> Int {
    var product = 1
    for axis in range { product *= self[axis] }
    return product
  }

  /// Row-major strides in elements.
  public var strides: [Int] {
    var strides = [Int](repeating: 1, count: Int(rank))
    for axis in stride(from: Int(rank) - 2, through: 0, by: -1) { strides[axis] = strides[axis + 1] * self[axis + 1] }
    return strides
  }

  /// Whether rank and all extents agree.
  public static func == (lhs: Shape, rhs: Shape) -> Bool {
    lhs.rank == rhs.rank && lhs.extents.0 == rhs.extents.0 && lhs.extents.1 == rhs.extents.1
      && lhs.extents.2 == rhs.extents.2 && lhs.extents.3 == rhs.extents.3 && lhs.extents.4 == rhs.extents.4
      && lhs.extents.5 == rhs.extents.5
  }

  /// Feeds rank and extents to a hasher.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(rank)
    for axis in indices { hasher.combine(self[axis]) }
  }

  /// The extents, such as `[2, 3]`; `[]` for a scalar.
  public var description: String { "[" + array.map(String.init).joined(separator: ", ") + "]" }

  /// The shape that two shapes broadcast to: aligned at the innermost dimension, an extent of 1 stretches.
  ///
  /// `nil` if they do not fit together.
  public static func broadcast(_ a: Shape, _ b: Shape) -> Shape? {
    if a == b { return a }
    let rank = max(a.rank, b.rank)
    var result = [Int](repeating: 1, count: Int(rank))
    for back in 1...max(1, Int(rank)) where rank > 0 {
      let left = back <= a.rank ? a[Int(a.rank) - back] : 1
      let right = back <= b.rank ? b[Int(b.rank) - back] : 1
      guard left == right || left == 1 || right == 1 else { return nil }
      result[Int(rank) - back] = left == 1 ? right : left
    }
    return Shape(result)
  }
}
