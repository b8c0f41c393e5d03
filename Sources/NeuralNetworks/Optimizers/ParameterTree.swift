import Autodiff
import Tensors

/// Named tensors in a fixed order: the parameters of a model, a gradient with respect to them, or an optimiser's moments.
///
/// A tree is a vector: it can be added to, scaled and reduced. Models read it by position, files and messages by name.
public struct ParameterTree: Sendable {
  /// The names, such as `"cells.0.edges.3.sep_conv_3x3.depthwise1"`; unique.
  public let names: [String]
  /// One tensor per name.
  public var tensors: [Tensor]

  /// A tree of named tensors.
  ///
  /// - Precondition: as many tensors as names; names must be unique.
  public init(names: [String], tensors: [Tensor]) {
    precondition(names.count == tensors.count, "\(tensors.count) tensors for \(names.count) names")
    self.names = names
    self.tensors = tensors
  }

  /// No parameters.
  public init() { self.init(names: [], tensors: []) }

  /// The tensor of a name; `nil` if there is none.
  public subscript(_ name: String) -> Tensor? { names.firstIndex(of: name).map { tensors[$0] } }

  /// The number of scalars in all tensors.
  public var scalarCount: Int { tensors.reduce(0) { $0 + $1.count } }

  /// The same names with other tensors.
  public func with(_ tensors: [Tensor]) -> ParameterTree { ParameterTree(names: names, tensors: tensors) }

  /// Applies a function to every tensor.
  public func map(_ transform: (Tensor) throws -> Tensor) rethrows -> ParameterTree { with(try tensors.map(transform)) }

  /// Applies a function to every pair of tensors.
  public func zip(_ other: ParameterTree, _ transform: (Tensor, Tensor) throws -> Tensor) rethrows -> ParameterTree {
    precondition(names.count == other.names.count, "trees of \(names.count) and \(other.names.count) parameters")
    return with(try Swift.zip(tensors, other.tensors).map { try transform($0, $1) })
  }

  /// A tree of zeros of the same shapes.
  public var zeros: ParameterTree { map { .zeros(like: $0) } }

  /// This tree in another element type; plain values, not differentiated.
  public func converted(to type: ElementType) -> ParameterTree { map { $0.converted(to: type) } }

  /// The sum of two trees, tensor by tensor, with the first one's names.
  public static func + (a: ParameterTree, b: ParameterTree) -> ParameterTree { a.zip(b) { $0 + $1 } }
  /// The difference of two trees, tensor by tensor, with the first one's names.
  public static func - (a: ParameterTree, b: ParameterTree) -> ParameterTree { a.zip(b) { $0 - $1 } }
  /// Every tensor times a number.
  public static func * (a: ParameterTree, scale: Double) -> ParameterTree { a.map { $0 * scale } }

  /// `self + scale * other`
  public func adding(_ other: ParameterTree, scale: Double) -> ParameterTree {
    zip(other) { addScaled($0, $1, scale: scale) }
  }

  /// The inner product with another tree.
  public func dot(_ other: ParameterTree) -> Double {
    Swift.zip(tensors, other.tensors).reduce(0) { $0 + Autodiff.dot($1.0.stopGradient(), $1.1.stopGradient()).item }
  }

  /// The Euclidean norm.
  public var norm: Double { dot(self).squareRoot() }

  /// The name of the first parameter with an element that is infinite or not a number; `nil` if all are finite.
  public var firstNonFinite: String? { Swift.zip(names, tensors).first { !$1.isFinite }?.0 }

  /// The concatenation of several trees, in their order.
  public static func joined(_ trees: [ParameterTree]) -> ParameterTree {
    ParameterTree(names: trees.flatMap(\.names), tensors: trees.flatMap(\.tensors))
  }
}
