import Autodiff
import Tensors

/// Where a loop with an optimiser stands still: what implicit differentiation treats as the solution of the inner problem.
public enum InnerFixedPoint: Sendable, Hashable {
  /// Where `∇g(s) + decay · s = 0`, and only there: the moments and the rates on the way change the path, not the end.
  case stationary(decay: Double)
  /// Nobody has said. Decoupled decay and clipped or normalised directions have fixed points of their own; estimators that
  /// differentiate the end of the loop refuse such an optimiser.
  case unknown
}

/// An optimiser as an inner loop uses it: `p' = p − η ρ ∘ d`, where the direction d is a differentiable function of gradient, parameter and
/// moments, and ρ is the rate that the loop adds.
public protocol InnerOptimizer: Sendable {
  /// The learning rate η.
  var learningRate: Double { get }
  /// The number of moments that it keeps of every parameter, tensors of its shape that start at zero.
  var momentCount: Int { get }
  /// Where the loop stands still; ``InnerFixedPoint/unknown`` by default.
  var fixedPoint: InnerFixedPoint { get }
  /// The direction of a step.
  ///
  /// - Parameters:
  ///   - gradient: the inner loss's gradient in the parameter, of its shape.
  ///   - parameter: the parameter before the step.
  ///   - moments: what it remembers of the parameter.
  ///   - stepsDone: the steps that the parameter has made before this one.
  /// - Returns: d, and the moments after the step.
  func direction(
    _ gradient: Tensor, at parameter: Tensor, moments: [Tensor], stepsDone: Int
  ) -> (direction: Tensor, moments: [Tensor])
}

extension InnerOptimizer {
  /// ``InnerFixedPoint/unknown``.
  public var fixedPoint: InnerFixedPoint { .unknown }
}

extension SGD: InnerOptimizer {
  /// 1 with momentum (the velocity v), 0 without.
  public var momentCount: Int { momentum == 0 ? 0 : 1 }

  /// At a fixed point `v = μ v + g + λ s` and no step is made, so that v and with it `g + λ s` are 0.
  public var fixedPoint: InnerFixedPoint { .stationary(decay: weightDecay) }

  /// Whether the direction is the gradient itself.
  public var isPlain: Bool { momentum == 0 && weightDecay == 0 }

  /// `g + λ p`, or with momentum the velocity, looking ahead for Nesterov's.
  public func direction(
    _ gradient: Tensor, at parameter: Tensor, moments: [Tensor], stepsDone: Int
  ) -> (direction: Tensor, moments: [Tensor]) {
    let decayed = weightDecay == 0 ? gradient : addScaled(gradient, parameter, scale: weightDecay)
    guard momentum != 0 else { return (decayed, []) }
    let velocity = addScaled(decayed, moments[0], scale: momentum)
    return (nesterov ? addScaled(decayed, velocity, scale: momentum) : velocity, [velocity])
  }
}
