import Autodiff
import Tensors

/// How far an estimated hypergradient is from the exact one.
public struct Diagnosis: Sendable, Hashable {
  /// The cosine of the angle between the two: 1 for the same direction, 0 where one of them is zero and the other is not.
  public var cosine: Double
  /// The relative error `‖estimate − exact‖ / ‖exact‖`; infinite where only the exact one is zero.
  public var relativeError: Double
  /// The Euclidean norm of the exact one.
  public var exactNorm: Double
}

extension HypergradientEstimator {
  /// Compares the estimator with an exact one on a problem.
  ///
  /// - Parameters:
  ///   - problem: the bilevel problem whose hypergradients are compared.
  ///   - loop: the inner loop that both differentiate.
  ///   - outer: the outer parameters ω at which they are taken.
  ///   - exact: what to compare with: the gradient through the loop as it is run.
  /// - Throws: what the estimators throw.
  public func diagnose<Problem: BilevelProblem>(
    _ problem: Problem, loop: InnerLoop, at outer: [Tensor], against exact: any HypergradientEstimator = UnrolledRematerialized()
  ) throws -> Diagnosis {
    Diagnosis(
      estimate: try hypergradient(of: problem, loop: loop, at: outer).gradient,
      exact: try exact.hypergradient(of: problem, loop: loop, at: outer).gradient)
  }
}

extension Diagnosis {
  /// Compares two gradients of the same shapes.
  public init(estimate: [Tensor], exact: [Tensor]) {
    func product(_ a: [Tensor], _ b: [Tensor]) -> Double {
      zip(a, b).reduce(0) { sum, pair in
        zip(pair.0.doubles, pair.1.doubles).reduce(sum) { $0 + $1.0 * $1.1 }
      }
    }
    let (own, other) = (product(estimate, estimate).squareRoot(), product(exact, exact).squareRoot())
    let gap = zip(estimate, exact).map { $0 - $1 }
    let distance = product(gap, gap).squareRoot()
    exactNorm = other
    cosine = own == 0 && other == 0 ? 1 : own == 0 || other == 0 ? 0 : product(estimate, exact) / (own * other)
    relativeError = distance == 0 ? 0 : distance / other
  }
}
