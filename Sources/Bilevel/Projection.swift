import Autodiff
import Tensors

/// A projection onto a convex set, applied to the inner variables after every step; differentiable almost everywhere.
public protocol Projection: Sendable {
  /// The nearest point of the set.
  func project(_ tensors: [Tensor]) -> [Tensor]
}

/// Every element between two bounds.
public struct BoxProjection: Projection, Hashable {
  /// The least value; may be infinite.
  public var lower: Double
  /// The greatest value; may be infinite.
  public var upper: Double

  /// A box from one bound to the other; without bounds by default.
  ///
  /// - Precondition: `lower <= upper`.
  public init(from lower: Double = -.infinity, to upper: Double = .infinity) {
    precondition(lower <= upper, "a box from \(lower) to \(upper)")
    self.lower = lower
    self.upper = upper
  }

  /// Clamps every element to ``lower``...``upper``; at a bound no gradient passes.
  public func project(_ tensors: [Tensor]) -> [Tensor] {
    tensors.map { tensor in
      var result = tensor
      if lower > -.infinity { result = result.maximum(Tensor(lower, tensor.elementType)) }
      if upper < .infinity { result = result.minimum(Tensor(upper, tensor.elementType)) }
      return result
    }
  }
}

/// All variables together within a Euclidean distance of 0.
public struct BallProjection: Projection, Hashable {
  /// The greatest norm.
  public var radius: Double

  /// A ball around 0.
  ///
  /// - Precondition: the radius is above 0.
  public init(radius: Double) {
    precondition(radius > 0, "a ball of radius \(radius)")
    self.radius = radius
  }

  /// Scales all tensors by one factor so that their joint norm is at most ``radius``; inside the ball they stay as they are.
  public func project(_ tensors: [Tensor]) -> [Tensor] {
    guard let first = tensors.first else { return tensors }
    let squares = tensors.dropFirst().reduce(first.squared().sum()) { $0 + $1.squared().sum() }
    // Inside nothing happens, and the derivative is the identity's.
    guard squares.item > radius * radius else { return tensors }
    let factor = squares.rsqrt() * radius
    return tensors.map { $0 * factor }
  }
}
