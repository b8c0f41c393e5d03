import Autodiff
import Foundation
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

extension Adam: InnerOptimizer {
  /// 2: the first and the second moment.
  public var momentCount: Int { 2 }

  /// The decay is part of the gradient (not decoupled), and a direction of 0 is a first moment of 0.
  public var fixedPoint: InnerFixedPoint { .stationary(decay: weightDecay) }

  /// Added to the second moment under the root: without it, the derivative of the root at a gradient of exactly 0 would be infinite,
  /// and the meta-gradient not a number. Far below what a gradient's square can be told apart from 0 by `epsilon`.
  private static let rootGuard = 1e-30

  /// The bias-corrected first moment over the root of the second.
  public func direction(
    _ gradient: Tensor, at parameter: Tensor, moments: [Tensor], stepsDone: Int
  ) -> (direction: Tensor, moments: [Tensor]) {
    let decayed = weightDecay == 0 ? gradient : addScaled(gradient, parameter, scale: weightDecay)
    let count = Double(stepsDone + 1)
    let first = addScaled(moments[0] * beta1, decayed, scale: 1 - beta1)
    let second = addScaled(moments[1] * beta2, decayed.squared(), scale: 1 - beta2)
    let correction = (1 - pow(beta2, count)).squareRoot()
    let root = (second + Self.rootGuard).sqrt() * (1 / correction) + epsilon
    return ((first / root) * (1 / (1 - pow(beta1, count))), [first, second])
  }
}
